/* Meetings of lines known in closed form; the table against its own columns. */
#include "synthetic_results.h"
#include "worth.h"

/* Points on two straight lines, cut at random: they meet once, where algebra says. */
START_TEST(lines_meet_once)
{
    sb_rng r = sb_rng_stream((uint64_t)_i, "worth");
    double ax[6], ay[6], bx[6], by[6], x[25], y[25];
    const double slope = 1 + sb_rng_unit(&r), other = -1 - sb_rng_unit(&r), cx = 2 + sb_rng_unit(&r),
                 cy = sb_rng_unit(&r);
    for (size_t i = 0; i < 6; i++) {
        ax[i] = (double)i + 0.9 * sb_rng_unit(&r);
        bx[i] = (double)i + 0.9 * sb_rng_unit(&r);
        ay[i] = cy + slope * (ax[i] - cx);
        by[i] = cy + other * (bx[i] - cx);
    }
    ck_assert_uint_eq(sb_worth_crossings(ax, ay, 6, bx, by, 6, false, false, x, y), 1);
    ck_assert_msg(fabs(x[0] - cx) < 1e-12 && fabs(y[0] - cy) < 1e-12, "seed %d: %g %g", _i, x[0] - cx, y[0] - cy);
    for (size_t i = 0; i < 6; i++) { /* the same picture on logarithmic paper */
        ax[i] = exp(ax[i]);
        bx[i] = exp(bx[i]);
        ay[i] = exp(ay[i]);
        by[i] = exp(by[i]);
    }
    ck_assert_uint_eq(sb_worth_crossings(ax, ay, 6, bx, by, 6, true, true, x, y), 1);
    ck_assert_msg(fabs(log(x[0]) - cx) < 1e-12 && fabs(log(y[0]) - cy) < 1e-12, "seed %d", _i);
}
END_TEST

START_TEST(what_does_not_meet)
{
    const double x[] = {0, 1, 2}, low[] = {0, 0, 0}, high[] = {1, 1, 1}, v[] = {1, 0, 1}, holed[] = {1, NAN, -1};
    double px[4], py[4];
    ck_assert_uint_eq(sb_worth_crossings(x, low, 3, x, high, 3, false, false, px, py), 0);
    ck_assert_uint_eq(sb_worth_crossings(x, low, 3, x, low, 3, false, false, px, py), 0); /* the same line */
    ck_assert_uint_eq(sb_worth_crossings(x, low, 3, x, holed, 3, false, false, px, py), 0);
    ck_assert_uint_eq(sb_worth_crossings(x, low, 3, x, v, 3, false, false, px, py),
                      1); /* a shared corner counts once */
    ck_assert(px[0] == 1 && py[0] == 0);
}
END_TEST

START_TEST(table_adds_up)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 8);
    sb_summary s;
    sb_standing k;
    sb_table table;
    sb_break_evens evens;
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    ck_assert_ok(&t, sb_standing_make(&s, 0, &t.cx, &k));
    ck_assert_ok(&t, sb_break_evens_find(&s, &t.cx, &evens));
    ck_assert_ok(&t, sb_worth_table(&s, &evens, &k, &t.cx, &table));
    /* five methods that are neither reference nor anchor; herding timed out at one budget: it has no break-even there
     */
    ck_assert_uint_eq(table.rows, 5 * SYN_BUDGETS - 1);
    size_t priced = 0, never = 0;
    double worst = 0;
    for (size_t i = 0; i < table.rows; i++) {
        const char *const *cell = &table.cell[i * table.columns];
        const double *value = &table.value[i * table.columns];
        if (strcmp(cell[6], "never") == 0) {
            never++;
            ck_assert(!(value[4] > 0));
        } else if (value[4] > 0 && value[5] > 0) {
            priced++;
            worst = fmax(worst, fabs(value[6] * value[4] / value[5] - 1));
        }
        if (strcmp(cell[0], "kcenter") == 0 && value[3] != 0) ck_assert_str_eq(cell[6], "never");
    }
    ck_assert_uint_gt(priced, 0);
    ck_assert_uint_gt(never, 0);
    ck_assert_msg(worst < 1e-12, "price x rows saved is not the further time: %g", worst);
    size_t failed = 0;
    for (;; failed++) {
        sb_arena_fail_at(t.cx.arena, failed);
        const sb_status st = sb_worth_table(&s, &evens, &k, &t.cx, &table);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
    }
    ck_assert_uint_gt(failed, 50);
    sb_arena_fail_at(t.cx.arena, (size_t)-1);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("worth");
    TCase *t = tcase_create("worth");
    tcase_add_loop_test(t, lines_meet_once, 0, 30);
    tcase_add_test(t, what_does_not_meet);
    tcase_add_test(t, table_adds_up);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
