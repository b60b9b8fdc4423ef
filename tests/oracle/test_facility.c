/* Facility location and CRAIG: against greedy choice and the optimum by brute force on similarities written out by
 * plain loops; lazy against naive; weights against nearest picks. */
#include "selbench/facility.h"
#include "select_case.h"

enum { D = 4 };

/* Rows, or explicit gradients a (x) [x; 1]. */
static double value_at(const select_case *s, size_t i, size_t k, bool gradients)
{
    const size_t width = s->x.d + 1;
    if (!gradients) return case_value(s, i, k);
    const double x = k % width < s->x.d ? case_value(s, i, k % width) : 1;
    return x * s->factor[i * CASE_CLASSES + k / width];
}

static void two(const select_case *s, size_t i, size_t j, bool gradients, double *cosine, double *distance)
{
    const size_t width = gradients ? CASE_CLASSES * (s->x.d + 1) : s->x.d;
    double ij = 0, ii = 0, jj = 0, dd = 0;
    for (size_t k = 0; k < width; k++) {
        const double a = value_at(s, i, k, gradients), b = value_at(s, j, k, gradients);
        ij += a * b;
        ii += a * a;
        jj += b * b;
        dd += (a - b) * (a - b);
    }
    *cosine = ii > 0 && jj > 0 ? ij / sqrt(ii * jj) : 0;
    *distance = sqrt(dd);
}

static double similarity(const select_case *s, size_t i, size_t j, bool gradients)
{
    double cosine = 0, distance = 0;
    two(s, i, j, gradients, &cosine, &distance);
    return 0.5 + 0.5 * cosine;
}

static double worth(const select_case *s, const uint32_t *row, size_t m, bool gradients)
{
    double total = 0;
    for (size_t i = 0; i < s->x.n; i++) {
        double best = 0;
        for (size_t j = 0; j < m; j++) best = fmax(best, similarity(s, i, row[j], gradients));
        total += best;
    }
    return total;
}

