/* The arena: zeroed and aligned memory, marks, the cap, the peak, and failing on demand. */
#include "test_main.h"

START_TEST(memory_is_zeroed_and_aligned_after_rewind)
{
    sb_arena *a = sb_arena_new(0);
    for (int round = 0; round < 3; round++) {
        const size_t mark = sb_arena_mark(a);
        for (size_t size = 1; size < 5000000; size = size * 3 + 1) {
            unsigned char *p = SB_NEW(a, size, unsigned char);
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((size_t)p % 64, 0);
            unsigned sum = 0;
            for (size_t i = 0; i < size; i++) sum |= p[i];
            ck_assert_uint_eq(sum, 0);
            memset(p, 0xff, size);
        }
        sb_arena_rewind(a, mark);
        ck_assert_uint_eq(sb_arena_used(a), mark);
    }
    sb_arena_free(a);
}
END_TEST

START_TEST(cap_and_overflow_refuse)
{
    sb_arena *a = sb_arena_new(1 << 20);
    ck_assert_ptr_nonnull(SB_NEW(a, 1 << 19, char));
    ck_assert_ptr_null(SB_NEW(a, 1 << 20, char));
    ck_assert_ptr_null(SB_NEW(a, SIZE_MAX / 4, double));
    ck_assert_ptr_nonnull(SB_NEW(a, 1 << 19, char));
    ck_assert_ptr_null(SB_NEW(a, 1, char));
    ck_assert_uint_eq(sb_arena_peak(a), 1 << 20);
    sb_arena_free(a);
}
END_TEST

START_TEST(fails_at_the_kth_allocation_only)
{
    sb_arena *a = sb_arena_new(0);
    sb_arena_fail_at(a, 2);
    ck_assert_ptr_nonnull(SB_NEW(a, 1, char));
    ck_assert_ptr_nonnull(SB_NEW(a, 1, char));
    ck_assert_ptr_null(SB_NEW(a, 1, char));
    ck_assert_ptr_nonnull(SB_NEW(a, 1, char));
    sb_arena_free(a);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("arena");
    TCase *t = tcase_create("arena");
    tcase_add_test(t, memory_is_zeroed_and_aligned_after_rewind);
    tcase_add_test(t, cap_and_overflow_refuse);
    tcase_add_test(t, fails_at_the_kth_allocation_only);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
