/* Bilevel coresets: picks by finite differences of the outer loss, which is computed here by dense elimination; the
 * loss reported is that of the weights returned; growth and steps never raise it. */
#include "pick_case.h"
#include "proxy_case.h"

enum { N = 60, D = 6, Q = PLAIN_CLASSES };

/* F at the ridge fit on weights w (all N rows), in long double. */
static double outer_loss(const proxy_case *s, const double *w, double l2)
{
    const size_t t = plain_outputs(&s->p), d = s->p.d;
    double h[D * D], inverse[D * D], trace = 0;
    long double total = 0;
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++) {
            h[a * D + b] = 0;
            for (size_t i = 0; i < N; i++) {
                const double x =
                    (a < d ? (double)s->p.x[i * s->p.ld + a] : 1) * (b < d ? (double)s->p.x[i * s->p.ld + b] : 1);
                h[a * D + b] += w[i] * x;
                if (a == b) trace += x;
            }
        }
    for (size_t a = 0; a < D; a++) h[a * D + a] += l2 * trace / D;
    plain_inverse(h, D, inverse);
    for (size_t c = 0; c < t; c++) {
        double cross[D] = {0}, theta[D] = {0};
        for (size_t i = 0; i < N; i++) {
            const double y = s->p.kind == SB_REGRESSION ? s->p.y[i] : s->p.label[i] == (int32_t)c;
            for (size_t a = 0; a < D; a++) cross[a] += w[i] * y * (a < d ? (double)s->p.x[i * s->p.ld + a] : 1);
        }
        for (size_t k = 0; k < D * D; k++) theta[k / D] += inverse[k] * cross[k % D];
        for (size_t i = 0; i < N; i++) {
            double gap = s->p.kind == SB_REGRESSION ? -s->p.y[i] : -(double)(s->p.label[i] == (int32_t)c);
            for (size_t a = 0; a < D; a++) gap += theta[a] * (a < d ? (double)s->p.x[i * s->p.ld + a] : 1);
            total += (long double)(gap * gap / 2);
        }
    }
    return (double)total;
}

static void init(proxy_case *s, int kind, bool joins)
{
    proxy_case_init(s, kind ? SB_REGRESSION : SB_CLASSIFICATION, PLAIN_GENERAL);
    s->joins = joins;
    for (size_t k = 0; joins && k < 6; k++) s->warm[s->warm_n++] = (uint32_t)(9 * k + 1);
}

static const double penalty = 0.01;

static sb_status run(proxy_case *s, const char *steps, size_t m, sb_selection *out)
{
    return proxy_case_run(s, "bilevel", SET("rounds=0", steps, "l2=0.01"), m, out);
}

/* The weights of the fit: what came back in the scale that the note tells, 1 for a joining warm-up. */
static void weights(const proxy_case *s, const sb_selection *out, double *w)
{
    memset(w, 0, N * sizeof *w);
    for (size_t k = 0; k < s->warm_n; k++) w[s->warm[k]] = 1;
    for (size_t k = 0; out && k < out->m; k++)
        w[out->row[k]] = out->weight[k] * out->note[0].value / (double)(N - s->warm_n);
}

START_TEST(picks_have_the_steepest_gradient)
{
    enum { M = 6 };
    proxy_case s;
    sb_selection out, before;
    double worst = 0;
    init(&s, _i & 1, _i & 2);
    for (size_t m = 1; m <= M; m++) {
        double w[N], most = 0, own = 0;
        if (m > 1) ck_assert_ok(&s.t, run(&s, "steps=7", m - 1, &before));
        ck_assert_ok(&s.t, run(&s, "steps=7", m, &out));
        weights(&s, m > 1 ? &before : NULL, w);
        for (uint32_t i = 0; i < N; i++) {
            double up[N], down[N];
            bool in = false;
            for (size_t k = 0; k < s.warm_n; k++) in |= s.warm[k] == i;
            for (size_t k = 0; k + 1 < m; k++) in |= before.row[k] == i;
            memcpy(up, w, sizeof w);
            memcpy(down, w, sizeof w);
            up[i] += 1e-5, down[i] -= 1e-5;
            const double slope = (outer_loss(&s, up, penalty) - outer_loss(&s, down, penalty)) / 2e-5;
            if (!in) most = fmin(most, slope);
            if (i == out.row[m - 1]) own = in ? 1e300 : slope;
        }
        worst = fmax(worst, (own - most) / fabs(most));
    }
    /* losses of 1e-16 x 100 over steps of 1e-5, slopes of 0.01 and more */
    ck_assert_msg(worst < 1e-6, "a pick falls short by %g", worst);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(loss_is_that_of_the_weights_and_never_rises)
{
    static const char *const steps[] = {"steps=0", "steps=1", "steps=40"};
    proxy_case s;
    sb_selection out;
    double w[N], worst = 0, end[3];
    init(&s, _i & 1, _i & 2);
    for (size_t k = 0; k < 3; k++) {
        weights(&s, NULL, w);
        double last = outer_loss(&s, w, penalty) / N;
        for (size_t m = 1; m <= 12; m++) {
            ck_assert_ok(&s.t, run(&s, steps[k], m, &out));
            weights(&s, &out, w);
            const double loss = out.note[1].value;
            worst = fmax(worst, fabs(loss - outer_loss(&s, w, penalty) / N) / loss);
            ck_assert_msg(loss <= last * (1 + 1e-12), "%s, %zu rows: %g after %g", steps[k], m, loss, last);
            last = loss;
        }
        end[k] = last;
    }
    ck_assert_msg(worst < 1e-11, "%g", worst); /* condition of H below 1e4 */
    ck_assert_msg(end[2] < end[0], "steps gain nothing: %g, %g", end[2], end[0]);
    test_ctx_release(&s.t);
}
END_TEST

/* All rows with free weights: as good as the plain ridge fit. */
START_TEST(all_rows_are_as_good_as_plain_ridge)
{
    proxy_case s;
    sb_selection out;
    double w[N];
    init(&s, _i, false);
    for (size_t i = 0; i < N; i++) w[i] = 1;
    ck_assert_ok(&s.t, proxy_case_run(&s, "bilevel", SET("rounds=1", "steps=0", "l2=0.01"), N, &out));
    const double ridge = outer_loss(&s, w, penalty) / N;
    ck_assert_msg(fabs(out.note[1].value - ridge) < 1e-11 * ridge, "%g, ridge %g", out.note[1].value, ridge);
    ck_assert_fails(&s.t, proxy_case_run(&s, "bilevel", SET("work=100"), 5, &out), SB_SKIP, "multiply-adds");
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bilevel");
    TCase *t = tcase_create("bilevel");
    tcase_add_loop_test(t, picks_have_the_steepest_gradient, 0, 4);
    tcase_add_loop_test(t, loss_is_that_of_the_weights_and_never_rises, 0, 4);
    tcase_add_loop_test(t, all_rows_are_as_good_as_plain_ridge, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
