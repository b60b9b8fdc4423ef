/* osmac, influence and weak_supervision against Hessians summed row by row and solved by Gauss elimination. */
#include "proxy_case.h"

#include "selbench/information.h"

enum { N = 60, Q = PLAIN_CLASSES, DD = 6, MAX = (Q - 1) * DD };

/* x = H^-1 b by elimination with pivoting; H is copied. */
static void solve(const double *h, size_t k, const double *b, double *x)
{
    double a[MAX * MAX];
    memcpy(a, h, k * k * sizeof *a);
    memcpy(x, b, k * sizeof *x);
    for (size_t c = 0; c < k; c++) {
        size_t best = c;
        for (size_t r = c + 1; r < k; r++) best = fabs(a[r * k + c]) > fabs(a[best * k + c]) ? r : best;
        for (size_t j = 0; j < k; j++) {
            const double t = a[c * k + j];
            a[c * k + j] = a[best * k + j];
            a[best * k + j] = t;
        }
        const double t = x[c];
        x[c] = x[best];
        x[best] = t;
        for (size_t r = 0; r < k; r++) {
            const double f = a[r * k + c] / a[c * k + c];
            if (r == c || f == 0) continue;
            for (size_t j = c; j < k; j++) a[r * k + j] -= f * a[c * k + j];
            x[r] -= f * x[c];
        }
    }
    for (size_t c = 0; c < k; c++) x[c] /= a[c * k + c];
}

static double one(const proxy_case *s, size_t i, size_t j) { return j < s->p.d ? (double)s->p.x[i * s->p.ld + j] : 1; }

/* sum over rows of (diag p - p p')(x)x~x~' for the classes before the last, or x~x~'; with a relative ridge */
static size_t hessian(const proxy_case *s, const uint32_t *row, size_t m, double ridge, double *h)
{
    const bool classes = s->p.kind == SB_CLASSIFICATION;
    const size_t k = classes ? MAX : DD;
    double trace = 0;
    memset(h, 0, k * k * sizeof *h);
    for (size_t r = 0; r < m; r++) {
        const size_t i = row ? row[r] : r;
        double p[Q] = {0};
        if (classes) plain_softmax(&s->p, i, p);
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++) {
                const double f = classes ? p[a / DD] * ((a / DD == b / DD ? 1 : 0) - p[b / DD]) : 1;
                h[a * k + b] += f * one(s, i, a % DD) * one(s, i, b % DD);
            }
    }
    for (size_t a = 0; a < k; a++) trace += h[a * k + a];
    for (size_t a = 0; a < k; a++) h[a * k + a] += ridge * trace / (double)k;
    return k;
}

/* g of the parameters that H is about: the classes before the last, one after another */
static void gradient(const proxy_case *s, size_t i, const double *a, size_t k, double *g)
{
    for (size_t j = 0; j < k; j++) g[j] = a[j / DD] * one(s, i, j % DD);
}

/* Length of the solution with the missing class at 0, or with its mean over the classes taken off. */
static double length(const double *psi, size_t k, bool centred)
{
    double sum = 0;
    for (size_t j = 0; j < DD; j++) {
        double v[Q] = {0}, mean = 0;
        for (size_t c = 0; c * DD < k; c++) v[c] = psi[c * DD + j];
        for (size_t c = 0; c < Q; c++) mean += centred ? v[c] / Q : 0;
        for (size_t c = 0; c < Q; c++) sum += (v[c] - mean) * (v[c] - mean);
    }
    return sqrt(sum);
}

/* The method's draw probabilities are (1 - floor) score / sum + floor / n. Condition numbers here are below 1e5. */
static void expect_prob(const sb_selection *out, const double *score, double floor, const char *what)
{
    double sum = 0, worst = 0;
    ck_assert_msg(out->prob != NULL, "%s: no probabilities", what);
    for (size_t i = 0; i < N; i++) sum += score[i];
    for (size_t i = 0; i < N; i++) {
        const double want = (1 - floor) * score[i] / sum + floor / N;
        worst = fmax(worst, fabs(out->prob[i] / want - 1));
    }
    ck_assert_msg(worst < 1e-9, "%s: off by %g", what, worst);
}

