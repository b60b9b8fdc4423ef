/* Farthest-first traversal and coverage against plain loops, and against the optimum on tiny sets. */
#include "cluster_data.h"
#include "selbench/far.h"
#include "selbench/la.h"

/* Definition: repeatedly the row farthest from everything picked. Distances by the library's own measure, so that ties
 * are the same ties; test_la holds that measure against plain loops. */
static void plain_far(sb_mat x, const uint32_t *seed, size_t seeds, uint32_t first, size_t m, uint32_t *row,
                      double *radius)
{
    for (size_t t = 0; t <= m; t++) {
        double best = -1;
        uint32_t pick = 0;
        for (uint32_t i = 0; i < x.n; i++) {
            double near = HUGE_VAL;
            bool taken = false;
            for (size_t s = 0; s < seeds + t; s++) {
                const uint32_t p = s < seeds ? seed[s] : row[s - seeds];
                taken = taken || p == i;
                near = fmin(near, sb_sqdist_f32(sb_mat_row(x, i), sb_mat_row(x, p), x.d));
            }
            if (!taken && near > best) {
                best = near;
                pick = i;
            }
        }
        if (t) radius[t - 1] = sqrt(fmax(best, 0));
        if (t < m) row[t] = t + seeds ? pick : first;
    }
}

START_TEST(picks_by_definition)
{
    test_ctx t;
    test_ctx_init(&t, "far");
    const size_t dims[] = {1, 2, 10, 49, 64, 130}, n = 30 + (size_t)_i, d = dims[(size_t)_i % 6];
    const size_t seeds = (size_t)_i % 4 == 3 ? 5 + (size_t)_i % 9 : 0, ms[] = {1, 9, n / 2, n - seeds},
                 m = ms[(size_t)_i % 4];
    const sb_mat x = cluster_data(&t.cx, _i % KINDS, n, d, _i);
    uint32_t seed[16], *row[3];
    double *radius[3], last = HUGE_VAL;
    for (size_t s = 0; s < seeds; s++) seed[s] = (uint32_t)(s * 2);
    for (size_t v = 0; v < 3; v++) {
        row[v] = SB_NEW(t.cx.arena, m, uint32_t);
        radius[v] = SB_NEW(t.cx.arena, m, double);
    }
    plain_far(x, seed, seeds, (uint32_t)_i % 7, m, row[0], radius[0]);
    ck_assert_ok(&t, sb_far(x, seed, seeds, (uint32_t)_i % 7, m, true, &t.cx, row[1], radius[1]));
    ck_assert_ok(&t, sb_far(x, seed, seeds, (uint32_t)_i % 7, m, false, &t.cx, row[2], radius[2]));
    for (size_t v = 1; v < 3; v++) {
        ck_assert_msg(memcmp(row[0], row[v], m * sizeof *row[0]) == 0, "seed %d: picks of form %zu", _i, v);
        ck_assert_msg(memcmp(radius[0], radius[v], m * sizeof *radius[0]) == 0, "seed %d: radii of form %zu", _i, v);
    }
    for (size_t p = 0; p < m; p++) {
        ck_assert_msg(radius[1][p] <= last, "seed %d: radius grows at %zu", _i, p);
        last = radius[1][p];
    }
    test_ctx_release(&t);
}
END_TEST

/* Gonzalez 1985: at most twice the radius of the best m centres, found here by trying all subsets. */
START_TEST(within_twice_the_optimum)
{
    test_ctx t;
    test_ctx_init(&t, "far");
    const size_t n = 7 + (size_t)_i % 6, m = 1 + (size_t)_i % 4;
    const sb_mat x = cluster_data(&t.cx, _i % 2 ? KIND_GAUSS : KIND_LATTICE, n, 2, _i);
    double best = HUGE_VAL, radius[4];
    uint32_t row[4];
    for (unsigned set = 1; set < 1u << n; set++) {
        if ((size_t)__builtin_popcount(set) != m) continue;
        double worst = 0;
        for (size_t i = 0; i < n; i++) {
            double near = HUGE_VAL;
            for (size_t p = 0; p < n; p++)
                if (set >> p & 1) near = fmin(near, plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, p), 2));
            worst = fmax(worst, near);
        }
        best = fmin(best, sqrt(worst));
    }
    ck_assert_ok(&t, sb_far(x, NULL, 0, 0, m, false, &t.cx, row, radius));
    ck_assert_msg(radius[m - 1] <= 2 * best * (1 + 1e-12), "seed %d: %g against the optimum %g", _i, radius[m - 1],
                  best);
    ck_assert(radius[m - 1] >= best * (1 - 1e-12));
    test_ctx_release(&t);
}
END_TEST

