/* deepfool, contextual_diversity, cal, peaks and glister against brute force on explicit vectors. */
#include "proxy_case.h"

enum { N = 60, Q = PLAIN_CLASSES, D = 5 };

static double feature(const proxy_case *s, size_t i, size_t j) { return (double)s->p.x[i * s->p.ld + j]; }

/* The step that makes class c as probable as the best one, for row i; its squared length, or -1 for c = best. */
static double to_boundary(const proxy_case *s, size_t i, size_t c, double *z_there)
{
    double z[Q], w2 = 0;
    size_t best = 0;
    plain_outputs_of(&s->p, i, z);
    for (size_t k = 1; k < Q; k++) best = z[k] > z[best] ? k : best;
    if (c == best) return -1;
    for (size_t j = 0; j < D; j++) w2 += pow(s->p.theta[j * Q + c] - s->p.theta[j * Q + best], 2);
    double norm2 = 0;
    memcpy(z_there, z, sizeof z);
    for (size_t j = 0; j < D; j++) {
        const double r = (z[best] - z[c]) / w2 * (s->p.theta[j * Q + c] - s->p.theta[j * Q + best]);
        norm2 += r * r;
        for (size_t k = 0; k < Q; k++) z_there[k] += r * s->p.theta[j * Q + k];
    }
    return norm2;
}

START_TEST(deepfool_is_the_shortest_way_to_a_tie)
{
    proxy_case s;
    sb_selection out;
    double score[64], z[Q], worst = 0;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    for (size_t i = 0; i < N; i++) {
        double best = (double)INFINITY, there[Q] = {0};
        for (size_t c = 0; c < Q; c++) {
            const double r2 = to_boundary(&s, i, c, z);
            if (r2 < 0 || r2 >= best) continue;
            best = r2;
            memcpy(there, z, sizeof there);
        }
        score[i] = -best;
        const double top = fmax(there[0], fmax(there[1], there[2])), low = fmin(there[0], fmin(there[1], there[2]));
        worst = fmax(worst, fabs(there[0] + there[1] + there[2] - top - low - top)); /* the middle one ties */
    }
    ck_assert_msg(worst < 1e-12, "no tie: %g", worst);
    ck_assert_ok(&s.t, proxy_case_run(&s, "deepfool", NULL, 33, &out));
    ck_assert_uint_eq(out.m, 33);
    expect_largest(&out, score, N, 1e-12);
    test_ctx_release(&s.t);
}
END_TEST

static double divergence(const proxy_case *s, size_t i, size_t j)
{
    double p[Q], q[Q], sum = 0;
    plain_softmax(&s->p, i, p);
    plain_softmax(&s->p, j, q);
    for (size_t k = 0; k < Q; k++) sum += 0.5 * p[k] * log(p[k] / q[k]) + 0.5 * q[k] * log(q[k] / p[k]);
    return sum;
}

START_TEST(contextual_diversity_picks_the_farthest)
{
    for (int warm = 0; warm < 2; warm++) {
        proxy_case s;
        sb_selection out;
        proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
        s.joins = warm;
        for (s.warm_n = 0; warm && s.warm_n < 4; s.warm_n++) s.warm[s.warm_n] = 7 * (uint32_t)s.warm_n;
        ck_assert_ok(&s.t, proxy_case_run(&s, "contextual_diversity", NULL, 30, &out));
        ck_assert_uint_eq(out.m, 30);
        size_t wrong = 0;
        for (size_t t = warm ? 0 : 1; t < 30; t++) {
            double far[64], most = -1;
            for (size_t i = 0; i < N; i++) {
                far[i] = (double)INFINITY;
                for (size_t k = 0; k < t; k++) far[i] = fmin(far[i], divergence(&s, i, out.row[k]));
                for (size_t k = 0; k < s.warm_n; k++) far[i] = fmin(far[i], divergence(&s, i, s.warm[k]));
                most = fmax(most, far[i]);
            }
            wrong += !(far[out.row[t]] >= most * (1 - 1e-11)); /* logs of ratios as small as e^-15: a few hundred eps */
        }
        ck_assert_uint_eq(wrong, 0);
        test_ctx_release(&s.t);
    }
}
END_TEST

/* Probabilities of exactly 0: with epsilon all is finite; without it a disjoint row is infinitely far and comes next.
 */
static sb_status hard_prob(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *prob)
{
    (void)cx, (void)self;
    for (size_t j = 0; j < m * Q; j++) prob[j] = (row ? row[j / Q] : j / Q) % Q == j % Q ? 1 : 0;
    return SB_OK;
}

