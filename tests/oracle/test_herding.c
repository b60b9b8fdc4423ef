/* Herding against its definition by plain loops, the rate at which the mean is met, and rows with a planted order. */
#include "selbench/coarse.h"
#include "select_case.h"

enum { D = 5 };

/* |(t + 1) mu - sum of the members picked - x_i|, by definition; mu over the group's rows. */
static double objective(const select_case *s, const unsigned char *in_group, const unsigned char *picked, size_t i)
{
    double total = 0;
    size_t n = 0, t = 0;
    for (size_t k = 0; k < s->x.n; k++) {
        n += in_group[k];
        t += in_group[k] && picked[k];
    }
    for (size_t j = 0; j < s->x.d; j++) {
        double mu = 0, sum = 0;
        for (size_t k = 0; k < s->x.n; k++) {
            if (!in_group[k]) continue;
            mu += case_value(s, k, j) / (double)n;
            if (picked[k]) sum += case_value(s, k, j);
        }
        total += pow((double)(t + 1) * mu - sum - case_value(s, i, j), 2);
    }
    return total;
}

/* Each pick is as good as any row left; 1e-9 of the scale is far above the rounding of 200 terms of size 1e2 squared
 * and far below the gap to a wrong row. */
static void expect_herding(select_case *s, const sb_selection *out, bool farthest, bool by_class)
{
    unsigned char picked[CASE_ROWS] = {0}, in_group[CASE_ROWS];
    double worst = 0;
    for (size_t j = 0; j < s->warm_n; j++) picked[s->warm[j]] = 1;
    for (size_t t = 0; t < out->m; t++) {
        const uint32_t row = out->row[t];
        for (size_t i = 0; i < s->x.n; i++) in_group[i] = !by_class || s->label[i] == s->label[row];
        const double got = objective(s, in_group, picked, row);
        for (size_t i = 0; i < s->x.n; i++) {
            if (!in_group[i] || picked[i]) continue;
            const double other = objective(s, in_group, picked, i);
            worst = fmax(worst, (farthest ? other - got : got - other) / (1 + fabs(got)));
        }
        picked[row] = 1;
    }
    ck_assert_msg(worst <= 1e-9, "a pick is worse than another row by %.3g", worst);
    case_expect_distinct(s, out);
}

static const char *const *variant_of(int i)
{
    static const char *const plain[] = {NULL}, *const deepcore[] = {"variant", "deepcore", NULL},
                             *const balance[] = {"balance", "true", NULL};
    return i % 3 == 0 ? plain : i % 3 == 1 ? deepcore : balance;
}

START_TEST(every_pick_is_the_definition)
{
    const int kinds[] = {KIND_BLOBS, KIND_GAUSS, KIND_CONSTANT, KIND_OUTLIER};
    select_case s;
    case_init(&s, kinds[_i % 4], 60, D, _i);
    if (_i % 2) case_join(&s);
    const sb_selection out = case_run(&s, "herding", 25, variant_of(_i));
    expect_herding(&s, &out, _i % 3 == 1, _i % 3 == 2);
    if (_i % 3 != 2) {
        double error = 0, scale = 0;
        for (size_t j = 0; j < D; j++) {
            double mean = 0, part = 0;
            for (size_t i = 0; i < 60; i++) mean += case_value(&s, i, j) / 60;
            for (size_t t = 0; t < out.m; t++) part += case_value(&s, out.row[t], j);
            for (size_t t = 0; t < s.warm_n; t++) part += case_value(&s, s.warm[t], j);
            error += pow(part / (double)(out.m + s.warm_n) - mean, 2);
            scale = fmax(scale, fabs(mean));
        }
        /* sums of 60 terms, each rounded to 1.1e-16 of values far above the mean of the outlier kind */
        ck_assert_msg(fabs(out.note[0].value - sqrt(error)) < 1e-11 * (1 + scale),
                      "error of the mean %.15g, noted %.15g", sqrt(error), out.note[0].value);
    }
    ck_assert_uint_eq(s.meter.labels, _i % 3 == 2 ? 60 : 0);
    test_ctx_release(&s.t);
}
END_TEST

