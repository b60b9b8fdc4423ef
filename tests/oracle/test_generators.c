/* Generators against their recipes: frequencies and flips by counting, means and spreads by plain sums, copies by
 * distance; no draw moves another. */
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
    return g->make(options, &t.cx, out);
}

static const char *const none[] = {NULL};

static void check_shape(const sb_generated *g, const sb_shape *s)
{
    ck_assert(g->train.x.n == s->n && g->test.x.n == s->n_test && g->train.x.d == s->d && g->train.c == s->c);
}

START_TEST(subgroups_follow_the_power_law)
{
    enum { G = 48, C = 8 };
    sb_generated g;
    sb_shape s;
    ck_assert_ok(&t, make("powerlaw", none, &g, &s));
    check_shape(&g, &s);
    double count[G] = {0}, total = 0, worst = 0;
    size_t wrong = 0;
    for (size_t i = 0; i < s.n; i++) {
        count[g.group[i]]++;
        wrong += g.train.label[i] != g.group[i] % C;
    }
    for (size_t j = 0; j < G; j++) total += pow((double)j + 1, -1.3);
    for (size_t j = 0; j < G; j++) {
        const double p = pow((double)j + 1, -1.3) / total, n = (double)s.n;
        worst = fmax(worst, fabs(count[j] - n * p) / sqrt(n * p * (1 - p)));
    }
    ck_assert_double_le(worst, 4.5); /* standard errors; 48 binomial counts */
    ck_assert_uint_eq(wrong, 0);
    for (size_t i = 0; i < s.n_test; i++) wrong += g.test.label[i] != (int32_t)(i / 200 % C);
    ck_assert_uint_eq(wrong, 0);
    /* rows around the mean of their subgroup: the largest one has a variance of .64 a column */
    double mean[24] = {0}, var = 0;
    for (size_t i = 0; i < s.n; i++)
        for (size_t f = 0; f < 24 && g.group[i] == 0; f++) mean[f] += (double)sb_mat_row(g.train.x, i)[f] / count[0];
    for (size_t i = 0; i < s.n; i++)
        for (size_t f = 0; f < 24 && g.group[i] == 0; f++)
            var += pow((double)sb_mat_row(g.train.x, i)[f] - mean[f], 2) / (count[0] - 1) / 24;
    ck_assert_double_le(fabs(var - .64), 5 * .64 * sqrt(2 / (24 * count[0])));
    double test_mean = 0; /* test rows of subgroup 0 have the same mean */
    for (size_t i = 0; i < 200; i++) test_mean += (double)sb_mat_row(g.test.x, i)[3] / 200;
    ck_assert_double_le(fabs(test_mean - mean[3]), 5 * .8 * sqrt(1 / 200. + 1 / count[0]));
}
END_TEST