START_TEST(contextual_diversity_of_saturated_rows)
{
    static const char *const eps[] = {"epsilon=1e-12", "epsilon=0"};
    for (size_t e = 0; e < 2; e++) {
        proxy_case s;
        sb_selection out;
        proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
        s.oracle.prob = hard_prob;
        ck_assert_ok(&s.t, proxy_case_run(&s, "contextual_diversity", SET(eps[e], "first=lowest"), 6, &out));
        const uint32_t want[] = {0, 1, 2, 3, 4, 5}; /* one of each class, then all are at 0: the lowest */
        ck_assert_mem_eq(out.row, want, sizeof want);
        test_ctx_release(&s.t);
    }
}
END_TEST

/* Mean divergence to the k nearest others, by sorting all distances. */
static void brute_cal(const proxy_case *s, size_t k, bool warm, double *score)
{
    for (size_t i = 0; i < s->p.n; i++) {
        double d2[64];
        bool used[64] = {false};
        size_t got = 0;
        score[i] = 0;
        for (size_t j = 0; j < s->p.n; j++) {
            bool in = !warm;
            for (size_t w = 0; w < s->warm_n; w++) in = in || s->warm[w] == j;
            used[j] = !in || j == i;
            d2[j] = 0;
            for (size_t f = 0; f < s->p.d; f++) d2[j] += pow(feature(s, i, f) - feature(s, j, f), 2);
        }
        for (; got < k; got++) {
            size_t best = s->p.n;
            for (size_t j = 0; j < s->p.n; j++)
                if (!used[j] && (best == s->p.n || d2[j] < d2[best])) best = j;
            if (best == s->p.n) break;
            used[best] = true;
            score[i] += divergence(s, i, best);
        }
        score[i] /= got ? (double)got : 1;
    }
}

START_TEST(cal_is_the_mean_over_the_nearest)
{
    for (int warm = 0; warm < 2; warm++)
        for (int shape = 0; shape < PLAIN_EQUAL; shape++) {
            proxy_case s;
            sb_selection out;
            double score[64];
            proxy_case_init(&s, SB_CLASSIFICATION, (plain_shape)shape);
            for (s.warm_n = 0; s.warm_n < 5; s.warm_n++) s.warm[s.warm_n] = (uint32_t)s.warm_n + 2;
            brute_cal(&s, 4, warm, score);
            ck_assert_ok(&s.t, proxy_case_run(&s, "cal", SET("k=4", warm ? "among=warmup" : "among=all"), s.p.n, &out));
            expect_largest(&out, score, s.p.n, 1e-11);
            for (size_t i = 0; i < s.p.n; i++) score[i] = -score[i];
            ck_assert_ok(&s.t,
                         proxy_case_run(&s, "cal", SET("k=4", warm ? "among=warmup" : "among=all", "variant=deepcore"),
                                        s.p.n, &out));
            expect_largest(&out, score, s.p.n, 1e-11);
            ck_assert_fails(&s.t, proxy_case_run(&s, "cal", SET("k=4", "work=10"), 5, &out), SB_SKIP, "multiply-adds");
            test_ctx_release(&s.t);
        }
}
END_TEST

/* The rule of a pass, with percentiles counted anew for every row. */
START_TEST(peaks_follows_its_rule)
{
    proxy_case s;
    sb_selection out;
    uint32_t order[N], left[N], want[N];
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    ck_assert_ok(&s.t, proxy_case_run(&s, "peaks", NULL, N, &out));
    for (uint32_t i = 0; i < N; i++) order[i] = i;
    sb_rng r = sb_ctx_stream(&s.t.cx, "stream");
    sb_rng_shuffle(&r, order, N, N);
    size_t rows = N, m = 0, have[Q] = {0};
    while (rows) {
        double seen[N];
        size_t kept = 0;
        for (size_t k = 0; k < rows; k++) {
            const size_t i = order[k], y = (size_t)s.p.label[i];
            double p[Q], z[Q], l1 = 0;
            plain_softmax(&s.p, i, p);
            plain_outputs_of(&s.p, i, z);
            for (size_t c = 0; c < Q; c++) l1 += fabs(p[c] - (c == y ? 1 : 0));
            seen[k] = z[y] * l1 / (have[y] ? (double)have[y] : 1);
            size_t most = 0;
            for (size_t o = 0; o <= k; o++) most += seen[o] <= seen[k];
            if (100.0 * (double)most / (double)(k + 1) >= 80 || !have[y]) {
                have[y]++;
                want[m++] = (uint32_t)i;
            } else
                left[kept++] = (uint32_t)i;
        }
        memcpy(order, left, kept * sizeof *left);
        rows = kept;
    }
    ck_assert_uint_eq(m, N);
    ck_assert_mem_eq(out.row, want, sizeof want);
    test_ctx_release(&s.t);
}
END_TEST