/* Mean over all rows of the squared change of the outputs per unit along psi, by central differences. */
static double output_change(const proxy_case *s, const double *psi, size_t k)
{
    double sum = 0;
    const double step = 1e-4 / length(psi, k, false);
    for (size_t i = 0; i < N; i++) {
        double p[2][Q] = {{0}};
        for (size_t side = 0; side < 2; side++) {
            double z[Q] = {0}, total = 0;
            plain_outputs_of(&s->p, i, z);
            for (size_t c = 0; c * DD < k; c++)
                for (size_t j = 0; j < DD; j++) z[c] += (side ? step : -step) * psi[c * DD + j] * one(s, i, j);
            for (size_t c = 0; c < plain_outputs(&s->p); c++) total += p[side][c] = k == MAX ? exp(z[c]) : z[c];
            for (size_t c = 0; k == MAX && c < Q; c++) p[side][c] /= total;
        }
        for (size_t c = 0; c < Q; c++) sum += pow((p[1][c] - p[0][c]) / (2 * step), 2) / N;
    }
    return sqrt(sum);
}

/* Differences over a step of 1e-4 along the unit direction: third derivatives of logits up to 10 leave 1e-7. */
START_TEST(osmac_mspe_is_the_change_of_the_outputs)
{
    proxy_case s;
    sb_selection out;
    double h[MAX * MAX], score[N], sum = 0, worst = 0;
    proxy_case_init(&s, _i ? SB_REGRESSION : SB_CLASSIFICATION, PLAIN_GENERAL);
    for (s.warm_n = 0; s.warm_n < 8; s.warm_n++) s.warm[s.warm_n] = 5 * (uint32_t)s.warm_n + 3;
    const size_t k = hessian(&s, s.warm, 8, 0.1, h);
    for (size_t i = 0; i < N; i++) {
        double a[Q], g[MAX], psi[MAX];
        proxy_case_factor(&s, i, false, a);
        gradient(&s, i, a, k, g);
        solve(h, k, g, psi);
        sum += score[i] = output_change(&s, psi, k);
    }
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("criterion=mspe", "ridge=0.1", "floor=0"), 9, &out));
    for (size_t i = 0; i < N; i++) worst = fmax(worst, fabs(out.prob[i] - score[i] / sum) * N);
    ck_assert_msg(worst < 1e-6, "off by %g", worst);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(osmac_follows_its_criteria)
{
    proxy_case s;
    sb_selection out;
    double h[MAX * MAX], score[4][N];
    const bool classes = _i == 0;
    proxy_case_init(&s, classes ? SB_CLASSIFICATION : SB_REGRESSION, PLAIN_GENERAL);
    for (s.warm_n = 0; s.warm_n < 8; s.warm_n++) s.warm[s.warm_n] = 5 * (uint32_t)s.warm_n + 3;
    const size_t k = hessian(&s, s.warm, 8, 1e-3, h);
    for (size_t i = 0; i < N; i++) {
        double a[Q], g[MAX], psi[MAX], x2 = 0, a2 = 0;
        proxy_case_factor(&s, i, false, a);
        gradient(&s, i, a, k, g);
        solve(h, k, g, psi);
        for (size_t j = 0; j < DD; j++) x2 += one(&s, i, j) * one(&s, i, j);
        for (size_t c = 0; c < plain_outputs(&s.p); c++) a2 += a[c] * a[c];
        score[0][i] = length(psi, k, classes);
        score[1][i] = length(psi, k, false);
        score[2][i] = sqrt(a2 * x2);
        score[3][i] = classes ? -a[s.p.label[i]] : fabs(a[0]);
    }
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("ridge=1e-3"), 9, &out));
    expect_prob(&out, score[0], 0.01, "optA");
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("ridge=1e-3", "constraint=baseline"), 9, &out));
    expect_prob(&out, score[1], 0.01, "optA of the base");
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("criterion=optL"), 9, &out));
    expect_prob(&out, score[2], 0.01, "optL");
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("criterion=lcc"), 9, &out));
    expect_prob(&out, score[3], 0.01, "lcc");
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(influence_is_the_solved_gradient)
{
    proxy_case s;
    sb_selection out;
    double h[MAX * MAX], score[2][N];
    proxy_case_init(&s, _i ? SB_REGRESSION : SB_CLASSIFICATION, PLAIN_GENERAL);
    const size_t k = hessian(&s, NULL, N, 1e-6, h);
    for (size_t i = 0; i < N; i++) {
        double a[Q], g[MAX], psi[MAX];
        proxy_case_factor(&s, i, false, a);
        gradient(&s, i, a, k, g);
        solve(h, k, g, psi);
        score[0][i] = length(psi, k, _i == 0);
        score[1][i] = 0;
        for (size_t j = 0; j < k; j++) score[1][i] += psi[j] * g[j]; /* psi' H psi */
        score[1][i] = sqrt(score[1][i]);
    }
    ck_assert_ok(&s.t, proxy_case_run(&s, "influence", NULL, 9, &out));
    expect_prob(&out, score[0], 0.1, "euclidean");
    ck_assert_ok(&s.t, proxy_case_run(&s, "influence", SET("metric=hessian"), 9, &out));
    expect_prob(&out, score[1], 0.1, "metric of H");
    test_ctx_release(&s.t);
}
END_TEST

