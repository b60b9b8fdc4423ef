/* Calls a method on given features with given options, without the harness. */
#ifndef PICK_CASE_H
#define PICK_CASE_H

#include "test_main.h"

#include <stdbool.h>

#include "registry.h"

typedef struct pick_case {
    test_ctx t;
    sb_mat x;
    const sb_method *method;
    char *options;
    uint32_t *row, warm[8];
    size_t warm_n;
    sb_oracle oracle;
    unsigned granted;
    sb_meter meter;
    sb_selection out;
} pick_case;

static inline void pick_init(pick_case *c, const char *method, size_t n, size_t d)
{
    memset(c, 0, sizeof *c);
    test_ctx_init(&c->t, "test/pick");
    c->method = sb_method_find(method, NULL);
    ck_assert_ptr_nonnull(c->method);
    c->options = SB_NEW(c->t.cx.arena, c->method->option_size, char);
    sb_param_defaults(c->method->options, c->options, &c->t.cx);
    c->x = (sb_mat){.data = SB_NEW(c->t.cx.arena, n * d, float), .n = n, .d = d, .ld = d};
    c->row = SB_NEW(c->t.cx.arena, 4 * n, uint32_t);
}

static inline float *pick_x(pick_case *c) { return (float *)(uintptr_t)c->x.data; }

/* Standard normal features times scale[i % scales]: rows of unequal size. */
static inline void pick_normal(pick_case *c, uint64_t seed, double spread)
{
    sb_rng r = sb_rng_stream(seed, "features");
    for (size_t i = 0; i < c->x.n; i++) {
        const double scale = exp(spread * sb_rng_normal(&r));
        for (size_t j = 0; j < c->x.d; j++) pick_x(c)[i * c->x.d + j] = (float)(scale * sb_rng_normal(&r));
    }
}

static inline void pick_set(pick_case *c, const char *name, const char *text)
{
    ck_assert_ok(&c->t, sb_param_set(c->method->options, c->options, name, text, &c->t.cx));
}

/* prepare and select; what they take from the arena is given back, so rows live in c->row only: copy weights first by
 * keep = true, which gives nothing back. */
static inline sb_status pick_run(pick_case *c, uint64_t seed, size_t budget, bool keep)
{
    const size_t mark = sb_arena_mark(c->t.cx.arena);
    const sb_task task = {.x = c->x,
                          .kind = SB_REGRESSION,
                          .t = 1,
                          .warm = c->warm_n ? c->warm : NULL,
                          .warm_n = c->warm_n,
                          .warm_joins = c->warm_n > 0,
                          .granted = c->granted,
                          .oracle = &c->oracle,
                          .meter = &c->meter};
    sb_task early = task;
    early.warm = NULL, early.warm_n = 0, early.warm_joins = false, early.granted = 0;
    void *state = NULL;
    c->t.cx.seed = seed;
    c->out = (sb_selection){.row = c->row};
    sb_status st = SB_OK;
    if (c->method->prepare) st = c->method->prepare(&early, c->options, &c->t.cx, &state);
    if (st == SB_OK) st = c->method->select(&task, c->options, state, budget, &c->t.cx, &c->out);
    if (!keep) sb_arena_rewind(c->t.cx.arena, mark);
    return st;
}

static inline double pick_note(const pick_case *c, const char *name)
{
    for (size_t i = 0; i < c->out.notes; i++)
        if (strcmp(c->out.note[i].name, name) == 0) return c->out.note[i].value;
    ck_abort_msg("no note '%s'", name);
    return 0;
}

/* The determinant of the symmetric k x k matrix a by elimination with pivoting; a is used up. */
static inline double plain_det(double *a, size_t k)
{
    double det = 1;
    for (size_t p = 0; p < k; p++) {
        size_t best = p;
        for (size_t i = p + 1; i < k; i++)
            if (fabs(a[i * k + p]) > fabs(a[best * k + p])) best = i;
        if (a[best * k + p] == 0) return 0;
        for (size_t j = 0; j < k && best != p; j++) {
            const double v = a[p * k + j];
            a[p * k + j] = a[best * k + j];
            a[best * k + j] = v;
        }
        det *= best == p ? a[p * k + p] : -a[p * k + p];
        for (size_t i = p + 1; i < k; i++) {
            const double f = a[i * k + p] / a[p * k + p];
            for (size_t j = p; j < k; j++) a[i * k + j] -= f * a[p * k + j];
        }
    }
    return det;
}

/* inverse (k x k) of a (used up), by Gauss-Jordan with row pivoting. */
static inline void plain_inverse(double *a, size_t k, double *inverse)
{
    for (size_t i = 0; i < k * k; i++) inverse[i] = i % (k + 1) == 0;
    for (size_t p = 0; p < k; p++) {
        size_t best = p;
        for (size_t i = p + 1; i < k; i++)
            if (fabs(a[i * k + p]) > fabs(a[best * k + p])) best = i;
        for (size_t j = 0; j < k && best != p; j++) {
            const double v = a[p * k + j], w = inverse[p * k + j];
            a[p * k + j] = a[best * k + j], a[best * k + j] = v;
            inverse[p * k + j] = inverse[best * k + j], inverse[best * k + j] = w;
        }
        const double top = a[p * k + p];
        for (size_t j = 0; j < k; j++) a[p * k + j] /= top, inverse[p * k + j] /= top;
        for (size_t i = 0; i < k; i++) {
            const double f = a[i * k + p];
            for (size_t j = 0; j < k && i != p && f != 0; j++)
                a[i * k + j] -= f * a[p * k + j], inverse[i * k + j] -= f * inverse[p * k + j];
        }
    }
}

/* g (d x d) = lambda I + the sum of x x' over the given rows (NULL: all). */
static inline void plain_moment(sb_mat x, const uint32_t *row, size_t m, double lambda, double *g)
{
    for (size_t a = 0; a < x.d; a++)
        for (size_t b = 0; b < x.d; b++) {
            double s = a == b ? lambda : 0;
            for (size_t i = 0; i < m; i++) {
                const float *const v = sb_mat_row(x, row ? row[i] : i);
                s += (double)v[a] * (double)v[b];
            }
            g[a * x.d + b] = s;
        }
}

#endif