START_TEST(equal_rows_are_filled_by_ascending_row)
{
    test_ctx t;
    test_ctx_init(&t, "far");
    float *x = SB_NEW(t.cx.arena, 60 * 50, float);
    uint32_t row[60];
    double radius[60];
    for (int two = 0; two < 2; two++) { /* all equal; then row 40 apart */
        if (two) x[40 * 50 + 3] = 1;
        ck_assert_ok(&t, sb_far((sb_mat){x, 60, 50, 50}, NULL, 0, 5, 60, two, &t.cx, row, radius));
        uint32_t next = 0;
        ck_assert_uint_eq(row[0], 5);
        if (two) ck_assert_uint_eq(row[1], 40);
        for (size_t i = two ? 2 : 1; i < 60; i++) {
            while (next == 5 || (two && next == 40)) next++;
            ck_assert_uint_eq(row[i], next++);
            ck_assert(radius[i] == 0);
        }
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(coverage_by_definition)
{
    test_ctx t;
    test_ctx_init(&t, "cover");
    const size_t n = 150 + (size_t)_i, dims[] = {1, 20, 60, 130}, d = dims[(size_t)_i % 4],
                 m = _i % 3 ? 90 : 1 + (size_t)_i % 40;
    const sb_mat x = cluster_data(&t.cx, _i % KINDS, n, d, _i);
    const bool some = _i % 2;
    const size_t q = some ? 35 : n;
    uint32_t of[35], s[90];
    for (size_t i = 0; i < 35; i++) of[i] = (uint32_t)(i * 3);
    for (size_t i = 0; i < m; i++) s[i] = (uint32_t)((i * 7 + 1) % n);
    double most = 0, sum = 0, got_max, got_mean, count[90], want[90] = {0}, moved = 0;
    for (size_t i = 0; i < q; i++) {
        double near = HUGE_VAL;
        size_t by = 0;
        for (size_t p = 0; p < m; p++) {
            const double far = plain_sqdist(sb_mat_row(x, some ? of[i] : i), sb_mat_row(x, s[p]), d);
            if (far < near) by = p;
            near = fmin(near, far);
        }
        most = fmax(most, near);
        sum += near;
        want[by]++;
    }
    ck_assert_ok(&t, sb_cover_count(x, some ? of : NULL, q, s, m, &t.cx, count));
    for (size_t p = 0; p < m; p++) moved += fabs(count[p] - want[p]);
    ck_assert_msg(moved == 0, "seed %d: %g of %zu rows counted elsewhere", _i, moved / 2, q);
    ck_assert_ok(&t, sb_cover(x, some ? of : NULL, q, s, m, &t.cx, &got_max, &got_mean));
    const double tol = 2 * (double)(d + n) * 2.3e-16; /* sums of d squares, then of n distances, in another order */
    ck_assert_msg(fabs(got_max - most) <= tol * most, "seed %d: %.17g against %.17g", _i, got_max, most);
    ck_assert_msg(fabs(got_mean - sum / (double)q) <= tol * got_mean, "seed %d: %.17g against %.17g", _i, got_mean,
                  sum / (double)q);
    ck_assert_ok(&t, sb_cover(x, s, m, s, m, &t.cx, &got_max, &got_mean));
    ck_assert_msg(got_max == 0 && got_mean == 0, "seed %d: selected rows at %g", _i, got_max);
    test_ctx_release(&t);
}
END_TEST

START_TEST(bad_arguments_and_memory)
{
    test_ctx t;
    test_ctx_init(&t, "far");
    const sb_mat x = cluster_data(&t.cx, KIND_BLOBS, 100, 60, 3);
    uint32_t row[100] = {0, 100};
    double radius[100], a, b;
    ck_assert_fails(&t, sb_far(x, NULL, 0, 0, 101, false, &t.cx, row, radius), SB_EARG, "101 picks");
    ck_assert_fails(&t, sb_far(x, row, 1, 0, 100, false, &t.cx, row, radius), SB_EARG, "100 picks beside 1 seeds");
    ck_assert_fails(&t, sb_far(x, NULL, 0, 100, 1, false, &t.cx, row, radius), SB_EARG, "first row is 100");
    ck_assert_fails(&t, sb_far(x, row, 2, 0, 1, false, &t.cx, row, radius), SB_EARG, "seed row is 100");
    ck_assert_fails(&t, sb_cover(x, NULL, 100, row, 0, &t.cx, &a, &b), SB_EARG, "by 0 rows");
    ck_assert_fails(&t, sb_cover(x, NULL, 99, row, 1, &t.cx, &a, &b), SB_EARG, "99 of 100");
    ck_assert_fails(&t, sb_cover(x, row, 2, row, 1, &t.cx, &a, &b), SB_EARG, "covered row is 100");
    ck_assert_fails(&t, sb_cover(x, row, 1, row, 2, &t.cx, &a, &b), SB_EARG, "covering row is 100");
    ck_assert_fails(&t, sb_cover_count(x, NULL, 99, row, 1, &t.cx, radius), SB_EARG, "99 of 100");
    const size_t used = sb_arena_used(t.cx.arena);
    for (int call = 0; call < 4; call++) {
        size_t failures = 0;
        for (size_t k = 0;; k++, failures++) {
            sb_arena_fail_at(t.cx.arena, k);
            for (uint32_t i = 0; i < 70; i++) row[i] = i;
            const sb_status st = call == 0   ? sb_far(x, NULL, 0, 0, 9, false, &t.cx, row, radius)
                                 : call == 1 ? sb_cover(x, NULL, 100, row, 70, &t.cx, &a, &b)
                                 : call == 2 ? sb_cover(x, row, 30, row, 40, &t.cx, &a, &b)
                                             : sb_cover_count(x, row, 30, row, 40, &t.cx, radius);
            if (st == SB_OK) break;
            ck_assert_int_eq(st, SB_ENOMEM);
            sb_arena_rewind(t.cx.arena, used);
        }
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        ck_assert_uint_ge(failures, 5);
        ck_assert_uint_eq(sb_arena_used(t.cx.arena), used); /* scratch is given back */
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("far");
    TCase *t = tcase_create("far");
    tcase_add_loop_test(t, picks_by_definition, 0, 64);
    tcase_add_loop_test(t, within_twice_the_optimum, 0, 24);
    tcase_add_test(t, equal_rows_are_filled_by_ascending_row);
    tcase_add_loop_test(t, coverage_by_definition, 0, 48);
    tcase_add_test(t, bad_arguments_and_memory);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
