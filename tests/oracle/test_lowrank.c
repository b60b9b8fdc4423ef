/* lowrank_sensitivity: exactness where the score is the loss, the score by its formula, unbiasedness, its queries. */
#include "pick_case.h"

enum { N = 60, D = 6 };

typedef struct asked {
    size_t n;
    uint32_t row[N];
} asked;

static double loss_at(size_t i) { return 1 + (double)((i * 37) % 11); }

static sb_status loss_of(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *loss)
{
    asked *const a = self;
    (void)cx;
    for (size_t j = 0; j < m; j++) {
        a->row[a->n++] = row[j];
        loss[j] = loss_at(row[j]);
    }
    return SB_OK;
}

static void make(pick_case *c, asked *a)
{
    pick_init(c, "lowrank_sensitivity", N, D);
    pick_normal(c, 4, 0.7);
    *a = (asked){0};
    c->oracle = (sb_oracle){.self = a, .loss = loss_of};
    c->granted = SB_NEEDS_LOSS;
    pick_set(c, "floor", "0");
}

static double norm2(const pick_case *c, size_t i)
{
    double s = 0;
    for (size_t j = 0; j < D; j++) s += (double)sb_mat_row(c->x, i)[j] * (double)sb_mat_row(c->x, i)[j];
    return s;
}

/* gamma 0, lambda 1, any orthonormal basis: the score is |x|^2, so every draw estimates its total exactly. */
START_TEST(squared_norms_are_estimated_exactly)
{
    pick_case c;
    asked a;
    make(&c, &a);
    pick_set(&c, "loss", "norm");
    pick_set(&c, "lambda_rule", "value");
    pick_set(&c, "landmarks", _i % 2 ? "singular" : "rows");
    pick_set(&c, "k", _i < 2 ? "3" : _i < 4 ? "1" : _i % 2 ? "6" : "50");
    double truth = 0, worst = 0;
    for (size_t i = 0; i < N; i++) truth += norm2(&c, i);
    for (uint64_t s = 0; s < 20; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 7, true));
        double total = 0;
        for (size_t j = 0; j < c.out.m; j++) total += c.out.weight[j] * norm2(&c, c.row[j]);
        worst = fmax(worst, fabs(total / truth - 1));
    }
    ck_assert_msg(worst < 1e-10, "off by %.3g", worst);
    ck_assert_uint_eq(a.n, 0);
    test_ctx_release(&c.t);
}
END_TEST

/* p against sigma by normal equations in the landmarks (rows in the order of the queries). */
START_TEST(scores_follow_the_formula)
{
    pick_case c;
    asked a;
    make(&c, &a);
    pick_set(&c, "k", "3");
    pick_set(&c, "lambda_rule", "value");
    pick_set(&c, "lambda", "0.4");
    pick_set(&c, "gamma", "0.3");
    if (_i) pick_set(&c, "basis", "raw");
    ck_assert_ok(&c.t, pick_run(&c, (uint64_t)_i, 10, true));
    ck_assert(a.n == 3 && c.meter.losses == 3 && c.meter.labels == 3 && pick_note(&c, "directions") == 3);
    double q[3][D], sigma[N], sum = 0, worst = 0;
    for (size_t k = 0; k < 3; k++) { /* classical Gram-Schmidt */
        double norm = 0;
        for (size_t j = 0; j < D; j++) q[k][j] = (double)sb_mat_row(c.x, a.row[k])[j];
        for (size_t l = 0; l < k; l++) {
            double dot = 0;
            for (size_t j = 0; j < D; j++) dot += q[l][j] * q[k][j];
            for (size_t j = 0; j < D; j++) q[k][j] -= dot * q[l][j];
        }
        for (size_t j = 0; j < D; j++) norm += q[k][j] * q[k][j];
        for (size_t j = 0; j < D; j++) q[k][j] /= sqrt(norm);
    }
    double top = 0;
    for (size_t k = 0; k < 3; k++) top = fmax(top, loss_at(a.row[k]));
    for (size_t i = 0; i < N; i++) {
        double left = norm2(&c, i), first = 0;
        for (size_t k = 0; k < 3; k++) {
            double dot = 0, raw = 0;
            for (size_t j = 0; j < D; j++) {
                dot += q[k][j] * (double)sb_mat_row(c.x, i)[j];
                raw += (double)sb_mat_row(c.x, a.row[k])[j] * (double)sb_mat_row(c.x, i)[j];
            }
            left -= dot * dot;
            first += (_i ? raw * raw : dot * dot) * loss_at(a.row[k]);
        }
        sum += sigma[i] = 1.3 * first + 0.3 * 3 * top + 0.4 * fmax(0, left);
    }
    for (size_t i = 0; i < N; i++) worst = fmax(worst, fabs(c.out.prob[i] - sigma[i] / sum));
    ck_assert_msg(worst < 1e-13, "off by %.3g", worst);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(totals_are_unbiased)
{
    enum { RUNS = 3000 };
    pick_case c;
    asked a;
    make(&c, &a);
    pick_set(&c, "k", "4");
    pick_set(&c, "floor", "0.1");
    double sum = 0, square = 0, truth = 0;
    for (size_t i = 0; i < N; i++) truth += loss_at(i);
    for (uint64_t s = 0; s < RUNS; s++) {
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        double total = 0;
        a.n = 0;
        ck_assert_ok(&c.t, pick_run(&c, s, 6, true));
        for (size_t j = 0; j < c.out.m; j++) total += c.out.weight[j] * loss_at(c.row[j]);
        sum += total, square += total * total;
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    const double mean = sum / RUNS, se = sqrt((square / RUNS - mean * mean) / RUNS);
    ck_assert_msg(fabs(mean - truth) < 4.5 * se, "%.4f +- %.4f, truth %.4f", mean, se, truth);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(singular_vectors_have_no_task_loss)
{
    pick_case c;
    asked a;
    make(&c, &a);
    pick_set(&c, "landmarks", "singular");
    ck_assert_fails(&c.t, pick_run(&c, 1, 5, false), SB_SKIP, "no label");
    pick_set(&c, "loss", "norm");
    ck_assert_fails(&c.t, pick_run(&c, 1, 5, false), SB_SKIP, "'k' is 32, above the 6 features");
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lowrank");
    TCase *t = tcase_create("lowrank");
    tcase_add_loop_test(t, squared_norms_are_estimated_exactly, 0, 6);
    tcase_add_loop_test(t, scores_follow_the_formula, 0, 2);
    tcase_add_test(t, totals_are_unbiased);
    tcase_add_test(t, singular_vectors_have_no_task_loss);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
