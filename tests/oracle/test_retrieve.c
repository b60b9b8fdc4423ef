/* RETRIEVE: each pick is the row along whose predicted-label gradient the loss of the labelled rows changes most, by
 * central differences of that loss at a point moved by the steps of the picks before. */
#include "proxy_case.h"

enum { N = 60, D = 5, Q = PLAIN_CLASSES, K = (D + 1) * Q };

static double labelled_loss(const proxy_case *s, const double *theta)
{
    double sum = 0;
    for (size_t w = 0; w < s->warm_n; w++) {
        const size_t i = s->warm[w];
        double z[Q], total = 0;
        for (size_t c = 0; c < Q; c++) {
            z[c] = theta[D * Q + c];
            for (size_t j = 0; j < D; j++) z[c] += theta[j * Q + c] * (double)s->p.x[i * s->p.ld + j];
            total += exp(z[c]);
        }
        sum += log(total) - z[s->p.label[i]];
    }
    return sum / (double)s->warm_n;
}

static double slope(const proxy_case *s, const double *theta, const double *g)
{
    double up[K], down[K];
    for (size_t j = 0; j < K; j++) {
        up[j] = theta[j] + 1e-4 * g[j];
        down[j] = theta[j] - 1e-4 * g[j];
    }
    return (labelled_loss(s, up) - labelled_loss(s, down)) / 2e-4;
}

static void init(proxy_case *s, bool joins)
{
    proxy_case_init(s, SB_CLASSIFICATION, PLAIN_GENERAL);
    s->warm_n = 8;
    s->joins = joins;
    for (size_t w = 0; w < s->warm_n; w++) s->warm[w] = (uint32_t)(5 * w + 3);
}

START_TEST(picks_lower_the_labelled_loss_most)
{
    enum { M = 10 };
    proxy_case s;
    sb_selection out;
    double theta[K], g[N][K], worst = 0;
    bool used[N] = {false};
    const double confidence = _i & 1 ? 0.6 : 0;
    init(&s, _i & 2);
    memcpy(theta, s.p.theta, sizeof theta);
    ck_assert_ok(&s.t, proxy_case_run(&s, "retrieve",
                                      SET("rounds=0", "eta=0.05", confidence > 0 ? "confidence=0.6" : "confidence=0"),
                                      M, &out));
    size_t unsure = 0;
    for (size_t i = 0; i < N; i++) {
        double p[Q];
        plain_softmax(&s.p, i, p);
        proxy_case_gradient(&s, i, true, g[i]);
        if (fmax(p[0], fmax(p[1], p[2])) >= confidence) continue;
        memset(g[i], 0, sizeof g[i]);
        unsure++;
    }
    for (size_t w = 0; s.joins && w < s.warm_n; w++) used[s.warm[w]] = true;
    for (size_t t = 0; t < M; t++) {
        double most = -1e300, own = -1e300;
        for (size_t i = 0; i < N; i++) {
            const double gain = slope(&s, theta, g[i]);
            if (!used[i]) most = fmax(most, gain);
            if (!used[i] && i == out.row[t]) own = gain;
        }
        worst = fmax(worst, most - own);
        used[out.row[t]] = true;
        for (size_t j = 0; j < K; j++) theta[j] -= 0.05 * g[out.row[t]][j];
    }
    /* central differences of losses near 1 with step 1e-4: error of the third derivative below 1e-7 here */
    ck_assert_msg(worst < 1e-7, "a pick falls short by %g", worst);
    ck_assert(out.note[0].value == (double)unsure && (confidence > 0) == (unsure > 0));
    ck_assert_uint_eq(s.meter.labels, s.warm_n); /* no label of an unlabelled row is read */
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(declines_without_labelled_rows_or_classes)
{
    proxy_case s;
    sb_selection out;
    init(&s, false);
    s.warm_n = 0;
    ck_assert_fails(&s.t, proxy_case_run(&s, "retrieve", NULL, 5, &out), SB_SKIP, "no warm-up rows");
    s.p.kind = SB_REGRESSION;
    ck_assert_fails(&s.t, proxy_case_run(&s, "retrieve", NULL, 5, &out), SB_SKIP, "regression has none");
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("retrieve");
    TCase *t = tcase_create("retrieve");
    tcase_add_loop_test(t, picks_lower_the_labelled_loss_most, 0, 4);
    tcase_add_test(t, declines_without_labelled_rows_or_classes);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
