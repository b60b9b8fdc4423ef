#include "logit_rows.h"

#include <math.h>

#include "selbench/la.h"

/* Rows of positive weight and their weights scaled to mean 1; weight NULL when all are equal. */
static sb_status keep_rows(const sb_subset *s, sb_ctx *cx, sb_logit *p)
{
    size_t m = 0;
    bool equal = true;
    double sum = 0, first = 0;
    for (size_t i = 0; i < s->m; i++) {
        const double w = s->weight ? s->weight[i] : 1;
        if (!(w > 0)) continue;
        if (m++ == 0) first = w;
        equal = equal && w == first;
        sum += w;
    }
    if (m == 0) SB_FAIL(cx->err, SB_SKIP, "all %zu weights are zero", s->m);
    p->m = m;
    if (equal && m == s->m) {
        p->source_row = s->row;
        return SB_OK;
    }
    uint32_t *row = SB_NEW(cx->arena, m, uint32_t);
    double *weight = SB_NEW(cx->arena, m, double);
    if (!row || !weight) SB_FAIL(cx->err, SB_ENOMEM, "%zu rows and weights", m);
    size_t k = 0;
    for (size_t i = 0; i < s->m; i++) {
        const double w = s->weight ? s->weight[i] : 1;
        if (!(w > 0)) continue;
        row[k] = s->row ? s->row[i] : (uint32_t)i;
        weight[k++] = w * ((double)m / sum);
    }
    p->source_row = row;
    p->weight = equal ? NULL : weight;
    return SB_OK;
}

static size_t row_of(const sb_logit *p, size_t i) { return p->source_row ? p->source_row[i] : i; }

/* Outputs in the order of the classes that the rows have. */
static sb_status number_classes(const sb_data *train, size_t q, sb_ctx *cx, sb_logit *p, size_t *present)
{
    int32_t *label = SB_NEW(cx->arena, p->m, int32_t);
    int32_t *number = SB_NEW(cx->arena, train->c, int32_t);
    if (!label || !number) SB_FAIL(cx->err, SB_ENOMEM, "%zu labels", p->m);
    for (size_t i = 0; i < p->m; i++) number[train->label[row_of(p, i)]] = 1;
    size_t found = 0;
    for (size_t k = 0; k < train->c; k++)
        if (number[k]) {
            present[found] = k;
            number[k] = (int32_t)found++;
        }
    if (found < 2) SB_FAIL(cx->err, SB_SKIP, "all %zu rows of positive weight have class %zu", p->m, present[0]);
    for (size_t i = 0; i < p->m; i++) label[i] = number[train->label[row_of(p, i)]];
    p->label = label;
    p->q = q == 1 ? 1 : found;
    return SB_OK;
}

/* Weighted mean and inverse standard deviation of each column; 0 for columns that are constant up to rounding. */
static sb_status learn_scaling(sb_mat x, bool centre, sb_ctx *cx, sb_logit *p)
{
    double *mean = SB_NEW(cx->arena, x.d, double), *scale = SB_NEW(cx->arena, x.d, double);
    if (!mean || !scale) SB_FAIL(cx->err, SB_ENOMEM, "scaling of %zu columns", x.d);
    const sb_subset rows = {p->m, p->source_row, p->weight};
    sb_col_moments(x, &rows, mean, scale);
    for (size_t j = 0; j < x.d; j++) {
        const double sd = sqrt(scale[j]);
        /* one float32 step in one of 1e9 rows is above 1e-12; the rounding of the mean is below it */
        scale[j] = sd > 1e-12 * fabs(mean[j]) && isnormal(sd) ? 1 / sd : 0;
        if (!centre) mean[j] = 0;
    }
    p->mean = mean;
    p->scale = scale;
    return SB_OK;
}

static sb_status pack(sb_mat x, sb_ctx *cx, sb_logit *p)
{
    const size_t ld = (p->dp + 15) / 16 * 16; /* rows start on cache lines */
    float *packed = SB_NEW(cx->arena, p->m * ld, float);
    if (!packed) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu packed rows", p->m, ld);
    for (size_t i = 0; i < p->m; i++) {
        const float *from = sb_mat_row(x, row_of(p, i));
        float *to = packed + i * ld;
        if (p->scale)
            for (size_t j = 0; j < x.d; j++) to[j] = (float)(((double)from[j] - p->mean[j]) * p->scale[j]);
        else
            for (size_t j = 0; j < x.d; j++) to[j] = from[j];
    }
    p->x = packed;
    p->ld = ld;
    return SB_OK;
}

sb_status sb_logit_rows(const sb_data *train, const sb_subset *s, const sb_logit_options *o, size_t q, sb_ctx *cx,
                        sb_logit *p, size_t *present)
{
    const sb_mat x = train->x;
    *p = (sb_logit){.d = x.d, .dp = x.d ? (x.d + 7) / 8 * 8 : 8, .source = x, .intercept = o->intercept, .stride = 1};
    SB_TRY(keep_rows(s, cx, p));
    SB_TRY(number_classes(train, q, cx, p, present));
    if (o->standardise) SB_TRY(learn_scaling(x, o->intercept, cx, p));
    if (o->reference) return SB_OK; /* the float64 pass reads the rows as given */
    if (p->source_row || o->standardise || x.d % 8 != 0 || x.d == 0) return pack(x, cx, p);
    p->x = x.data;
    p->ld = x.ld;
    return SB_OK;
}