/* Each pick is within the rounding of 60 float32 similarities (60 x 6e-8) of the best row. */
START_TEST(every_pick_is_the_best)
{
    static const char *const gradients[] = {"space", "gradients", NULL}, *const naive[] = {"greedy", "naive", NULL};
    const int kinds[] = {KIND_GAUSS, KIND_BLOBS, KIND_LATTICE, KIND_CONSTANT};
    select_case s;
    case_init(&s, kinds[_i % 4], 60, D, _i);
    if (_i % 5 == 3) case_join(&s);
    const bool grads = _i % 3 == 1;
    const sb_selection out = case_run(&s, "facility_location", 8, grads ? gradients : _i % 3 == 2 ? naive : NULL);
    case_expect_distinct(&s, &out);
    uint32_t set[16];
    double worst = 0, last = (double)INFINITY;
    memcpy(set, s.warm, s.warm_n * sizeof *set);
    for (size_t t = 0, m = s.warm_n; t < out.m; t++, m++) {
        const double before = worth(&s, set, m, grads);
        double best = 0;
        for (uint32_t i = 0; i < s.x.n; i++) {
            set[m] = i;
            best = fmax(best, worth(&s, set, m + 1, grads));
        }
        set[m] = out.row[t];
        const double got = worth(&s, set, m + 1, grads);
        worst = fmax(worst, best - got);
        ck_assert_msg(got - before <= last + 1e-5, "gain %g after %g", got - before, last);
        last = got - before;
    }
    ck_assert_msg(worst <= 60 * 6e-8, "a pick is worse than another row by %.3g", worst);
    ck_assert(fabs(out.note[0].value - worth(&s, set, s.warm_n + 8, grads)) <= 60 * 6e-8);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(value_is_within_1_minus_1_over_e)
{
    select_case s;
    case_init(&s, _i % 2 ? KIND_GAUSS : KIND_BLOBS, 12, D, _i);
    const sb_selection out = case_run(&s, "facility_location", 3, NULL);
    double best = 0;
    for (uint32_t a = 0; a < 12; a++)
        for (uint32_t b = 0; b < a; b++)
            for (uint32_t c = 0; c < b; c++) best = fmax(best, worth(&s, (const uint32_t[]){a, b, c}, 3, false));
    const double got = worth(&s, out.row, 3, false);
    ck_assert_msg(got <= best + 1e-6 && got >= (1 - exp(-1)) * best, "value %g, optimum %g", got, best);
    test_ctx_release(&s.t);
}
END_TEST

static sb_facility greedy(select_case *s, sb_greedy kind, sb_similarity similarity_kind, size_t m)
{
    static uint32_t member[CASE_ROWS];
    const sb_facility_options how = {.greedy = kind, .eps = 0.5, .similarity = similarity_kind, .memory_mb = 100};
    const sb_task task = {.x = s->x};
    sb_pairs p;
    sb_facility f;
    for (uint32_t i = 0; i < s->x.n; i++) member[i] = i;
    sb_rng rng = sb_rng_stream(s->t.cx.seed, "stochastic");
    ck_assert_ok(&s->t, sb_pairs_make(&task, SB_SPACE_FEATURES, member, s->x.n, &s->t.cx, &p));
    ck_assert_ok(&s->t, sb_facility_greedy(&p, &how, NULL, m, &rng, &s->t.cx, &f));
    return f;
}

/* Same picks and same gains, bit for bit, with ties (lattice, twins), to the last row; and far fewer gains. */
START_TEST(lazy_is_naive)
{
    select_case s;
    case_init(&s, _i % KINDS, 150, _i % 2 ? 3 : 8, _i);
    const sb_similarity kind = _i % 4 < 2 ? SB_SIMILARITY_COSINE : SB_SIMILARITY_DISTANCE;
    const size_t m = _i % 3 ? 20 : 150;
    const sb_facility lazy = greedy(&s, SB_GREEDY_LAZY, kind, m), naive = greedy(&s, SB_GREEDY_NAIVE, kind, m);
    ck_assert_mem_eq(lazy.pick, naive.pick, m * sizeof *lazy.pick);
    ck_assert_mem_eq(lazy.gain, naive.gain, m * sizeof *lazy.gain);
    ck_assert_mem_eq(lazy.count, naive.count, m * sizeof *lazy.count);
    size_t grows = 0;
    for (size_t t = 1; t < m; t++) grows += lazy.gain[t] > lazy.gain[t - 1];
    ck_assert_uint_eq(grows, 0);
    ck_assert(lazy.gains <= naive.gains);
    const sb_facility loose = greedy(&s, SB_GREEDY_STOCHASTIC, kind, m);
    size_t seen[150] = {0}, bad = 0;
    for (size_t t = 0; t < m; t++) bad += seen[loose.pick[t]]++ > 0;
    ck_assert_uint_eq(bad, 0);
    ck_assert(loose.value <= naive.value * (m == 20 ? 1.2 : 1 + 1e-12));
    test_ctx_release(&s.t);
}
END_TEST

/* Each row counts for a pick of its class at the least distance among the picks; weights sum to the rows that may be
 * chosen; class sizes decide quotas. 2e-7: float32 of the largest distance. */
START_TEST(craig_weights_count_the_represented)
{
    static const char *const deepcore[] = {"variant", "deepcore", NULL}, *const features[] = {"space", "features",
                                                                                              NULL};
    select_case s;
    case_init(&s, _i % 2 ? KIND_GAUSS : KIND_BLOBS, 90, D, _i);
    if (_i % 4 == 3) case_join(&s);
    const bool wrong = _i % 3 == 1, grads = _i % 3 != 2;
    const size_t m = 24;
    const sb_selection out = case_run(&s, "craig", m, wrong ? deepcore : grads ? NULL : features);
    case_expect_distinct(&s, &out);
    double total = 0, count[24] = {0}, off = 0;
    size_t unclear = 0, missed = 0;
    for (size_t i = 0; i < 90; i++) {
        double best = (double)INFINITY, second = (double)INFINITY;
        size_t by = m;
        if (case_is_warm(&s, i)) continue;
        for (size_t t = 0; t < m; t++) {
            double cosine = 0, distance = 0;
            if (s.label[out.row[t]] != s.label[i]) continue;
            two(&s, i, out.row[t], grads, &cosine, &distance);
            if (distance < best) {
                second = best;
                best = distance;
                by = t;
            } else {
                second = fmin(second, distance);
            }
        }
        missed += by == m;
        unclear += second < best * (1 + 1e-4) + 1e-4;
        if (by < m) count[by]++;
    }
    for (size_t t = 0; t < m; t++) {
        total += out.weight[t];
        off += fabs(out.weight[t] - (wrong ? 1 : 0) - count[t]);
    }
    ck_assert(total == (double)(90 - s.warm_n - missed + (wrong ? m : 0)));
    ck_assert_msg(off <= 2.0 * (double)unclear, "weights differ by %g, %zu rows between two picks", off, unclear);
    ck_assert_uint_eq(s.meter.grads, grads ? 90 - s.warm_n - missed : 0);
    test_ctx_release(&s.t);
}
END_TEST

/* cords: every pick is the best by squared distances; craig: so by distances, but for the second pick of a class, which
 * is its lowest row left. By brute force inside each class; float32 of similarities up to the largest distance. */
START_TEST(craig_variants_pick_by_their_rule)
{
    static const char *const cords[] = {"variant", "cords", NULL}, *const craig[] = {"variant", "craig", NULL};
    const size_t n = 60, m = 15;
    const bool squares = _i % 2;
    select_case s;
    case_init(&s, KIND_GAUSS, n, D, _i);
    const sb_selection out = case_run(&s, "craig", m, squares ? cords : craig);
    case_expect_distinct(&s, &out);
    double worst = 0, far[CASE_CLASSES] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double cosine = 0, distance = 0;
            two(&s, i, j, true, &cosine, &distance);
            if (s.label[i] == s.label[j])
                far[s.label[i]] = fmax(far[s.label[i]], squares ? distance * distance : distance);
        }
    for (size_t t = 0; t < m; t++) {
        const int32_t own = s.label[out.row[t]];
        double best = 0, got = 0;
        size_t before = 0;
        uint32_t low = (uint32_t)n;
        for (size_t k = 0; k < t; k++) before += s.label[out.row[k]] == own;
        for (uint32_t j = 0; j < n; j++) {
            double value = 0;
            bool used = s.label[j] != own;
            for (size_t k = 0; k < t; k++) used |= out.row[k] == j;
            if (used) continue;
            if (low == n) low = j;
            for (size_t i = 0; i < n; i++) {
                double most = 0;
                for (size_t k = 0; k <= t && s.label[i] == own; k++) {
                    double cosine = 0, distance = 0;
                    if (s.label[out.row[k]] != own && k < t) continue;
                    two(&s, i, k < t ? out.row[k] : j, true, &cosine, &distance);
                    most = fmax(most, far[own] - (squares ? distance * distance : distance));
                }
                value += most;
            }
            best = fmax(best, value);
            if (j == out.row[t]) got = value;
        }
        if (!squares && before == 1)
            ck_assert_uint_eq(out.row[t], low);
        else
            worst = fmax(worst, (best - got) / far[own]);
    }
    ck_assert_msg(worst < 60 * 6e-8, "a pick is worse than another row by %.3g", worst);
    test_ctx_release(&s.t);
}
END_TEST

