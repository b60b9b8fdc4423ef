/* The tables of an exchange design after random swaps, and the best swap, against elimination from scratch. */
#include "pick_case.h"

#include "selbench/exchange.h"

enum { N = 60, D = 4, M = 9, SWAPS = 30 };

typedef struct truth {
    double p[D * D], q[D * D]; /* P, and P B P */
} truth;

static void truth_make(const sb_exchange *t, truth *o)
{
    double g[D * D], half[D * D];
    plain_moment(t->q->z, t->chosen, M, 0, g);
    plain_inverse(g, D, o->p);
    for (size_t a = 0; a < D * D && t->q->b; a++) {
        half[a] = 0;
        for (size_t k = 0; k < D; k++) half[a] += o->p[a / D * D + k] * t->q->b[k * D + a % D];
    }
    for (size_t a = 0; a < D * D && t->q->b; a++) {
        o->q[a] = 0;
        for (size_t k = 0; k < D; k++) o->q[a] += half[a / D * D + k] * o->p[k * D + a % D];
    }
}

static double form(const sb_exchange *t, const double *a, size_t i, size_t j)
{
    double s = 0;
    for (size_t k = 0; k < D * D; k++)
        s += (double)sb_mat_row(t->q->z, i)[k / D] * a[k] * (double)sb_mat_row(t->q->z, j)[k % D];
    return s;
}

/* Largest error of the tables relative to their largest entry. */
static double worst_entry(const sb_exchange *t, const truth *o)
{
    double worst[2] = {0}, top[2] = {0};
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k <= M; k++) {
            const size_t other = k < M ? t->chosen[k] : j; /* the last: d_jj and phi_jj */
            for (int c = 0; c < 1 + (t->q->b != NULL); c++) {
                const double *const table = c ? t->cross : t->pair, *const own = c ? t->e.s : t->e.h;
                const double v = form(t, c ? o->q : o->p, j, other);
                worst[c] = fmax(worst[c], fabs((k < M ? table[j * M + k] : own[j]) - v));
                top[c] = fmax(top[c], fabs(v));
            }
        }
    return fmax(worst[0] / top[0], t->q->b ? worst[1] / top[1] : 0);
}

static double value_of(const sb_exchange *t, const uint32_t *row)
{
    double g[D * D], p[D * D], trace = 0;
    plain_moment(t->q->z, row, M, 0, g);
    if (!t->q->b) return log(plain_det(g, D));
    plain_inverse(g, D, p);
    for (size_t a = 0; a < D * D; a++) trace -= p[a] * t->q->b[a];
    return trace;
}

static double best_gain(const sb_exchange *t)
{
    const double now = value_of(t, t->chosen);
    double best = -(double)INFINITY;
    for (size_t k = 0; k < M; k++)
        for (uint32_t j = 0; j < N; j++) {
            uint32_t trial[M];
            if (t->in[j]) continue;
            memcpy(trial, t->chosen, sizeof trial);
            trial[k] = j;
            best = fmax(best, value_of(t, trial) - now);
        }
    return best;
}

START_TEST(tables_follow_swaps)
{
    pick_case c;
    pick_init(&c, "fedorov", N, D);
    pick_normal(&c, (uint64_t)_i, 0.4);
    const sb_task task = {.x = c.x, .kind = SB_REGRESSION, .t = 1};
    sb_design q;
    sb_exchange t;
    truth o;
    double worst = 0, off = 0, drift = 0;
    ck_assert_ok(&c.t, sb_design_make(&task, (sb_criterion)(_i % 4), M, &c.t.cx, &q));
    ck_assert_ok(&c.t, sb_exchange_init(&t, &q, M, &c.t.cx));
    for (uint32_t k = 0; k < M; k++) t.chosen[k] = 5 * k, t.in[5 * k] = 1;
    ck_assert_ok(&c.t, sb_exchange_start(&t, &c.t.cx));
    sb_rng r = sb_rng_stream((uint64_t)_i, "swaps");
    for (size_t s = 0; s < SWAPS; s++) {
        const sb_swap best = sb_exchange_best(&t);
        const double gain = best_gain(&t);
        truth_make(&t, &o);
        worst = fmax(worst, worst_entry(&t, &o));
        off = fmax(off, fabs(best.gain - gain) / fmax(1, fabs(gain)));
        sb_swap next = {.out = sb_rng_below(&r, M)};
        do next.in = sb_rng_below(&r, N);
        while (t.in[next.in]);
        const double det = (1 + t.e.h[next.in]) * (1 - t.e.h[t.chosen[next.out]]) +
                           t.pair[next.in * M + next.out] * t.pair[next.in * M + next.out];
        ck_assert_ok(&c.t, sb_exchange_swap(&t, det > 0.05 ? next : best, &c.t.cx));
    }
    /* a swap that takes det M down to a share of 0.05 multiplies errors by about 20, the others by about 1: eps x 1e6
     */
    ck_assert_msg(worst < 1e-9 && off < 1e-9, "tables off by %.3g, gains by %.3g", worst, off);
    ck_assert_ok(&c.t, sb_exchange_renew(&t, &c.t.cx, &drift));
    ck_assert_msg(drift > 0 && drift < 1e-9, "drift %.3g", drift);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("exchange");
    TCase *t = tcase_create("exchange");
    tcase_add_loop_test(t, tables_follow_swaps, 0, 12);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