START_TEST(flips_change_labels_alone)
{
    sb_generated a, b;
    sb_shape s;
    ck_assert_ok(&t, make("powerlaw", none, &a, &s));
    ck_assert_ok(&t, make("powerlaw", (const char *const[]){"flip", "0.1", NULL}, &b, &s));
    size_t flipped = 0, other[8] = {0};
    for (size_t i = 0; i < s.n; i++) {
        flipped += a.train.label[i] != b.train.label[i];
        other[(b.train.label[i] - a.train.label[i] + 8) % 8]++;
    }
    ck_assert_int_eq(memcmp(a.train.x.data, b.train.x.data, s.n * s.d * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(a.test.label, b.test.label, s.n_test * sizeof(int32_t)), 0);
    ck_assert_double_le(fabs((double)flipped - 1200), 5 * sqrt(12000 * .09));
    for (size_t k = 1; k < 8; k++) ck_assert_double_le(fabs((double)other[k] - 1200. / 7), 5 * sqrt(1200. / 7));
    ck_assert_ok(&t, make("powerlaw", (const char *const[]){"seed", "1", NULL}, &b, &s));
    ck_assert_int_ne(memcmp(a.train.x.data, b.train.x.data, s.n * s.d * sizeof(float)), 0);
}
END_TEST

static double square(sb_mat x, size_t a, size_t b)
{
    double sum = 0;
    for (size_t f = 0; f < x.d; f++) sum += pow((double)sb_mat_row(x, a)[f] - (double)sb_mat_row(x, b)[f], 2);
    return sum;
}

START_TEST(copies_lie_at_their_originals)
{
    sb_generated g;
    sb_shape s;
    ck_assert_ok(&t, make("target_shift", none, &g, &s));
    check_shape(&g, &s);
    ck_assert_uint_eq(g.groups, 32);
    double jitter = 0, clusters[20] = {0};
    size_t ones = 0;
    for (size_t i = 0; i < 7100; i++) clusters[g.group[i]]++;
    for (size_t j = 0; j < 20; j++) ck_assert_double_le(fabs(clusters[j] - 355), 5 * sqrt(355));
    for (size_t i = 7112; i < 8000; i++) {
        const size_t from = 7100 + (i - 7100) % 12;
        ck_assert(g.group[i] == g.group[from] && g.train.label[i] == g.train.label[from]);
        jitter += square(g.train.x, i, from) / (888 * 16);
    }
    ck_assert_double_le(fabs(jitter / 1e-4 - 1), 5 * sqrt(2. / (888 * 16)) + 1e-3); /* and float32 rounding */
    for (size_t i = 0; i < s.n_test; i++) ones += (size_t)g.test.label[i];
    ck_assert(ones > 1500 && ones < 2500); /* a plane through the mean halves a cluster */
}
END_TEST

static size_t nearest(const float *row, double mean[20][16])
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t j = 0; j < 20; j++) {
        double far = 0;
        for (size_t f = 0; f < 16; f++) far += pow((double)row[f] - mean[j][f], 2);
        if (far < least) least = far, best = j;
    }
    return best;
}

/* Test rows are nearer to the mean of a target cluster than to that of any other, mostly; rules differ by cluster. */
START_TEST(test_rows_come_from_the_targets)
{
    sb_generated g;
    sb_shape s;
    ck_assert_ok(&t, make("target_shift", none, &g, &s));
    static double mean[20][16], slope[20][16];
    double count[20] = {0};
    memset(mean, 0, sizeof mean), memset(slope, 0, sizeof slope);
    for (size_t i = 0; i < 7100; i++) count[g.group[i]]++;
    for (size_t i = 0; i < 7100; i++)
        for (size_t f = 0; f < 16; f++) mean[g.group[i]][f] += (double)sb_mat_row(g.train.x, i)[f] / count[g.group[i]];
    for (size_t i = 0; i < 7100; i++) /* the mean difference of both labels points along the rule */
        for (size_t f = 0; f < 16; f++)
            slope[g.group[i]][f] +=
                ((double)sb_mat_row(g.train.x, i)[f] - mean[g.group[i]][f]) * (g.train.label[i] ? 1 : -1);
    size_t from_target = 0, right = 0, originals = 0, side_of = 0;
    for (size_t i = 7100; i < 7112; i++) originals += nearest(sb_mat_row(g.train.x, i), mean) < 2;
    for (size_t i = 0; i < s.n_test; i++) {
        const float *row = sb_mat_row(g.test.x, i);
        double side = 0;
        side_of = nearest(row, mean);
        for (size_t f = 0; f < 16; f++) side += slope[side_of][f] * ((double)row[f] - mean[side_of][f]);
        from_target += side_of < 2;
        right += (side > 0) == (g.test.label[i] == 1);
    }
    ck_assert_uint_ge(originals, 11);
    ck_assert_uint_ge(from_target, 3800);
    ck_assert_uint_ge(right, 3400); /* the slope of 355 rows is near the rule, not on it */
}
END_TEST