/* Only the diagonal blocks: psi_c = a_c H_c^-1 x~, class by class. */
START_TEST(influence_by_blocks)
{
    proxy_case s;
    sb_selection out;
    double score[N] = {0};
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    for (size_t c = 0; c < Q; c++) {
        double h[DD * DD] = {0}, trace = 0;
        for (size_t i = 0; i < N; i++) {
            double p[Q];
            plain_softmax(&s.p, i, p);
            for (size_t j = 0; j < DD * DD; j++) h[j] += p[c] * (1 - p[c]) * one(&s, i, j / DD) * one(&s, i, j % DD);
        }
        for (size_t j = 0; j < DD; j++) trace += h[j * DD + j];
        for (size_t j = 0; j < DD; j++) h[j * DD + j] += 1e-6 * trace / DD;
        for (size_t i = 0; i < N; i++) {
            double a[Q], x[DD], psi[DD];
            proxy_case_factor(&s, i, false, a);
            for (size_t j = 0; j < DD; j++) x[j] = a[c] * one(&s, i, j);
            solve(h, DD, x, psi);
            for (size_t j = 0; j < DD; j++) score[i] += psi[j] * psi[j];
        }
    }
    for (size_t i = 0; i < N; i++) score[i] = sqrt(score[i]);
    ck_assert_ok(&s.t, proxy_case_run(&s, "influence", SET("hessian=block"), 9, &out));
    expect_prob(&out, score, 0.1, "blocks");
    /* osmac without a warm-up takes M over all rows: then they are one method */
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("information=block", "floor=0.1"), 9, &out));
    expect_prob(&out, score, 0.1, "osmac's blocks");
    test_ctx_release(&s.t);
}
END_TEST

/* The expectation over labels written out: sum_k p_k |H^-1/2 (p - e_k)(x)x~|^2. */
START_TEST(weak_supervision_expects_over_labels)
{
    proxy_case s;
    sb_selection out;
    double h[MAX * MAX], score[N];
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    const size_t k = hessian(&s, NULL, N, 1e-6, h);
    for (size_t i = 0; i < N; i++) {
        double p[Q], g[MAX], psi[MAX];
        plain_softmax(&s.p, i, p);
        score[i] = 0;
        for (size_t y = 0; y < Q; y++) {
            double a[Q], dot = 0;
            for (size_t c = 0; c < Q; c++) a[c] = p[c] - (c == y ? 1 : 0);
            gradient(&s, i, a, k, g);
            solve(h, k, g, psi);
            for (size_t j = 0; j < k; j++) dot += psi[j] * g[j];
            score[i] += p[y] * dot;
        }
        score[i] = sqrt(score[i]);
    }
    ck_assert_ok(&s.t, proxy_case_run(&s, "weak_supervision", SET("draw=with_replacement"), 9, &out));
    expect_prob(&out, score, 0.01, "expected gradients");
    ck_assert_uint_eq(s.meter.labels, 0);
    test_ctx_release(&s.t);
}
END_TEST

