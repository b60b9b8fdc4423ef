/* A small problem for the oracle tests of one method: rows, classes, a warm-up and gradient factors of their own. */
#ifndef SELECT_CASE_H
#define SELECT_CASE_H

#include <stdbool.h>
#include <stdio.h>

#include "cluster_data.h"
#include "registry.h"

enum { CASE_ROWS = 400, CASE_CLASSES = 4 };

typedef struct select_case {
    test_ctx t;
    sb_mat x;
    int32_t label[CASE_ROWS];
    double factor[CASE_ROWS * CASE_CLASSES]; /* n x CASE_CLASSES: a_i */
    uint32_t row[CASE_ROWS], warm[8];
    size_t warm_n;
    sb_meter meter;
} select_case;

/* n x d rows of a kind of cluster_data.h; row 0 has a class of its own, the others three classes. */
static inline void case_init(select_case *s, int kind, size_t n, size_t d, int seed)
{
    memset(s, 0, sizeof *s);
    test_ctx_init(&s->t, "test/select");
    s->t.cx.seed = (uint64_t)seed;
    s->x = cluster_data(&s->t.cx, kind, n, d, seed);
    sb_rng r = sb_rng_stream((uint64_t)seed, "labels");
    for (size_t i = 0; i < n; i++) {
        s->label[i] = i ? (int32_t)(1 + sb_rng_below(&r, CASE_CLASSES - 1)) : 0;
        for (size_t j = 0; j < CASE_CLASSES; j++) s->factor[i * CASE_CLASSES + j] = sb_rng_normal(&r);
    }
}

static inline void case_join(select_case *s)
{
    const uint32_t warm[] = {3, 7, 11, 20};
    memcpy(s->warm, warm, sizeof warm);
    s->warm_n = 4;
}

static inline bool case_is_warm(const select_case *s, size_t i)
{
    for (size_t j = 0; j < s->warm_n; j++)
        if (s->warm[j] == i) return true;
    return false;
}

static inline sb_status case_residual(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *a)
{
    const select_case *const s = self;
    (void)cx;
    for (size_t j = 0; j < m; j++)
        memcpy(a + j * CASE_CLASSES, s->factor + (row ? row[j] : j) * CASE_CLASSES, CASE_CLASSES * sizeof *a);
    return SB_OK;
}

/* options: name, text, name, text, ..., NULL */
static inline sb_status case_try(select_case *s, const char *name, size_t budget, const char *const *options,
                                 sb_selection *out)
{
    const sb_method *const m = sb_method_find(name, NULL);
    ck_assert_ptr_nonnull(m);
    const sb_oracle oracle = {.self = s, .residual = case_residual};
    const sb_task task = {.x = s->x,
                          .kind = SB_CLASSIFICATION,
                          .c = CASE_CLASSES,
                          .label = m->needs & SB_NEEDS_LABELS ? s->label : NULL,
                          .label_asked = s->label,
                          .warm = s->warm_n ? s->warm : NULL,
                          .warm_n = s->warm_n,
                          .warm_joins = s->warm_n > 0,
                          .granted = m->needs,
                          .oracle = &oracle,
                          .meter = &s->meter};
    char *opts = SB_NEW(s->t.cx.arena, m->option_size, char);
    sb_param_defaults(m->options, opts, &s->t.cx);
    for (; options && options[0]; options += 2)
        ck_assert_ok(&s->t, sb_param_set(m->options, opts, options[0], options[1], &s->t.cx));
    *out = (sb_selection){.row = s->row};
    s->meter = (sb_meter){0};
    void *state = NULL;
    if (m->prepare) ck_assert_ok(&s->t, m->prepare(&task, opts, &s->t.cx, &state));
    return m->select(&task, opts, state, budget, &s->t.cx, out);
}

static inline sb_selection case_run(select_case *s, const char *name, size_t budget, const char *const *options)
{
    sb_selection out;
    ck_assert_ok(&s->t, case_try(s, name, budget, options, &out));
    ck_assert_uint_eq(out.m, budget);
    return out;
}

/* Every row of the selection is there once and is no warm-up row. */
static inline void case_expect_distinct(const select_case *s, const sb_selection *out)
{
    size_t seen[CASE_ROWS] = {0}, bad = 0;
    for (size_t j = 0; j < out->m; j++)
        bad += out->row[j] >= s->x.n || seen[out->row[j]]++ || case_is_warm(s, out->row[j]);
    ck_assert_uint_eq(bad, 0);
}

static inline double case_value(const select_case *s, size_t i, size_t j) { return (double)s->x.data[i * s->x.ld + j]; }

#endif
