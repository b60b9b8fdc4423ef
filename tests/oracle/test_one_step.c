/* What one training step on a candidate does to the loss of reference rows, on the generator `reference`: its size can
 * be learnt from a few probes, one ridge regression per class, and not without the classes (the premise of MATES, Yu et
 * al. 2024). Published nowhere for this generator; the figures are those of an independent simulation of the same
 * recipe: with theta at .3 of their own logistic solution, Spearman .917 +- .013 over 40 seeds per class, -.002 +- .019
 * on the features alone, .549 +- .080 for the first order. */
#include <stdio.h>

#include "registry.h"
#include "test_main.h"

enum { N = 3000, Q = 400, D = 30, W = D + 1, PROBES = 600, SEEDS = 12 };
static const double ETA = .05, SHARE = .3, PENALTY = 1, RIDGE = 1e-2;

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "one-step"); }
static void tear_down(void) { test_ctx_release(&t); }

/* a x = b for a symmetric positive definite w x w matrix by elimination; both are overwritten. */
static void solve(double (*a)[W], double *b, size_t w)
{
    for (size_t k = 0; k < w; k++)
        for (size_t i = k + 1; i < w; i++) {
            const double f = a[i][k] / a[k][k];
            for (size_t j = k; j < w; j++) a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    for (size_t k = w; k-- > 0;) {
        for (size_t j = k + 1; j < w; j++) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

static double inner(const double *a, const float *x)
{
    double sum = 0;
    for (size_t j = 0; j < D; j++) sum += a[j] * (double)x[j];
    return sum;
}

static double sign(const sb_data *p, size_t i) { return p->label[i] ? 1 : -1; }
static double loss_at(double margin) { return margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin; }
static double slope_at(double margin) { return 1 / (1 + exp(margin)); } /* minus the derivative of the loss */

/* Newton on the sum of losses + penalty / 2 |theta|^2. */
static void fit(const sb_data *p, double *theta)
{
    memset(theta, 0, D * sizeof *theta);
    for (int round = 0; round < 30; round++) {
        double h[W][W] = {{0}}, g[W] = {0};
        for (size_t i = 0; i < p->x.n; i++) {
            const float *x = sb_mat_row(p->x, i);
            const double m = sign(p, i) * inner(theta, x), s = slope_at(m);
            for (size_t j = 0; j < D; j++) {
                g[j] += s * sign(p, i) * (double)x[j];
                for (size_t k = 0; k < D; k++) h[j][k] += s * (1 - s) * (double)x[j] * (double)x[k];
            }
        }
        for (size_t j = 0; j < D; j++) {
            h[j][j] += PENALTY;
            g[j] -= PENALTY * theta[j];
        }
        solve(h, g, D);
        for (size_t j = 0; j < D; j++) theta[j] += g[j];
    }
}

/* Change of the mean reference loss after one step on each candidate; *off: the largest gap, over some of them, to the
 * change by the definition, with the step made. first: -eta <g, mean reference gradient>. */
static void steps(const sb_data *p, const sb_data *ref, const double *theta, double *change, double *first, double *off)
{
    static double margin[Q];
    double mean[D] = {0}, before = 0;
    for (size_t r = 0; r < Q; r++) {
        margin[r] = sign(ref, r) * inner(theta, sb_mat_row(ref->x, r));
        before += loss_at(margin[r]) / Q;
        for (size_t j = 0; j < D; j++)
            mean[j] -= slope_at(margin[r]) * sign(ref, r) * (double)sb_mat_row(ref->x, r)[j] / Q;
    }
    *off = 0;
    for (size_t i = 0; i < N; i++) {
        const float *x = sb_mat_row(p->x, i);
        const double a = ETA * sign(p, i) * slope_at(sign(p, i) * inner(theta, x));
        double after = 0, by_step = 0, moved[D], row[D];
        for (size_t j = 0; j < D; j++) {
            moved[j] = theta[j] + a * (double)x[j];
            row[j] = (double)x[j];
        }
        first[i] = a * inner(mean, x);
        for (size_t r = 0; r < Q; r++) {
            const float *z = sb_mat_row(ref->x, r);
            after += loss_at(margin[r] + sign(ref, r) * a * inner(row, z)) / Q;
            if (i % 100 == 0) by_step += loss_at(sign(ref, r) * inner(moved, z)) / Q;
        }
        change[i] = after - before;
        if (i % 100 == 0) *off = fmax(*off, fabs(by_step - after));
    }
}

/* Ridge on [x, 1] from the probes of a class (2: of all), evaluated on the other rows of it. */
static void regress(const sb_data *p, const double *y, int class, double *out)
{
    double g[W][W] = {{0}}, b[W] = {0}, row[W];
    for (size_t i = 0; i < N; i++) {
        if (i == PROBES) {
            for (size_t j = 0; j < W; j++) g[j][j] += RIDGE;
            solve(g, b, W);
        }
        if (class != 2 && p->label[i] != class) continue;
        for (size_t j = 0; j < W; j++) row[j] = j < D ? (double)sb_mat_row(p->x, i)[j] : 1;
        for (size_t j = 0; i < PROBES && j < W; j++) {
            b[j] += row[j] * y[i];
            for (size_t k = 0; k < W; k++) g[j][k] += row[j] * row[k];
        }
        if (i < PROBES) continue;
        out[i] = 0;
        for (size_t j = 0; j < W; j++) out[i] += row[j] * b[j];
    }
}

static const double *sorting;
static int by_value(const void *a, const void *b)
{
    const double x = sorting[*(const size_t *)a], y = sorting[*(const size_t *)b];
    return (x > y) - (x < y);
}

static void ranks(const double *v, size_t n, double *rank)
{
    static size_t order[N];
    for (size_t i = 0; i < n; i++) order[i] = i;
    sorting = v;
    qsort(order, n, sizeof *order, by_value);
    for (size_t i = 0; i < n; i++) rank[order[i]] = (double)i;
}

/* Values are all different: the closed form for ranks without ties. */
static double spearman(const double *a, const double *b, size_t n)
{
    static double ra[N], rb[N];
    double sum = 0;
    ranks(a, n, ra);
    ranks(b, n, rb);
    for (size_t i = 0; i < n; i++) sum += (ra[i] - rb[i]) * (ra[i] - rb[i]);
    return 1 - 6 * sum / ((double)n * ((double)n * (double)n - 1));
}

static void generate(size_t seed, sb_generated *out)
{
    const sb_generator *g = sb_generator_find("reference", NULL);
    char text[24];
    void *options = sb_arena_alloc(t.cx.arena, 1, g->option_size);
    (void)snprintf(text, sizeof text, "%zu", seed);
    sb_param_defaults(g->options, options, &t.cx);
    ck_assert_ok(&t, sb_param_set(g->options, options, "seed", text, &t.cx));
    ck_assert_ok(&t,
                 sb_param_set(g->options, options, "n_test", "400", &t.cx)); /* clean, with labels: the references */
    *out = (sb_generated){0};
    ck_assert_ok(&t, g->make(options, &t.cx, out));
    ck_assert(out->train.x.n == N && out->test.x.n == Q && out->train.x.d == D);
}

START_TEST(the_effect_of_a_step_is_learnt_per_class)
{
    static double change[N], first[N], guess[N];
    double per_class = 0, by_gradient = 0, alone = 0;
    for (size_t seed = 0; seed < SEEDS; seed++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_generated g;
        double theta[D], off;
        generate(seed, &g);
        fit(&g.test, theta);
        for (size_t j = 0; j < D; j++) theta[j] *= SHARE;
        steps(&g.train, &g.test, theta, change, first, &off);
        ck_assert_msg(off <= 1e-12, "seed %zu: a step is %.3g off its definition", seed, off);
        regress(&g.train, change, 2, guess);
        const double x_only = spearman(guess + PROBES, change + PROBES, N - PROBES);
        regress(&g.train, change, 0, guess);
        regress(&g.train, change, 1, guess);
        const double own = spearman(guess + PROBES, change + PROBES, N - PROBES);
        ck_assert_msg(own > .7, "seed %zu: %.3f per class", seed, own);
        ck_assert_msg(x_only < .2, "seed %zu: %.3f without classes", seed, x_only);
        per_class += own / SEEDS;
        alone += x_only / SEEDS;
        by_gradient += spearman(first, change, N) / SEEDS;
        sb_arena_rewind(t.cx.arena, mark);
    }
    /* four standard errors of a mean of 12 beside one of 40, by the standard deviations above */
    ck_assert_msg(fabs(per_class - .917) <= .017, "per class: %.4f", per_class);
    ck_assert_msg(fabs(alone + .002) <= .025, "features alone: %.4f", alone);
    ck_assert_msg(fabs(by_gradient - .549) <= .105, "first order: %.4f", by_gradient);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("one_step");
    TCase *c = tcase_create("one_step");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, the_effect_of_a_step_is_learnt_per_class);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
