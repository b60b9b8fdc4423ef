/* Generators of pairs, facts and references against their recipes: counts, moments and closed forms by plain loops. */
#include "registry.h"
#include "test_main.h"

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "generators"); }
static void tear_down(void) { test_ctx_release(&t); }

static sb_status make(const char *name, const char *const *option, sb_generated *out, sb_shape *shape)
{
    const sb_generator *g = sb_generator_find(name, NULL);
    ck_assert_ptr_nonnull(g);
    void *options = sb_arena_alloc(t.cx.arena, 1, g->option_size);
    if (!options) SB_FAIL(&t.err, SB_ENOMEM, "options");
    sb_param_defaults(g->options, options, &t.cx);
    for (; *option; option += 2) SB_TRY(sb_param_set(g->options, options, option[0], option[1], &t.cx));
    g->shape(options, shape);
    *out = (sb_generated){0};
    return g->make(options, &t.cx, out);
}

static const char *const none[] = {NULL};

static void check_shape(const sb_generated *g, const sb_shape *s)
{
    ck_assert(g->train.x.n == s->n && g->test.x.n == s->n_test && g->train.x.d == s->d && g->train.c == s->c);
    ck_assert(g->train.t == s->t && g->target.n == s->target_n && g->view[0].d == s->view_d);
}

static double dot(const float *a, const float *b, size_t d)
{
    double sum = 0;
    for (size_t j = 0; j < d; j++) sum += (double)a[j] * (double)b[j];
    return sum;
}

/* With rho = m_F . m_G, |F|^2 = .64 + 1 + .81 and so on, the mean cosines are (.64 rho + 1) / 2.45 for good pairs, .64
 * rho / 2.45 for mismatched ones, (.64 rho + .44) / sqrt(2.45 (1.1925 + .88 rho)) for generic ones, up to 1 / d. */
START_TEST(pairs_have_the_planted_similarities)
{
    sb_generated g;
    sb_shape s;
    ck_assert_ok(&t, make("paired_views", none, &g, &s));
    check_shape(&g, &s);
    double count[3] = {0}, mean[3] = {0}, test = 0, off = 0, unequal = 0;
    for (size_t i = 0; i < s.n; i++) {
        const float *f = sb_mat_row(g.train.x, i), *v = sb_mat_row(g.view[0], i);
        count[g.group[i]]++;
        mean[g.group[i]] += dot(f, v, s.d);
        off = fmax(off, fmax(fabs(dot(f, f, s.d) - 1), fabs(dot(v, v, s.d) - 1)));
        for (size_t j = 0; j < s.d; j++) unequal += g.train.y[i * s.d + j] != (double)v[j];
    }
    for (size_t i = 0; i < s.n_test; i++)
        test += dot(sb_mat_row(g.test.x, i), sb_mat_row(g.view[1], i), s.d) / (double)s.n_test;
    ck_assert_double_le(off, 1e-6);
    ck_assert_double_eq(unequal, 0);
    const double share[] = {.55, .3, .15};
    for (size_t k = 0; k < 3; k++) {
        const double n = (double)s.n;
        ck_assert_double_le(fabs(count[k] - share[k] * n), 5 * sqrt(n * share[k] * (1 - share[k])));
        mean[k] /= count[k];
    }
    const double rho = mean[1] * 2.45 / .64;
    ck_assert_double_le(fabs(mean[0] - (.64 * rho + 1) / 2.45), .03);
    ck_assert_double_le(fabs(test - mean[0]), .02);
    ck_assert_double_le(fabs(mean[2] - (.64 * rho + .44) / sqrt(2.45 * (1.1925 + .88 * rho))), .03);
}
END_TEST