START_TEST(bad_options_and_no_memory)
{
    sb_generated g;
    sb_shape s;
    ck_assert_fails(&t, make("powerlaw", (const char *const[]){"c", "99", NULL}, &g, &s), SB_ECONFIG, "below the 99");
    ck_assert_fails(&t, make("target_shift", (const char *const[]){"targets", "21", NULL}, &g, &s), SB_ECONFIG,
                    "above the 20");
    ck_assert_fails(&t, make("target_shift", (const char *const[]){"n", "800", NULL}, &g, &s), SB_ECONFIG, "in 800");
    ck_assert_fails(&t, make("target_shift", (const char *const[]){"originals", "0", NULL}, &g, &s), SB_ECONFIG,
                    "no 'originals'");
    static const char *const name[] = {"powerlaw", "target_shift"};
    for (size_t k = 0; k < 2; k++)
        for (size_t at = 0;; at++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_arena_fail_at(t.cx.arena, at);
            const sb_status st = make(name[k], none, &g, &s);
            sb_arena_fail_at(t.cx.arena, SIZE_MAX);
            sb_arena_rewind(t.cx.arena, mark);
            if (st == SB_OK) break;
            ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", name[k], at, t.err.text);
        }
}
END_TEST

/* The row nearest the mean of cluster j, by plain sums. */
static size_t centre_of(const sb_generated *g, size_t j)
{
    enum { D = 3 };
    double mean[D] = {0}, count = 0, best = HUGE_VAL;
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < g->train.x.n; i++) {
        if ((size_t)g->group[i] != j) continue;
        count++;
        for (size_t f = 0; f < D; f++) mean[f] += (double)sb_mat_row(g->train.x, i)[f];
    }
    for (size_t i = 0; i < g->train.x.n; i++) {
        double v = 0;
        if ((size_t)g->group[i] != j) continue;
        for (size_t f = 0; f < D; f++) v += pow((double)sb_mat_row(g->train.x, i)[f] - mean[f] / count, 2);
        if (v < best) {
            best = v;
            at = i;
        }
    }
    return at;
}

/* |loss - loss(c)| <= lambda v for every row, the bound is nearly met somewhere, and clusters and spread are as asked.
 */
START_TEST(planted_loss_obeys_its_assumption)
{
    sb_generated g, other;
    sb_shape s;
    const char *const options[] = {"seed", "3", "lambda", "0.7", NULL};
    ck_assert_ok(&t, make("clustered_loss", options, &g, &s));
    check_shape(&g, &s);
    ck_assert(s.t == 1 && g.groups == 20);
    double most = 0, over = 0, negative = 0, spread = 0;
    for (size_t j = 0; j < g.groups; j++) {
        const size_t c = centre_of(&g, j);
        ck_assert(c < s.n);
        for (size_t i = 0; i < s.n; i++) {
            if ((size_t)g.group[i] != j) continue;
            double v = 0;
            for (size_t f = 0; f < s.d; f++)
                v += pow((double)sb_mat_row(g.train.x, i)[f] - (double)sb_mat_row(g.train.x, c)[f], 2);
            const double slope = fabs(g.train.y[i] - g.train.y[c]);
            over += slope > 0.7 * v * (1 + 1e-12);
            most = fmax(most, i == c ? 0 : slope / (0.7 * v));
            negative += !(g.train.y[i] >= 0);
            spread += v / (double)(s.n * s.d);
        }
    }
    ck_assert(over == 0 && negative == 0);
    ck_assert_double_gt(most, 0.99);
    ck_assert_double_le(fabs(spread - 0.25), 0.03);             /* .5^2, and the centre row is not quite the mean */
    ck_assert_ok(&t, make("clustered_loss", none, &other, &s)); /* another seed, another draw */
    ck_assert(memcmp(g.train.y, other.train.y, s.n * sizeof *g.train.y) != 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("generators");
    TCase *c = tcase_create("generators");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, subgroups_follow_the_power_law);
    tcase_add_test(c, planted_loss_obeys_its_assumption);
    tcase_add_test(c, flips_change_labels_alone);
    tcase_add_test(c, copies_lie_at_their_originals);
    tcase_add_test(c, test_rows_come_from_the_targets);
    tcase_add_test(c, bad_options_and_no_memory);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