/* Weighted facility location: every row that may be chosen is counted once, also with a warm-up that joins. */
START_TEST(facility_weights_count_all_rows)
{
    static const char *const weighted[] = {"weighted", "true", NULL}, *const both[] = {"weighted", "true", "balance",
                                                                                       "true", NULL};
    select_case s;
    case_init(&s, _i % 2 ? KIND_GAUSS : KIND_LATTICE, 70, D, _i);
    if (_i >= 2) case_join(&s);
    const size_t rows = 70 - s.warm_n;
    for (size_t m = 1; m <= rows; m += 16) {
        double total = 0;
        const sb_selection out = case_run(&s, "facility_location", m, weighted);
        for (size_t t = 0; t < m; t++) total += out.weight[t];
        ck_assert(total == (double)rows);
        const sb_selection by_class = case_run(&s, "facility_location", m, both);
        case_expect_distinct(&s, &by_class);
    }
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(too_large_is_refused_with_the_need)
{
    static const char *const none[] = {"memory_mb", "0", NULL};
    select_case s;
    sb_selection out;
    case_init(&s, KIND_GAUSS, 400, D, 1);
    ck_assert_fails(&s.t, case_try(&s, "facility_location", 5, none, &out), SB_SKIP, "memory_mb = 0");
    ck_assert_fails(&s.t, case_try(&s, "craig", 5, none, &out), SB_SKIP, "memory_mb = 0");
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("facility");
    TCase *t = tcase_create("facility");
    tcase_add_loop_test(t, every_pick_is_the_best, 0, 15);
    tcase_add_loop_test(t, value_is_within_1_minus_1_over_e, 0, 20);
    tcase_add_loop_test(t, lazy_is_naive, 0, 36);
    tcase_add_loop_test(t, craig_variants_pick_by_their_rule, 0, 6);
    tcase_add_loop_test(t, craig_weights_count_the_represented, 0, 12);
    tcase_add_loop_test(t, facility_weights_count_all_rows, 0, 4);
    tcase_add_test(t, too_large_is_refused_with_the_need);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