START_TEST(facts_occur_as_often_as_they_should)
{
    static const char *const exponents[] = {"0", "1.5"};
    enum { FACTS = 150 };
    sb_generated g;
    sb_shape s;
    ck_assert_ok(&t, make("facts", (const char *const[]){"facts", "150", "exponent", exponents[_i], NULL}, &g, &s));
    check_shape(&g, &s);
    double total = 0, var = 0, values[32] = {0};
    size_t count[FACTS] = {0}, wrong = 0, sorted = 0;
    for (size_t i = 1; i <= FACTS; i++) total += pow((double)i, -strtod(exponents[_i], NULL));
    for (size_t i = 0; i < s.n; i++) {
        const size_t f = (size_t)g.group[i];
        count[f]++;
        wrong += g.train.label[i] != g.test.label[f] ||
                 memcmp(sb_mat_row(g.train.x, i), sb_mat_row(g.test.x, f), s.d * sizeof(float)) != 0;
        sorted += i && g.group[i] >= g.group[i - 1];
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_lt(sorted, s.n * 3 / 4 + 40); /* shuffled */
    for (size_t i = 0; i < FACTS; i++) {
        const double rows = 20 * FACTS * pow((double)(i + 1), -strtod(exponents[_i], NULL)) / total;
        wrong += fabs((double)count[i] - fmax(rows, 1)) > .5000001;
        values[g.test.label[i]]++;
        var += dot(sb_mat_row(g.test.x, i), sb_mat_row(g.test.x, i), s.d) / FACTS;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_double_le(fabs(var - 1), 5 * sqrt(2. / (48 * FACTS)));
    double chi2 = 0;
    for (size_t k = 0; k < 32; k++) chi2 += pow(values[k] - FACTS / 32., 2) / (FACTS / 32.);
    ck_assert_double_le(chi2, 31 + 5 * sqrt(62));
}
END_TEST

/* Where labels follow theta, sum (2 y - 1) x_j / var_j points along theta: so do test and reference rows' laws agree.
 */
START_TEST(references_follow_the_law_of_the_candidates)
{
    enum { D = 30 };
    sb_generated g, clean;
    sb_shape s;
    ck_assert_ok(&t, make("reference", none, &g, &s));
    check_shape(&g, &s);
    ck_assert_ok(&t, make("reference", (const char *const[]){"flip", "0", NULL}, &clean, &s));
    ck_assert_int_eq(memcmp(g.train.x.data, clean.train.x.data, s.n * s.d * sizeof(float)), 0);
    size_t flipped = 0, wrong = 0;
    for (size_t i = 0; i < s.n; i++) {
        flipped += (size_t)g.group[i];
        wrong += (g.train.label[i] != clean.train.label[i]) != (g.group[i] == 1);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_double_le(fabs((double)flipped - .15 * (double)s.n), 5 * sqrt((double)s.n * .15 * .85));
    double a[D] = {0}, b[D] = {0}, ab = 0, aa = 0, bb = 0;
    for (size_t j = 0; j < D; j++) {
        const double sd = (double)(1 + j % 4);
        double vt = 0, vr = 0;
        for (size_t i = 0; i < s.n; i++) {
            const double v = (double)sb_mat_row(clean.train.x, i)[j];
            a[j] += (clean.train.label[i] ? v : -v) / sd;
            vt += v * v / (double)s.n;
        }
        for (size_t i = 0; i < s.n_test; i++)
            b[j] += (double)sb_mat_row(g.test.x, i)[j] * (g.test.label[i] ? 1 : -1) / sd;
        for (size_t i = 0; i < s.target_n; i++) vr += pow((double)sb_mat_row(g.target, i)[j], 2) / (double)s.target_n;
        ck_assert_double_le(fabs(vt / (sd * sd) - 1), 5 * sqrt(2 / (double)s.n));
        ck_assert_double_le(fabs(vr / (sd * sd) - 1), 5 * sqrt(2 / (double)s.target_n));
        ab += a[j] * b[j], aa += a[j] * a[j], bb += b[j] * b[j];
    }
    ck_assert_double_ge(ab / sqrt(aa * bb), .95);
}
END_TEST

/* Queries come from the target clusters: their distance to the nearest test row is that of test rows to one another. */
START_TEST(queries_of_target_shift_are_like_its_test_rows)
{
    sb_generated g, without;
    sb_shape s;
    ck_assert_ok(&t, make("target_shift", none, &g, &s));
    check_shape(&g, &s);
    ck_assert_uint_eq(s.target_n, 60);
    double worst = 0;
    for (size_t i = 0; i < 60; i++) {
        double best = INFINITY;
        for (size_t k = 0; k < s.n_test; k++) {
            double far = 0;
            for (size_t j = 0; j < s.d; j++)
                far += pow((double)sb_mat_row(g.target, i)[j] - (double)sb_mat_row(g.test.x, k)[j], 2);
            best = fmin(best, far);
        }
        worst = fmax(worst, best);
    }
    ck_assert_double_le(worst, 16 * .49 * 2); /* chi squared of 16 columns around the mean; clusters are 46 apart */
    ck_assert_ok(&t, make("target_shift", (const char *const[]){"queries", "0", NULL}, &without, &s));
    ck_assert_ptr_null(without.target.data);
    ck_assert_int_eq(memcmp(g.train.x.data, without.train.x.data, s.n * s.d * sizeof(float)), 0);
}
END_TEST

START_TEST(bad_options_and_no_memory)
{
    static const char *const name[] = {"paired_views", "facts", "reference", "target_shift"};
    sb_generated g;
    sb_shape s;
    ck_assert_fails(&t, make("paired_views", (const char *const[]){"good", "0.8", NULL}, &g, &s), SB_ECONFIG,
                    "together above 1");
    ck_assert_fails(&t, make("facts", (const char *const[]){"c", "1", NULL}, &g, &s), SB_ECONFIG, "'c'");
    for (size_t k = 0; k < 4; k++)
        for (size_t at = 0;; at++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_arena_fail_at(t.cx.arena, at);
            const sb_status st = make(name[k], none, &g, &s);
            sb_arena_fail_at(t.cx.arena, SIZE_MAX);
            sb_arena_rewind(t.cx.arena, mark);
            if (st == SB_OK) break;
            ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", name[k], at, t.err.text);
        }
    sb_generated a, b; /* another seed, other rows */
    ck_assert_ok(&t, make("paired_views", none, &a, &s));
    ck_assert_ok(&t, make("paired_views", (const char *const[]){"seed", "1", NULL}, &b, &s));
    ck_assert_int_ne(memcmp(a.train.x.data, b.train.x.data, s.n * s.d * sizeof(float)), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("generators_more");
    TCase *c = tcase_create("generators_more");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, pairs_have_the_planted_similarities);
    tcase_add_loop_test(c, facts_occur_as_often_as_they_should, 0, 2);
    tcase_add_test(c, references_follow_the_law_of_the_candidates);
    tcase_add_test(c, queries_of_target_shift_are_like_its_test_rows);
    tcase_add_test(c, bad_options_and_no_memory);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
