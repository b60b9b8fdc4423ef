#include "selbench/uncertainty.h"

#include <math.h>

#include "selbench/rank.h"

enum { BLOCK = 1024 };

sb_certainty sb_certainty_of(const double *p, size_t c)
{
    sb_certainty s = {p[0], 0, 0, 0};
    for (size_t j = 1; j < c; j++)
        if (p[j] > s.best) {
            s.best = p[j];
            s.at = j;
        }
    for (size_t j = 0; j < c; j++) {
        if (j == s.at) continue;
        s.others += p[j];
        if (p[j] > s.second) s.second = p[j];
    }
    return s;
}

double sb_unsure_confidence(const double *p, size_t c) { return sb_certainty_of(p, c).others; }

/* As (1 - p1) + p2. */
double sb_unsure_margin(const double *p, size_t c)
{
    const sb_certainty s = sb_certainty_of(p, c);
    return s.others + s.second;
}

/* The largest p enters as 1 - (sum of the others). */
double sb_unsure_entropy(const double *p, size_t c)
{
    const sb_certainty s = sb_certainty_of(p, c);
    double h = s.others < 0.5 ? -s.best * log1p(-s.others) : -s.best * log(s.best);
    for (size_t j = 0; j < c; j++)
        if (j != s.at && p[j] > 0) h -= p[j] * log(p[j]);
    return h;
}

sb_status sb_uncertainty_select(const sb_task *task, sb_uncertainty_score *score, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "needs class probabilities, and regression has none");
    const size_t n = task->x.n, c = task->c;
    const unsigned char *taken = sb_task_taken(task, cx);
    double *value = SB_NEW(cx->arena, n, double), *p = SB_NEW(cx->arena, BLOCK * c, double);
    if (!taken || !value || !p) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    uint32_t row[BLOCK];
    for (size_t i = 0, rows = 0; i < n; i++) {
        if (!taken[i]) row[rows++] = (uint32_t)i;
        if (!rows || (rows < BLOCK && i + 1 < n)) continue;
        SB_TRY(sb_task_prob(task, row, rows, cx, p));
        for (size_t j = 0; j < rows; j++) value[row[j]] = score(p + j * c, c);
        rows = 0;
    }
    return sb_rank(value, n, budget, true, taken, cx, out->row, &out->m);
}
