/* What a worker keeps over repeats: copies, the limit of memory, and forgetting when the data are opened anew. */
#include <string.h>

#include "keep.h"
#include "test_main.h"

enum { N = 50, M = 3, VALUES = 4 };

static const double value[VALUES] = {1, 2, 3, 4}, other[VALUES] = {5, 6, 7, 8};

static sb_keeper keeper(size_t most)
{
    sb_keeper k = {.arena = sb_arena_new(1 << 20), .most = most};
    sb_err err = {0};
    ck_assert_int_eq(sb_keep_open(&k, 1, 2, 2, 2, &err), SB_OK);
    return k;
}

START_TEST(copies_outlive_what_they_were_made_of)
{
    sb_keeper k = keeper(1 << 20);
    sb_kept_cell *c = &k.kept[1].cell[0];
    uint32_t row[M] = {4, 7, 1};
    double weight[M] = {1, 2, 3}, prob[N] = {[7] = 0.5};
    char subset[65] = "abc";
    const sb_selection s = {.m = M, .row = row, .weight = weight, .prob = prob};
    sb_keep_eval(&k, c, 0, value, VALUES); /* nothing was chosen yet */
    ck_assert(!c->chosen && !c->eval[0]);
    sb_keep_choice(&k, c, &s, N, subset, value, VALUES);
    sb_keep_eval(&k, c, 1, other, VALUES);
    memset(row, 0, sizeof row);
    memset(weight, 0, sizeof weight);
    memset(prob, 0, sizeof prob);
    memset(subset, 0, sizeof subset);
    ck_assert(c->chosen && c->sel.m == M && c->sel.row[1] == 7 && c->sel.weight[2] == 3 && c->sel.prob[7] == 0.5);
    ck_assert_str_eq(c->subset, "abc");
    ck_assert(memcmp(c->value, value, sizeof value) == 0 && memcmp(c->eval[1], other, sizeof other) == 0);
    ck_assert(!c->eval[0] && !k.kept[0].cell[0].chosen && !k.kept[1].cell[1].chosen);
    sb_arena_free(k.arena);
}
END_TEST

START_TEST(nothing_is_kept_beyond_the_limit)
{
    sb_keeper k = keeper(1);
    uint32_t row[M] = {0, 1, 2};
    const sb_selection s = {.m = M, .row = row};
    const size_t used = sb_arena_used(k.arena);
    sb_keep_choice(&k, &k.kept[0].cell[0], &s, N, (char[65]){"abc"}, value, VALUES);
    ck_assert(!k.kept[0].cell[0].chosen);
    ck_assert_uint_eq(sb_arena_used(k.arena), used);
    sb_arena_free(k.arena);
}
END_TEST

START_TEST(short_memory_keeps_nothing_and_breaks_nothing)
{
    char subset[65] = "abc";
    uint32_t row[M] = {0, 1, 2};
    double weight[M] = {1, 1, 1};
    const sb_selection s = {.m = M, .row = row, .weight = weight};
    sb_keeper k = keeper(1 << 20);
    for (size_t fail = 0; fail < 3; fail++) {
        sb_arena_fail_at(k.arena, fail);
        sb_keep_choice(&k, &k.kept[0].cell[0], &s, N, subset, value, VALUES);
        sb_arena_fail_at(k.arena, SIZE_MAX);
        ck_assert(!k.kept[0].cell[0].chosen && k.kept[0].cell[0].eval);
    }
    sb_err err = {0};
    sb_status st = SB_ENOMEM;
    size_t fail = 0;
    for (; st != SB_OK && fail < 100; fail++) {
        sb_arena_fail_at(k.arena, fail);
        st = sb_keep_open(&k, 2 + fail, 2, 2, 2, &err);
        sb_arena_fail_at(k.arena, SIZE_MAX);
        ck_assert(st == SB_OK || (st == SB_ENOMEM && !k.kept));
    }
    ck_assert_uint_gt(fail, 6);
    sb_arena_free(k.arena);
}
END_TEST

START_TEST(another_opening_forgets)
{
    char subset[65] = "abc";
    uint32_t row[M] = {0, 1, 2};
    const sb_selection s = {.m = M, .row = row};
    sb_err err = {0};
    sb_keeper k = keeper(1 << 20);
    sb_keep_choice(&k, &k.kept[0].cell[0], &s, N, subset, value, VALUES);
    ck_assert_int_eq(sb_keep_open(&k, 1, 2, 2, 2, &err), SB_OK);
    ck_assert(k.kept[0].cell[0].chosen);
    ck_assert_int_eq(sb_keep_open(&k, 2, 5, 1, 1, &err), SB_OK);
    ck_assert(!k.kept[0].cell[0].chosen && !k.kept[4].prepared && !k.kept[4].steady);
    sb_arena_free(k.arena);
}
END_TEST

/* A stream that is asked for is noticed, through copies of the context too. */
START_TEST(asking_for_a_stream_is_noticed)
{
    bool drawn = false;
    sb_err err = {0};
    const sb_ctx cx = {.arena = sb_arena_new(0), .err = &err, .seed = 1, .path = "a", .drawn = &drawn};
    sb_ctx sub = cx;
    sub.path = "a/b";
    ck_assert(!drawn);
    (void)sb_ctx_stream(&sub, "draw");
    ck_assert(drawn);
    sb_arena_free(cx.arena);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("keep");
    TCase *t = tcase_create("keep");
    tcase_add_test(t, copies_outlive_what_they_were_made_of);
    tcase_add_test(t, nothing_is_kept_beyond_the_limit);
    tcase_add_test(t, short_memory_keeps_nothing_and_breaks_nothing);
    tcase_add_test(t, another_opening_forgets);
    tcase_add_test(t, asking_for_a_stream_is_noticed);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
