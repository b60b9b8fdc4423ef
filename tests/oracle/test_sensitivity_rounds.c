/* `sensitivity` in rounds: its scores from the rows that were really asked, the law of a round's draws, what more
 * rounds bring, and that nothing is left to chance once every row has been asked. */
#include "sensitivity_case.h"

static double plain_square(const scene *s, size_t i, size_t j)
{
    double square = 0;
    for (size_t c = 0; c < CASE_D; c++) square += pow((double)s->x[i * CASE_D + c] - (double)s->x[j * CASE_D + c], 2);
    return square;
}

/* Every row's nearest asked row by plain loops; v = distance^z; an asked row is its own. */
static void expect_nearest(const scene *s, const sb_selection *out, double z)
{
    double q[500], phi = 0, known = 0;
    uint32_t at[500];
    for (size_t i = 0; i < s->n; i++) {
        at[i] = s->asked[0];
        for (size_t a = 1; a < s->asks; a++)
            if (plain_square(s, i, s->asked[a]) < plain_square(s, i, at[i])) at[i] = s->asked[a];
        for (size_t a = 0; a < s->asks; a++) at[i] = s->asked[a] == i ? (uint32_t)i : at[i];
        phi += pow(plain_square(s, i, at[i]), z / 2);
        known += s->loss[at[i]];
    }
    for (size_t i = 0; i < s->n; i++) q[i] = s->loss[at[i]] + known / phi * pow(plain_square(s, i, at[i]), z / 2);
    scene_expect_scores(s, out, q, 0.1, true);
}

START_TEST(scores_use_the_nearest_row_asked)
{
    static const char *const zs[] = {"2", "1"}, *const rounds[] = {"2", "5"};
    scene s;
    sb_selection out;
    scene_points(&s, 500, 20, (uint64_t)_i + 30);
    scene_set(&s, "z", zs[_i % 2]);
    scene_ready(&s, strtod(zs[_i % 2], NULL));
    scene_set(&s, "rounds", rounds[_i / 2]);
    scene_prepare(&s);
    ck_assert_ok(&s.t, scene_select(&s, 50, 9, &out));
    size_t wrong = 0;
    for (size_t a = 0; a < s.asks; a++) {
        for (size_t b = 0; b < a; b++) wrong += s.asked[a] == s.asked[b];
        wrong += a < 20 && s.asked[a] != s.r.centre[a]; /* the first round is that of the method without rounds */
    }
    ck_assert_msg(wrong == 0 && s.asks == (_i < 2 ? 40 : 100), "%zu wrong queries of %zu", wrong, s.asks);
    expect_nearest(&s, &out, strtod(zs[_i % 2], NULL));
    test_ctx_release(&s.t);
}
END_TEST

/* One centre and one further one: row i with probability v_i / sum v, by chi-square over cells of equal mass. */
START_TEST(a_round_draws_by_distance)
{
    enum { N = 40, DRAWS = 4000 };
    scene s;
    sb_selection out;
    size_t count[N] = {0};
    double sum = 0, chi = 0, cells = -1;
    scene_points(&s, N, 1, 5);
    scene_set(&s, "rounds", "2");
    scene_ready(&s, 2);
    for (size_t i = 0; i < N; i++) sum += s.r.v[i];
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        s.t.cx.seed = seed;
        scene_prepare(&s);
        ck_assert_ok(&s.t, scene_select(&s, 5, 1, &out));
        ck_assert(s.asks == 2 && s.asked[0] == s.r.centre[0]);
        count[s.asked[1]]++;
        sb_arena_rewind(s.t.cx.arena, mark);
    }
    ck_assert_uint_eq(count[s.r.centre[0]], 0);
    for (size_t i = 0; i < N; i++) {
        const double want = DRAWS * s.r.v[i] / sum;
        if (want < 5) continue; /* too rare for the chi-square law */
        chi += ((double)count[i] - want) * ((double)count[i] - want) / want;
        cells++;
    }
    ck_assert_msg(cells > 20 && fabs(chi - cells) < 4.5 * sqrt(2 * cells), "chi-square %g of %g cells", chi, cells);
    test_ctx_release(&s.t);
}
END_TEST

