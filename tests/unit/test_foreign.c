/* The difference of two subsets against counting over all rows. */
#include "foreign.h"
#include "test_main.h"

static test_ctx t;
static void start(void) { test_ctx_init(&t, "foreign"); }
static void stop(void) { test_ctx_release(&t); }

enum { N = 40, C = 3 };

START_TEST(differences_by_counting)
{
    sb_rng r = sb_rng_stream(1, "subsets");
    for (int trial = 0; trial < 60; trial++) {
        uint32_t row[2][N];
        double weight[2][N], share[2][N] = {{0}}, sum[2] = {0, 0}, moved = 0;
        int32_t label[N];
        sb_selection s[2];
        size_t both = 0, any = 0, want[3 * C] = {0}, rows[C] = {0};
        sb_subset_part part[C];
        double held[2][C] = {{0}}, worst = 0;
        for (int i = 0; i < N; i++) label[i] = (int32_t)sb_rng_below(&r, C);
        for (int k = 0; k < 2; k++) {
            s[k] = (sb_selection){
                .m = 1 + sb_rng_below(&r, N), .row = row[k], .weight = (trial + k) % 3 ? weight[k] : NULL};
            for (size_t i = 0; i < s[k].m; i++) {
                row[k][i] = (uint32_t)sb_rng_below(&r, N);
                weight[k][i] = sb_rng_unit(&r);
                const double w = s[k].weight ? weight[k][i] : 1;
                share[k][row[k][i]] += w;
                sum[k] += w;
            }
        }
        for (int i = 0; i < N; i++) {
            bool in[2] = {false, false};
            for (int k = 0; k < 2; k++)
                for (size_t j = 0; j < s[k].m; j++) in[k] |= row[k][j] == (uint32_t)i;
            both += in[0] && in[1];
            any += in[0] || in[1];
            rows[label[i]]++;
            for (int k = 0; k < 2; k++) held[k][label[i]] += share[k][i] / sum[k];
            want[3 * label[i]] += in[0];
            want[3 * label[i] + 1] += in[1];
            want[3 * label[i] + 2] += in[0] && in[1];
            moved += fabs(share[0][i] / sum[0] - share[1][i] / sum[1]) / 2;
        }
        sb_subset_diff d;
        ck_assert_ok(&t, sb_subset_compare(&s[0], &s[1], &t.cx, &d));
        ck_assert(d.common == both && d.any == any && !d.equal);
        ck_assert_msg(fabs(d.moved - moved) < 1e-14 * N, "moved %.17g, by counting %.17g", d.moved, moved);
        ck_assert_ok(&t, sb_subset_parts(&s[0], &s[1], label, N, C, &t.cx, part));
        for (int c = 0; c < C; c++) {
            ck_assert(part[c].rows == rows[c] && part[c].in[0] == want[3 * c] && part[c].in[1] == want[3 * c + 1] &&
                      part[c].both == want[3 * c + 2]);
            for (int k = 0; k < 2; k++) worst = fmax(worst, fabs(part[c].share[k] - held[k][c]));
        }
        ck_assert_msg(worst < 1e-14 * N, "%g", worst);
        ck_assert_ok(&t, sb_subset_compare(&s[0], &s[0], &t.cx, &d));
        ck_assert(d.equal && d.moved == 0 && d.same_place == s[0].m && d.common == d.any);
    }
}
END_TEST

START_TEST(mistakes)
{
    uint32_t row[] = {1, 9};
    const int32_t label[] = {0, 0, 0};
    const sb_selection s = {.m = 2, .row = row};
    sb_subset_part count[3];
    sb_subset_diff d;
    ck_assert_fails(&t, sb_subset_parts(&s, &s, label, 3, 1, &t.cx, count), SB_EDATA, "names row 9");
    for (size_t k = 0; k < 2; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        ck_assert_int_eq(sb_subset_compare(&s, &s, &t.cx, &d), SB_ENOMEM);
    }
    sb_arena_fail_at(t.cx.arena, (size_t)-1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("foreign");
    TCase *c = tcase_create("foreign");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, differences_by_counting);
    tcase_add_test(c, mistakes);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
