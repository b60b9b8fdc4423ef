/* Ranking against a full sort by comparison, with many ties, signed zeros, infinities and left-out rows. */
#include "test_main.h"

#include "selbench/rank.h"

typedef struct item {
    double score;
    uint32_t row;
} item;

static int by_score(const void *a, const void *b)
{
    const item *const u = a, *const v = b;
    if (u->score != v->score) return u->score < v->score ? -1 : 1;
    return u->row < v->row ? -1 : u->row > v->row;
}

static double random_score(sb_rng *r, int kind)
{
    switch (kind) {
    case 0: return sb_rng_normal(r);
    case 1: return (double)sb_rng_below(r, 5) - 2; /* ties */
    case 2: return sb_rng_unit(r) < 0.5 ? -0.0 : 0.0;
    case 3: return sb_rng_unit(r) < 0.1 ? (double)INFINITY : sb_rng_unit(r) < 0.1 ? -(double)INFINITY : 0x1p-1074;
    default: return 1 + 0x1p-52 * (double)sb_rng_below(r, 50); /* neighbours in the last bits */
    }
}

START_TEST(equals_a_full_sort)
{
    test_ctx t;
    test_ctx_init(&t, "test/rank");
    sb_rng rng = sb_rng_stream((uint64_t)_i, "rank");
    const size_t n = 1 + sb_rng_below(&rng, 400);
    double *score = SB_NEW(t.cx.arena, n, double);
    unsigned char *skip = SB_NEW(t.cx.arena, n, unsigned char);
    item *all = SB_NEW(t.cx.arena, n, item);
    uint32_t *row = SB_NEW(t.cx.arena, n, uint32_t);
    for (size_t i = 0; i < n; i++) {
        score[i] = random_score(&rng, _i % 5);
        skip[i] = _i % 3 == 0 && sb_rng_unit(&rng) < 0.3;
    }
    for (int largest = 0; largest < 2; largest++) {
        size_t live = 0;
        for (size_t i = 0; i < n; i++)
            if (!skip[i]) all[live++] = (item){largest ? -score[i] : score[i], (uint32_t)i};
        qsort(all, live, sizeof *all, by_score);
        const size_t budgets[] = {0, 1, n / 2, n, n + 3};
        for (size_t b = 0; b < 5; b++) {
            const size_t want = budgets[b] < live ? budgets[b] : live, used = sb_arena_used(t.cx.arena);
            size_t got = 99999, wrong = 0;
            ck_assert_ok(&t, sb_rank(score, n, budgets[b], largest == 1, _i % 3 ? NULL : skip, &t.cx, row, &got));
            ck_assert_uint_eq(got, want);
            for (size_t j = 0; j < got; j++) wrong += row[j] != all[j].row;
            ck_assert_msg(wrong == 0, "seed %d: %zu of %zu picks differ", _i, wrong, got);
            ck_assert_uint_eq(sb_arena_used(t.cx.arena), used);
        }
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(refuses_nan_unless_left_out)
{
    test_ctx t;
    test_ctx_init(&t, "test/rank");
    const double score[] = {3, 1, NAN, 2};
    const unsigned char skip[] = {0, 0, 1, 0};
    uint32_t row[4];
    size_t got = 0;
    ck_assert_fails(&t, sb_rank(score, 4, 2, true, NULL, &t.cx, row, &got), SB_ENUM, "row 2");
    ck_assert_ok(&t, sb_rank(score, 4, 2, true, skip, &t.cx, row, &got));
    ck_assert_uint_eq(row[0], 0);
    ck_assert_uint_eq(row[1], 3);
    test_ctx_release(&t);
}
END_TEST

START_TEST(memory_failures_are_clean)
{
    test_ctx t;
    test_ctx_init(&t, "test/rank");
    const double score[] = {3, 1, 2};
    uint32_t row[3];
    size_t got = 0, failed = 0;
    for (size_t k = 0;; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = sb_rank(score, 3, 2, false, NULL, &t.cx, row, &got);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
        failed++;
    }
    ck_assert_uint_ge(failed, 1);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rank");
    TCase *t = tcase_create("rank");
    tcase_add_loop_test(t, equals_a_full_sort, 0, 60);
    tcase_add_test(t, refuses_nan_unless_left_out);
    tcase_add_test(t, memory_failures_are_clean);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