/* rounds x k = n: every loss is known, each draw gives the total; also with copies, whose losses differ. */
START_TEST(all_rows_asked_is_exact)
{
    scene s;
    sb_selection out;
    double worst = 0;
    scene_points(&s, 120, 8, (uint64_t)_i + 7);
    for (size_t i = 0; _i && i < 30; i++) memcpy(s.x + (i + 40) * CASE_D, s.x + i * CASE_D, CASE_D * sizeof *s.x);
    scene_set(&s, "floor", "0");
    scene_ready(&s, 2);
    s.total = 0;
    for (size_t i = 0; i < s.n; i++) s.total += s.loss[i] = 1 + (double)(i % 7);
    scene_set(&s, "rounds", "15");
    scene_prepare(&s);
    for (uint64_t seed = 0; seed < 20; seed++) {
        double sum = 0;
        ck_assert_ok(&s.t, scene_select(&s, 11, seed, &out));
        for (size_t j = 0; j < out.m; j++) sum += out.weight[j] * s.loss[out.row[j]];
        worst = fmax(worst, fabs(sum / s.total - 1));
    }
    ck_assert_uint_eq(s.meter.losses, 120);
    ck_assert_msg(worst <= 1e-13, "estimates off by %.3g", worst);
    test_ctx_release(&s.t);
}
END_TEST

/* A smooth loss, which near rows tell: the exact standard deviation, averaged over 30 instances, falls with the rounds. */
START_TEST(more_rounds_know_more)
{
    static const char *const rounds[] = {"1", "3", "9"};
    double sd[3] = {0};
    for (uint64_t instance = 0; instance < 30; instance++) {
        scene s;
        sb_selection out;
        scene_points(&s, 400, 20, 100 + instance);
        scene_set(&s, "lambda_rule", "fixed");
        scene_set(&s, "lambda", "0.1");
        scene_ready(&s, 2);
        s.total = 0;
        for (size_t i = 0; i < s.n; i++)
            s.total += s.loss[i] = 1.2 + sin((double)s.x[i * CASE_D]) + 0.1 * (double)fabsf(s.x[i * CASE_D + 1]);
        for (size_t k = 0; k < 3; k++) {
            double square = -s.total * s.total;
            scene_set(&s, "rounds", rounds[k]);
            scene_prepare(&s);
            ck_assert_ok(&s.t, scene_select(&s, 50, 1, &out));
            for (size_t i = 0; i < s.n; i++) square += s.loss[i] * s.loss[i] / out.prob[i];
            sd[k] += sqrt(fmax(0, square)) / s.total / 30;
        }
        test_ctx_release(&s.t);
    }
    ck_assert_msg(sd[0] > 1.1 * sd[1] && sd[1] > 1.1 * sd[2], "relative sd %.3g, %.3g, %.3g", sd[0], sd[1], sd[2]);
}
END_TEST

START_TEST(memory_failures_are_clean)
{
    scene s;
    scene_points(&s, 100, 5, 3);
    scene_ready(&s, 2);
    const sb_mat x = {.data = s.x, .n = s.n, .d = CASE_D, .ld = CASE_D};
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (size_t k = 0;; k++) {
        sb_rounding r = s.r;
        sb_arena_fail_at(s.t.cx.arena, k);
        const sb_status st = sb_rounding_more(x, 3, 2, &s.t.cx, &r);
        sb_arena_fail_at(s.t.cx.arena, (size_t)-1);
        sb_arena_rewind(s.t.cx.arena, mark);
        if (st == SB_OK) {
            ck_assert(k >= 6 && r.centres == 20 && r.km.k == 20);
            break;
        }
        ck_assert_int_eq(st, SB_ENOMEM);
    }
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sensitivity_rounds");
    TCase *t = tcase_create("sensitivity_rounds");
    tcase_add_loop_test(t, scores_use_the_nearest_row_asked, 0, 4);
    tcase_add_test(t, a_round_draws_by_distance);
    tcase_add_loop_test(t, all_rows_asked_is_exact, 0, 2);
    tcase_add_test(t, more_rounds_know_more);
    tcase_add_test(t, memory_failures_are_clean);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