/* A random choice's error of the mean falls like 1/sqrt(m), by 4 from 8 rows to 128; herding's falls faster. */
START_TEST(mean_is_met_faster_than_at_random)
{
    select_case s;
    case_init(&s, KIND_GAUSS, CASE_ROWS, D, _i);
    const sb_selection out = case_run(&s, "herding", 128, NULL);
    double mean[D] = {0}, sum[D] = {0}, early = 0, late = 0;
    for (size_t i = 0; i < s.x.n; i++)
        for (size_t j = 0; j < D; j++) mean[j] += case_value(&s, i, j) / (double)s.x.n;
    for (size_t t = 0; t < out.m; t++) {
        double error = 0;
        for (size_t j = 0; j < D; j++) {
            sum[j] += case_value(&s, out.row[t], j) - mean[j];
            error += sum[j] * sum[j];
        }
        if (t + 1 == 8) early = sqrt(error) / 8;
        if (t + 1 == 128) late = sqrt(error) / 128;
    }
    ck_assert_msg(late < early / 5, "error %g after 8 rows, %g after 128", early, late);
    test_ctx_release(&s.t);
}
END_TEST

/* One feature, mean 0: the row at 0 first; then of the pairs +-1, +-2 the smaller, lowest row first among equals. */
START_TEST(planted_order_and_ties)
{
    const float v[] = {2, -2, 1, -1, 0};
    const uint32_t want[] = {4, 2, 3, 0, 1}, far[] = {0};
    select_case s;
    case_init(&s, KIND_GAUSS, 5, 1, 1);
    s.x = (sb_mat){v, 5, 1, 1};
    const sb_selection out = case_run(&s, "herding", 5, NULL);
    ck_assert_mem_eq(out.row, want, sizeof want);
    const sb_selection worst = case_run(&s, "herding", 1, variant_of(1));
    ck_assert_mem_eq(worst.row, far, sizeof far);
    test_ctx_release(&s.t);
}
END_TEST

/* A far mean costs no precision: on a lattice, whose sums are exact, shifted data give the same picks. */
START_TEST(shift_changes_nothing)
{
    select_case s;
    uint32_t before[40];
    case_init(&s, KIND_LATTICE, 64, 3, _i);
    const sb_selection out = case_run(&s, "herding", 40, NULL);
    memcpy(before, out.row, sizeof before);
    float *moved = SB_NEW(s.t.cx.arena, 64 * 3, float);
    for (size_t i = 0; i < 64; i++)
        for (size_t j = 0; j < 3; j++) moved[i * 3 + j] = s.x.data[i * s.x.ld + j] + 4096.0f;
    s.x = (sb_mat){moved, 64, 3, 3};
    const sb_selection again = case_run(&s, "herding", 40, NULL);
    ck_assert_mem_eq(again.row, before, sizeof before);
    test_ctx_release(&s.t);
}
END_TEST

/* The bounds hold for every kind of data, and leave the picks as they are. */
START_TEST(bounds_change_nothing)
{
    static const char *const plain[] = {"bounds", "false", NULL};
    const char *far[] = {"variant", "deepcore", "bounds", "true", NULL},
               *far_plain[] = {"variant", "deepcore", "bounds", "false", NULL};
    select_case s;
    uint32_t want[120];
    case_init(&s, _i % KINDS, 300, _i % 2 ? 3 : 40, _i);
    const bool deepcore = _i >= 2 * KINDS;
    sb_selection out = case_run(&s, "herding", 120, deepcore ? far_plain : plain);
    memcpy(want, out.row, sizeof want);
    out = case_run(&s, "herding", 120, deepcore ? far : NULL);
    ck_assert_mem_eq(out.row, want, sizeof want);
    sb_coarse c;
    uint32_t row[300];
    double v[40], about[300], slack[300];
    size_t bad = 0;
    sb_rng r = sb_rng_stream((uint64_t)_i, "vector");
    for (uint32_t i = 0; i < 300; i++) row[i] = 299 - i;
    for (size_t j = 0; j < s.x.d; j++) v[j] = sb_rng_normal(&r) * (j % 3 ? 1 : 1e-3);
    ck_assert_ok(&s.t, sb_coarse_init(&c, s.x, row, 300, &s.t.cx));
    sb_coarse_products(&c, v, about, slack);
    for (size_t i = 0; i < 300; i++) {
        double sum = 0;
        for (size_t j = 0; j < s.x.d; j++) sum += v[j] * case_value(&s, row[i], j);
        bad += !(fabs(sum - about[i]) <= slack[i]);
    }
    ck_assert_uint_eq(bad, 0);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("herding");
    TCase *t = tcase_create("herding");
    tcase_add_loop_test(t, every_pick_is_the_definition, 0, 24);
    tcase_add_loop_test(t, mean_is_met_faster_than_at_random, 0, 5);
    tcase_add_test(t, planted_order_and_ties);
    tcase_add_loop_test(t, shift_changes_nothing, 0, 4);
    tcase_add_loop_test(t, bounds_change_nothing, 0, 4 * KINDS);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
