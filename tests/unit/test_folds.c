/* Folds: sizes, balance within each stratum, uniformity, independence from the stratum's numbering, bad input. */
#include "selbench/folds.h"
#include "test_main.h"

enum { M_MAX = 700 };

typedef struct counts {
    size_t least, most;
} counts;

static counts fold_sizes(const uint32_t *fold, const int32_t *stratum, int32_t only, size_t m, size_t k)
{
    size_t size[M_MAX] = {0};
    for (size_t i = 0; i < m; i++)
        if (!stratum || only < 0 || stratum[i] == only) size[fold[i]]++;
    counts c = {m, 0};
    for (size_t f = 0; f < k; f++) {
        c.least = size[f] < c.least ? size[f] : c.least;
        c.most = size[f] > c.most ? size[f] : c.most;
    }
    return c;
}

START_TEST(sizes_differ_by_one_overall_and_within_each_stratum)
{
    test_ctx t;
    test_ctx_init(&t, "folds");
    sb_rng rng = sb_rng_stream((uint64_t)_i, "case");
    const size_t m = 2 + sb_rng_below(&rng, M_MAX - 1), k = 2 + sb_rng_below(&rng, m - 1 < 20 ? m - 1 : 20);
    const size_t strata = 1 + sb_rng_below(&rng, 12);
    int32_t stratum[M_MAX] = {0};
    uint32_t fold[M_MAX] = {0};
    for (size_t i = 0; i < m; i++) stratum[i] = (int32_t)(sb_rng_below(&rng, strata) * (_i % 2 ? 1 : 90001));
    ck_assert_ok(&t, sb_folds(m, k, _i % 3 ? stratum : NULL, &rng, &t.cx, fold));
    size_t outside = 0;
    for (size_t i = 0; i < m; i++) outside += fold[i] >= k;
    ck_assert_uint_eq(outside, 0);
    counts c = fold_sizes(fold, NULL, -1, m, k);
    ck_assert_msg(c.most - c.least <= 1, "seed %d: sizes %zu to %zu", _i, c.least, c.most);
    for (size_t i = 0; i < m && _i % 3; i++) {
        c = fold_sizes(fold, stratum, stratum[i], m, k);
        ck_assert_msg(c.most - c.least <= 1, "seed %d: stratum %d has %zu to %zu", _i, stratum[i], c.least, c.most);
    }
    ck_assert_uint_eq(sb_arena_used(t.cx.arena), 0);
    test_ctx_release(&t);
}
END_TEST

START_TEST(same_stream_same_folds_whatever_the_names_of_the_strata)
{
    test_ctx t;
    test_ctx_init(&t, "folds");
    int32_t a[300], b[300];
    uint32_t fa[300], fb[300], fc[300];
    for (int32_t i = 0; i < 300; i++) a[i] = i * i % 7, b[i] = a[i] * 70000 + 5;
    sb_rng ra = sb_rng_stream(3, "x"), rb = sb_rng_stream(3, "x"), rc = sb_rng_stream(4, "x");
    ck_assert_ok(&t, sb_folds(300, 5, a, &ra, &t.cx, fa));
    ck_assert_ok(&t, sb_folds(300, 5, b, &rb, &t.cx, fb));
    ck_assert_ok(&t, sb_folds(300, 5, a, &rc, &t.cx, fc));
    ck_assert_int_eq(memcmp(fa, fb, sizeof fa), 0);
    ck_assert_int_ne(memcmp(fa, fc, sizeof fa), 0);
    test_ctx_release(&t);
}
END_TEST

/* Two rows of one stratum of 6, k = 2: they share a fold with probability (3 choose 2) 2 / (6 choose 2) = 2/5. */
START_TEST(pairs_share_a_fold_as_often_as_they_should)
{
    test_ctx t;
    test_ctx_init(&t, "folds");
    const int32_t stratum[10] = {1, 0, 0, 1, 0, 0, 1, 0, 1, 0};
    const size_t draws = 20000;
    sb_rng rng = sb_rng_stream(1, "pairs");
    size_t together = 0, first = 0;
    for (size_t r = 0; r < draws; r++) {
        uint32_t fold[10];
        if (sb_folds(10, 2, stratum, &rng, &t.cx, fold) != SB_OK) ck_abort_msg("%s", t.err.text);
        together += fold[1] == fold[2];
        first += fold[0] == 0;
    }
    /* five standard deviations of a binomial share */
    const double n = (double)draws, tol = 5 * sqrt(0.25 / n);
    ck_assert_double_le(fabs((double)together / n - 0.4), tol);
    ck_assert_double_le(fabs((double)first / n - 0.5), tol);
    test_ctx_release(&t);
}
END_TEST

START_TEST(bad_input_and_no_memory)
{
    test_ctx t;
    test_ctx_init(&t, "folds");
    int32_t stratum[4] = {0, 1, -2, 1};
    uint32_t fold[4];
    sb_rng rng = sb_rng_stream(1, "bad");
    ck_assert_fails(&t, sb_folds(4, 1, NULL, &rng, &t.cx, fold), SB_EARG, "1 folds of 4 rows");
    ck_assert_fails(&t, sb_folds(4, 5, NULL, &rng, &t.cx, fold), SB_EARG, "5 folds of 4 rows");
    ck_assert_fails(&t, sb_folds(4, 2, stratum, &rng, &t.cx, fold), SB_EARG, "row 2 is -2");
    stratum[2] = 0;
    size_t k = 0;
    for (; k < 10; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = sb_folds(4, 4, stratum, &rng, &t.cx, fold);
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        if (st == SB_OK) break;
        ck_assert_int_eq((int)st, (int)SB_ENOMEM);
    }
    ck_assert_uint_eq(k, 3);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("folds");
    TCase *t = tcase_create("folds");
    tcase_add_loop_test(t, sizes_differ_by_one_overall_and_within_each_stratum, 0, 60);
    tcase_add_test(t, same_stream_same_folds_whatever_the_names_of_the_strata);
    tcase_add_test(t, pairs_share_a_fold_as_often_as_they_should);
    tcase_add_test(t, bad_input_and_no_memory);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