static void factor_at(const proxy_case *s, const double *theta, size_t i, double *a)
{
    plain moved = s->p;
    memcpy(moved.theta = SB_NEW(s->t.cx.arena, (D + 1) * Q, double), theta, (D + 1) * plain_outputs(&s->p) * 8);
    proxy_case at = *s;
    at.p = moved;
    proxy_case_factor(&at, i, false, a);
}

static double mean_loss(const proxy_case *s, const double *theta)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        double a[Q];
        factor_at(s, theta, i, a);
        sum += s->p.kind == SB_CLASSIFICATION ? -log(1 + a[s->p.label[i]]) : a[0] * a[0] / 2;
    }
    return sum / N;
}

/* One row a round: each pick has the largest product with the mean gradient at theta - eta sum g, formed in full; and
 * that product is minus the derivative of the validation loss along the pick's step (central difference). */
START_TEST(glister_takes_the_steepest_step)
{
    proxy_case s;
    sb_selection out;
    double theta[(D + 1) * Q], g[N][(D + 1) * Q];
    proxy_case_init(&s, _i ? SB_REGRESSION : SB_CLASSIFICATION, PLAIN_GENERAL);
    const size_t k = proxy_case_params(&s), q = plain_outputs(&s.p);
    memcpy(theta, s.p.theta, k * sizeof *theta);
    for (size_t i = 0; i < N; i++) proxy_case_gradient(&s, i, false, g[i]);
    ck_assert_ok(&s.t, proxy_case_run(&s, "glister", SET("rounds=0", "eta=0.05"), 8, &out));
    bool used[N] = {false};
    double worst = 0, last = mean_loss(&s, theta);
    for (size_t t = 0; t < 8; t++) {
        double mean[(D + 1) * Q] = {0}, gain[N], most = -1e300;
        for (size_t i = 0; i < N; i++) {
            double a[Q];
            factor_at(&s, theta, i, a);
            for (size_t j = 0; j < k; j++) mean[j] += a[j % q] * (j / q < D ? feature(&s, i, j / q) : 1) / N;
        }
        for (size_t i = 0; i < N; i++) {
            gain[i] = 0;
            for (size_t j = 0; j < k; j++) gain[i] += mean[j] * g[i][j];
            if (!used[i]) most = fmax(most, gain[i]);
        }
        const uint32_t pick = out.row[t];
        worst = fmax(worst, used[pick] ? 1 : (most - gain[pick]) / fabs(most));
        double up[(D + 1) * Q], down[(D + 1) * Q];
        for (size_t j = 0; j < k; j++) {
            up[j] = theta[j] + 1e-5 * g[pick][j];
            down[j] = theta[j] - 1e-5 * g[pick][j];
            theta[j] -= 0.05 * g[pick][j];
        }
        const double slope = (mean_loss(&s, up) - mean_loss(&s, down)) / 2e-5;
        ck_assert_msg(fabs(slope - gain[pick]) < 1e-6 * (1 + fabs(slope)), "gain %g, slope %g", gain[pick], slope);
        used[pick] = true;
        ck_assert_msg(t > 3 || mean_loss(&s, theta) < last, "step %zu raises the loss", t);
        last = mean_loss(&s, theta);
    }
    ck_assert_msg(worst < 1e-12, "a pick falls short by %g", worst);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(glister_deepcore_is_one_ranking)
{
    proxy_case s;
    sb_selection out;
    double mean[(D + 1) * Q] = {0}, g[(D + 1) * Q], score[64];
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    const size_t k = proxy_case_params(&s);
    for (size_t i = 0; i < N; i++) {
        proxy_case_gradient(&s, i, false, g);
        for (size_t j = 0; j < k; j++) mean[j] += g[j] / N;
    }
    for (size_t i = 0; i < N; i++) {
        proxy_case_gradient(&s, i, false, g);
        score[i] = 0;
        for (size_t j = 0; j < k; j++) score[i] += g[j] * mean[j];
    }
    ck_assert_ok(&s.t, proxy_case_run(&s, "glister", SET("variant=deepcore"), N, &out));
    size_t wrong = 0;
    for (size_t j = 0; j + 1 < N; j++) wrong += score[out.row[j]] < score[out.row[j + 1]] - 1e-13;
    ck_assert_uint_eq(wrong, 0);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("proxy_scores");
    TCase *t = tcase_create("proxy_scores");
    tcase_add_test(t, deepfool_is_the_shortest_way_to_a_tie);
    tcase_add_test(t, contextual_diversity_picks_the_farthest);
    tcase_add_test(t, contextual_diversity_of_saturated_rows);
    tcase_add_test(t, cal_is_the_mean_over_the_nearest);
    tcase_add_test(t, peaks_follows_its_rule);
    tcase_add_loop_test(t, glister_takes_the_steepest_step, 0, 2);
    tcase_add_test(t, glister_deepcore_is_one_ranking);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
