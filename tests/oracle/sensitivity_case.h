/* Clustered points with losses that satisfy the assumption of `sensitivity` in the clustering that the method will find
 * (same stream, hence same clusters): base_j = 2|N(0,1)| at centre j, elsewhere max(0, base_j + lambda v U(-1,1)). */
#ifndef SENSITIVITY_CASE_H
#define SENSITIVITY_CASE_H

#include "test_main.h"

#include <stdbool.h>
#include <stdio.h>

#include "registry.h"
#include "selbench/rounding.h"

enum { CASE_D = 3, CASE_ASKED_MAX = 4096 };
static const double case_lambda = 0.7;

typedef struct scene {
    test_ctx t;
    size_t n, k;
    float *x;
    double *loss, total;
    const sb_method *method;
    char *options;
    void *state;
    sb_rounding r; /* the method's clustering, made again */
    sb_meter meter;
    uint32_t asked[CASE_ASKED_MAX]; /* rows whose loss was queried, in order */
    size_t asks;
    bool silent; /* no oracle at all */
    const uint32_t *warm;
    size_t warm_n;
} scene;

static inline sb_status scene_loss(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *loss)
{
    scene *const s = self;
    (void)cx;
    for (size_t j = 0; j < m; j++) {
        const uint32_t i = row ? row[j] : (uint32_t)j;
        if (s->asks < CASE_ASKED_MAX) s->asked[s->asks++] = i;
        loss[j] = s->loss[i];
    }
    return SB_OK;
}

static inline void scene_set(scene *s, const char *name, const char *text)
{
    ck_assert_ok(&s->t, sb_param_set(s->method->options, s->options, name, text, &s->t.cx));
}

static inline sb_task scene_task(scene *s, sb_oracle *oracle)
{
    *oracle = (sb_oracle){.self = s, .loss = scene_loss};
    return (sb_task){.x = {.data = s->x, .n = s->n, .d = CASE_D, .ld = CASE_D},
                     .kind = SB_CLASSIFICATION,
                     .c = 2,
                     .warm = s->warm,
                     .warm_n = s->warm_n,
                     .warm_joins = s->warm != NULL,
                     .granted = SB_NEEDS_LOSS,
                     .oracle = s->silent ? NULL : oracle,
                     .meter = &s->meter};
}

/* n points around 20 planted centres; seed names the instance. Options stay at their defaults but for k. */
static inline void scene_points(scene *s, size_t n, size_t k, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    test_ctx_init(&s->t, "test/sensitivity");
    s->t.cx.seed = seed;
    s->n = n;
    s->k = k;
    s->x = SB_NEW(s->t.cx.arena, n * CASE_D, float);
    s->loss = SB_NEW(s->t.cx.arena, n, double);
    sb_rng r = sb_rng_stream(seed, "points");
    double centre[20][CASE_D];
    for (size_t j = 0; j < 20; j++)
        for (size_t c = 0; c < CASE_D; c++) centre[j][c] = 5 * sb_rng_normal(&r);
    for (size_t i = 0; i < n; i++) {
        const size_t j = sb_rng_below(&r, 20);
        for (size_t c = 0; c < CASE_D; c++) s->x[i * CASE_D + c] = (float)(centre[j][c] + 0.5 * sb_rng_normal(&r));
    }
    s->method = sb_method_find("sensitivity", NULL);
    s->options = SB_NEW(s->t.cx.arena, s->method->option_size, char);
    sb_param_defaults(s->method->options, s->options, &s->t.cx);
    char text[32];
    (void)snprintf(text, sizeof text, "%zu", k);
    scene_set(s, "k", text);
}

/* The method's state for the options as they are. */
static inline void scene_prepare(scene *s)
{
    sb_oracle oracle;
    sb_task task = scene_task(s, &oracle);
    task.granted = 0;
    ck_assert_ok(&s->t, s->method->prepare(&task, s->options, &s->t.cx, &s->state));
}

/* prepare, the same clustering for the test, and the losses. Call it after the options of the clustering are set. */
static inline void scene_ready(scene *s, double z)
{
    scene_prepare(s);
    const sb_kmeans_options how = {.k = s->k, .iterations = 50, .tolerance = 1e-4};
    const sb_mat x = {.data = s->x, .n = s->n, .d = CASE_D, .ld = CASE_D};
    ck_assert_ok(&s->t, sb_rounding_make(x, &how, false, z, &s->t.cx, &s->r));
    sb_rng r = sb_rng_stream(s->t.cx.seed, "losses");
    double *base = SB_NEW(s->t.cx.arena, s->k, double);
    for (size_t j = 0; j < s->k; j++) base[j] = 2 * fabs(sb_rng_normal(&r));
    for (size_t i = 0; i < s->n; i++) {
        const double noise = case_lambda * s->r.v[i] * (2 * sb_rng_unit(&r) - 1);
        s->loss[i] = fmax(0, base[s->r.km.cluster[i]] + noise);
        s->total += s->loss[i];
    }
}

/* One selection under the given seed of the draws; out->row and weights stay in the arena. */
static inline sb_status scene_select(scene *s, size_t budget, uint64_t seed, sb_selection *out)
{
    sb_oracle oracle;
    const sb_task task = scene_task(s, &oracle);
    const uint64_t keep = s->t.cx.seed;
    s->asks = 0;
    s->meter = (sb_meter){0};
    *out = (sb_selection){.row = SB_NEW(s->t.cx.arena, s->n + budget, uint32_t)};
    s->t.cx.seed = seed;
    const sb_status st = s->method->select(&task, s->options, s->state, budget, &s->t.cx, out);
    s->t.cx.seed = keep;
    return st;
}

static inline double scene_note(const sb_selection *out, const char *name)
{
    for (size_t i = 0; i < out->notes; i++)
        if (strcmp(out->note[i].name, name) == 0) return out->note[i].value;
    ck_abort_msg("no note '%s'", name);
    return 0;
}

/* Relative distance of the method's probabilities to (1 - floor) q / Q + floor / n, and of its Q to the sum. The sums
 * have n terms in another order: n eps is the scale. */
static inline void scene_expect_scores(const scene *s, const sb_selection *out, const double *q, double floor_share,
                                       bool has_losses)
{
    double sum = 0, worst = 0;
    for (size_t i = 0; i < s->n; i++) sum += q[i];
    for (size_t i = 0; i < s->n; i++) {
        const double want = (1 - floor_share) * q[i] / sum + floor_share / (double)s->n;
        worst = fmax(worst, fabs(out->prob[i] - want) / (want + 1e-300));
    }
    ck_assert_msg(worst <= 1e-12, "probabilities off by %.3g", worst);
    ck_assert(has_losses ? fabs(out->score_sum / sum - 1) <= 1e-12 : out->score_sum == 0);
}

#endif