/* Mean size m, and alpha = 0 draws every row equally often: 4000 runs, sd of the mean size below 0.05. */
START_TEST(weak_supervision_poisson_has_the_mean_size)
{
    static const char *const set[][3] = {{"mode=plain", "alpha=0", NULL}, {"mode=plain", "alpha=-1", NULL}, {NULL}};
    for (size_t v = 0; v < 3; v++) {
        proxy_case s;
        sb_selection out;
        double sum = 0, total = 0, chi2 = 0, hit[N] = {0};
        proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
        const size_t mark = sb_arena_mark(s.t.cx.arena);
        for (size_t r = 0; r < 4000; r++) {
            s.t.cx.seed = r;
            ck_assert_ok(&s.t, proxy_case_run(&s, "weak_supervision", set[v], 12, &out));
            ck_assert(!out.weight == (v < 2));
            sum += (double)out.m / 4000;
            for (size_t j = 0; j < out.m; j++) {
                hit[out.row[j]]++;
                total += v == 2 ? out.weight[j] / 4000 : 0;
            }
            sb_arena_rewind(s.t.cx.arena, mark);
        }
        ck_assert_msg(fabs(sum - 12) < 0.25, "mean size %g", sum); /* sd of a size below 3.5, over root 4000, x 4.5 */
        /* unbiased: the weights sum to n; floor 0.01 keeps a weight below n / (0.01 m) = 500, most are far smaller */
        if (v == 2) ck_assert_msg(fabs(total - N) < 6, "weights sum to %g", total);
        for (size_t i = 0; v == 0 && i < N; i++) chi2 += (hit[i] - 800) * (hit[i] - 800) / (800 * 0.8);
        ck_assert_msg(chi2 < 110, "chi-square %g", chi2);
        test_ctx_release(&s.t);
    }
}
END_TEST

START_TEST(limits_are_reasons)
{
    proxy_case s;
    sb_selection out;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    const sb_task task = {.x = {NULL, N, 600, 600}, .kind = SB_CLASSIFICATION, .c = 3};
    ck_assert(!sb_information_fits(&task));
    const double need = 1202.0 * 1202 * (N / 2.0 + 1202.0 / 6 + N);
    ck_assert_ok(&s.t, sb_information_afford(&task, N, need * (1 + 1e-12), &s.t.cx));
    ck_assert_fails(&s.t, sb_information_afford(&task, N, need * (1 - 1e-12), &s.t.cx), SB_SKIP, "order 1202");
    ck_assert_fails(&s.t, proxy_case_run(&s, "osmac", SET("work=1000"), 4, &out), SB_SKIP, "order 12 (");
    ck_assert_fails(&s.t, proxy_case_run(&s, "influence", SET("work=1000"), 4, &out), SB_SKIP, "order 12 (");
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("work=0", "criterion=optL"), 4, &out));
    ck_assert_ok(&s.t, proxy_case_run(&s, "osmac", SET("work=0", "information=block"), 4, &out));
    ck_assert_fails(&s.t, proxy_case_run(&s, "osmac", SET("criterion=mspe", "information=block"), 4, &out), SB_SKIP,
                    "information = full");
    test_ctx_release(&s.t);
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_EQUAL); /* equal rows: rank one */
    ck_assert_fails(&s.t, proxy_case_run(&s, "influence", SET("ridge=0"), 4, &out), SB_SKIP, "ridge");
    ck_assert_ok(&s.t, proxy_case_run(&s, "influence", NULL, 4, &out));
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("information");
    TCase *t = tcase_create("information");
    tcase_add_loop_test(t, osmac_follows_its_criteria, 0, 2);
    tcase_add_loop_test(t, osmac_mspe_is_the_change_of_the_outputs, 0, 2);
    tcase_add_loop_test(t, influence_is_the_solved_gradient, 0, 2);
    tcase_add_test(t, influence_by_blocks);
    tcase_add_test(t, weak_supervision_expects_over_labels);
    tcase_add_test(t, weak_supervision_poisson_has_the_mean_size);
    tcase_add_test(t, limits_are_reasons);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
