/* Small proxies: the first model fitted on the warm-up rows in a random projection of the features, an oracle of its
 * own.
 */
#include <math.h>

#include "evaluate.h"
#include "selbench/la.h"
#include "str.h"

enum { ROWS = 1024 };

typedef struct sb_small {
    struct sb_small *next;
    size_t columns;
    sb_data data;
    sb_ctx cx; /* of the proxy below; its err is set by each call */
    sb_fitted fitted;
    sb_proxy proxy;
} sb_small;

/* x R / sqrt(columns), R with independent normal entries: lengths are kept in expectation. */
static sb_status project(sb_mat x, size_t columns, sb_ctx *cx, sb_mat *out)
{
    float *const to = SB_NEW(cx->arena, x.n * columns, float);
    const size_t mark = sb_arena_mark(cx->arena);
    double *r = SB_NEW(cx->arena, x.d * columns, double), *z = SB_NEW(cx->arena, ROWS * columns, double);
    if (!to || !r || !z) SB_FAIL(cx->err, SB_ENOMEM, "projection of %zu rows to %zu columns", x.n, columns);
    sb_rng rng = sb_ctx_stream(cx, "projection");
    for (size_t k = 0; k < x.d * columns; k++) r[k] = sb_rng_normal(&rng) / sqrt((double)columns);
    for (size_t from = 0; from < x.n; from += ROWS) {
        const size_t rows = x.n - from < ROWS ? x.n - from : ROWS;
        const sb_mat part = {.data = sb_mat_row(x, from), .n = rows, .d = x.d, .ld = x.ld};
        SB_TRY(sb_rows_times(part, NULL, rows, r, columns, cx, z));
        for (size_t k = 0; k < rows * columns; k++) to[from * columns + k] = (float)z[k];
    }
    sb_arena_rewind(cx->arena, mark);
    *out = (sb_mat){.data = to, .n = x.n, .d = columns, .ld = columns};
    return SB_OK;
}

static sb_status make(const sb_proxy *p, size_t columns, sb_ctx *cx, sb_small **out)
{
    sb_small *const s = SB_NEW(p->cx->arena, 1, sb_small);
    if (!s) SB_FAIL(cx->err, SB_ENOMEM, "small proxy of %zu columns", columns);
    s->columns = columns;
    s->data = *p->train;
    s->cx = *p->cx; /* the same draws whoever asks first */
    s->cx.err = cx->err;
    s->cx.path = sb_str_format(p->cx->arena, "%s/small%zu", p->cx->path, columns);
    if (!s->cx.path) SB_FAIL(cx->err, SB_ENOMEM, "small proxy of %zu columns", columns);
    SB_TRY(project(p->train->x, columns, &s->cx, &s->data.x));
    const sb_subset rows = {.m = p->warm_n, .row = p->warm};
    const sb_status st = sb_fit(&s->data, p->use, &rows, NULL, &s->cx, &s->fitted);
    if (st != SB_OK) return sb_err_in(cx->err, st, "small proxy of %zu columns", columns);
    sb_proxy_init(&s->proxy, &s->data, p->use, s->fitted.theta, NULL, &s->cx);
    sb_proxy_warm(&s->proxy, p->warm, p->warm_n);
    *out = s;
    return SB_OK;
}

sb_status sb_proxy_small(void *self, size_t columns, sb_ctx *cx, sb_mat *x, const sb_oracle **oracle)
{
    sb_proxy *const p = self;
    sb_small *s = p->small;
    while (s && s->columns != columns) s = s->next;
    if (!s) {
        SB_TRY(make(p, columns, cx, &s));
        s->next = p->small;
        if (p->cx->arena != cx->arena) p->small = s;
    }
    s->cx.err = cx->err;
    *x = s->data.x;
    *oracle = &s->proxy.oracle;
    return SB_OK;
}
