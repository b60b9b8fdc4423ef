/* A linear memory for facts has a capacity: above it training on every occurrence recalls fewer of them, and giving up
 * what is not learnt by the end of the warm-up (H) while skipping what is known (F) recalls more. On the generator
 * `facts`, with a small softmax model trained by Adam here; the rule is our reading of Ye, Feldman and Talwar 2026, the
 * ratios those of an independent simulation of the same recipe with twice the steps. */
#include <stdio.h>

#include "registry.h"
#include "test_main.h"

enum { D = 48, V = 32, BATCH = 64, STEPS = 2500, WARM = STEPS / 10, RETRIES = 6 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "memory"); }
static void tear_down(void) { test_ctx_release(&t); }

static void generate(const char *facts, const char *exponent, sb_generated *out)
{
    const sb_generator *g = sb_generator_find("facts", NULL);
    void *options = sb_arena_alloc(t.cx.arena, 1, g->option_size);
    sb_param_defaults(g->options, options, &t.cx);
    ck_assert_ok(&t, sb_param_set(g->options, options, "facts", facts, &t.cx));
    ck_assert_ok(&t, sb_param_set(g->options, options, "exponent", exponent, &t.cx));
    *out = (sb_generated){0};
    ck_assert_ok(&t, g->make(options, &t.cx, out));
    ck_assert(out->train.x.d == D && out->train.c == V);
}

/* Billions of operations, which the sanitizers would make minutes of. */
#define BARE __attribute__((no_sanitize("address", "undefined")))

/* Probabilities of the values of a key; returns the loss of the right one. */
BARE static float forward(const float (*w)[V], const float *key, int32_t value, float *p)
{
    float top = -INFINITY, sum = 0;
    memset(p, 0, V * sizeof *p);
    for (size_t j = 0; j < D; j++)
        for (size_t v = 0; v < V; v++) p[v] += key[j] * w[j][v];
    for (size_t v = 0; v < V; v++) top = p[v] > top ? p[v] : top;
    for (size_t v = 0; v < V; v++) sum += p[v] = expf(p[v] - top);
    for (size_t v = 0; v < V; v++) p[v] /= sum;
    return -logf(fmaxf(p[value], 1e-30F));
}

typedef struct memory {
    float w[D][V], m[D][V], s[D][V], g[D][V];
} memory;

BARE static void descend(memory *a, const float *key, const float *slope)
{
    for (size_t j = 0; j < D; j++)
        for (size_t v = 0; v < V; v++) a->g[j][v] += key[j] * slope[v];
}

BARE static void adam(memory *a, size_t step, size_t rows)
{
    const double rate = .02 * (1 - .95 * (double)step / STEPS), t1 = (double)step + 1;
    const float by = 1 / (float)rows, eps = 1e-8F;
    const float fix1 = (float)(1 / (1 - pow(.9, t1))), fix2 = (float)(1 / (1 - pow(.999, t1)));
    for (size_t k = 0; k < (size_t)D * V; k++) {
        const float g = (&a->g[0][0])[k] * by;
        float *m = &a->m[0][0] + k, *s = &a->s[0][0] + k;
        *m = .9F * *m + .1F * g;
        *s = .999F * *s + .001F * g * g;
        (&a->w[0][0])[k] -= (float)rate * *m * fix1 / (sqrtf(*s * fix2) + eps);
    }
}

/* Facts recalled after training on occurrences whose loss is in [low, high] once the warm-up is over. */
static size_t recalled(const sb_generated *data, double low, double high)
{
    memory *const a = SB_NEW(t.cx.arena, 1, memory);
    const sb_data *train = &data->train, *asked = &data->test;
    sb_rng rng = sb_ctx_stream(&t.cx, "occurrences");
    float p[V];
    for (size_t step = 0; step < STEPS; step++) {
        size_t taken = 0;
        memset(a->g, 0, sizeof a->g);
        for (size_t drawn = 0; taken < BATCH && drawn < RETRIES * BATCH; drawn++) {
            const size_t i = sb_rng_below(&rng, train->x.n);
            const float *key = sb_mat_row(train->x, i);
            const double loss = (double)forward((const float(*)[V])a->w, key, train->label[i], p);
            if (step >= WARM && !(loss >= low && loss <= high)) continue;
            p[train->label[i]] -= 1;
            descend(a, key, p);
            taken++;
        }
        if (taken) adam(a, step, taken);
    }
    size_t right = 0;
    for (size_t i = 0; i < asked->x.n; i++) {
        size_t best = 0;
        (void)forward((const float(*)[V])a->w, sb_mat_row(asked->x, i), asked->label[i], p);
        for (size_t v = 1; v < V; v++)
            if (p[v] > p[best]) best = v;
        right += best == (size_t)asked->label[i];
    }
    return right;
}

static const double KNOWN = .1; /* nat: F */
static double given_up(void) { return log(V); /* H: no better than a guess */ }

START_TEST(above_capacity_more_facts_are_fewer_memories)
{
    sb_generated few, many, skewed;
    generate("300", "0", &few);
    generate("600", "0", &many);
    generate("600", "1.5", &skewed);
    const size_t small = recalled(&few, 0, INFINITY), full = recalled(&many, 0, INFINITY);
    const size_t cut = recalled(&many, KNOWN, given_up());
    ck_assert_msg(full < small, "%zu of 600 facts, %zu of 300", full, small);
    ck_assert_msg((double)cut > 1.2 * (double)full, "cut %zu, full %zu of 600", cut, full);
    const size_t full_skewed = recalled(&skewed, 0, INFINITY), cut_skewed = recalled(&skewed, KNOWN, given_up());
    ck_assert_msg((double)cut_skewed > 1.2 * (double)full_skewed, "skewed: cut %zu, full %zu", cut_skewed, full_skewed);
}
END_TEST

START_TEST(below_capacity_giving_up_gains_nothing)
{
    sb_generated g;
    generate("150", "1.5", &g);
    const size_t full = recalled(&g, 0, INFINITY), cut = recalled(&g, 0, .8 * given_up());
    ck_assert_msg(cut <= full && full >= 135, "cut %zu, full %zu of 150", cut, full);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("memory");
    TCase *c = tcase_create("memory");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, above_capacity_more_facts_are_fewer_memories);
    tcase_add_test(c, below_capacity_giving_up_gains_nothing);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
