#include "judge.h"

double sb_judge_mean(const double *v, size_t n)
{
    sb_total t = {0, 0};
    for (size_t i = 0; i < n; i++) sb_total_add(&t, v[i]);
    return sb_total_value(t) / (double)n;
}

void sb_judge_set(double *value, const char *name, double v)
{
    const int at = sb_metric_index(name);
    if (at < 0) SB_BUG("there is no metric '%s'", name);
    value[at] = isfinite(v) ? v : (double)NAN;
}

sb_status sb_judge_check(const sb_selection *s, size_t n, sb_ctx *cx)
{
    if (!s->m) SB_FAIL(cx->err, SB_EARG, "the selection has no rows");
    if (s->certain > s->m) SB_FAIL(cx->err, SB_EARG, "%zu of %zu entries are sure to be in", s->certain, s->m);
    for (size_t i = 0; i < s->m; i++) {
        if (s->row[i] >= n) SB_FAIL(cx->err, SB_EARG, "entry %zu is row %u of %zu", i, s->row[i], n);
        if (s->weight && !(isfinite(s->weight[i]) && s->weight[i] >= 0))
            SB_FAIL(cx->err, SB_EARG, "entry %zu has weight %g", i, s->weight[i]);
    }
    return SB_OK;
}
