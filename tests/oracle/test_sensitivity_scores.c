/* The draw probabilities of `sensitivity` recomputed by plain loops from the clusters, for every rule; what is billed;
 * and the cases where nothing may be drawn or asked. */
#include "sensitivity_case.h"

static double distance_to_mean(const scene *s, size_t i, size_t j)
{
    double square = 0;
    for (size_t c = 0; c < CASE_D; c++)
        square += pow((double)s->x[i * CASE_D + c] - (double)s->r.km.centre[j * CASE_D + c], 2);
    return sqrt(square);
}

/* Row of cluster j nearest to its mean, by a plain loop. */
static uint32_t plain_medoid(const scene *s, size_t j)
{
    uint32_t at = 0;
    double best = (double)INFINITY;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->r.km.cluster[i] != j) continue;
        const double far = distance_to_mean(s, i, j);
        if (far >= best) continue;
        best = far;
        at = i;
    }
    return at;
}

static double plain_distance(const scene *s, size_t i, size_t j, double z)
{
    double square = 0;
    for (size_t c = 0; c < CASE_D; c++) square += pow((double)s->x[i * CASE_D + c] - (double)s->x[j * CASE_D + c], 2);
    return pow(sqrt(square), z);
}

/* Lambda of each cluster from the rows that were really asked after the k centres; counts and distinctness on the way.
 */
static void plain_lambdas(const scene *s, const uint32_t *medoid, double z, bool to_mean, double *lambda)
{
    size_t wrong = 0, per[64] = {0};
    for (size_t a = s->k; a < s->asks; a++) {
        const uint32_t i = s->asked[a], j = s->r.km.cluster[i];
        for (size_t b = s->k; b < a; b++) wrong += s->asked[b] == i;
        wrong += i == medoid[j];
        per[j]++;
        const double far = to_mean ? distance_to_mean(s, i, j) : plain_distance(s, i, medoid[j], z);
        lambda[j] = fmax(lambda[j], log((double)s->n) * fabs(s->loss[i] - s->loss[medoid[j]]) / (far + 1e-4));
    }
    for (size_t j = 0; j < s->k; j++) wrong += per[j] != (s->r.km.size[j] - 1 < 4 ? s->r.km.size[j] - 1 : 4);
    ck_assert_msg(wrong == 0, "%zu wrong queries", wrong); /* ceil(log10(100 x 20)) = 4 */
}

static void check_rule(const char *rule, const char *variant, const char *ztext, const char *floor_text)
{
    scene s;
    sb_selection out;
    const double z = strtod(ztext, NULL), floor_share = strtod(floor_text, NULL);
    scene_points(&s, 500, 20, 3);
    scene_set(&s, "lambda_rule", rule);
    scene_set(&s, "variant", variant);
    scene_set(&s, "z", ztext);
    scene_set(&s, "floor", floor_text);
    scene_set(&s, "lambda", "0.7");
    scene_set(&s, "ratio", "2");
    scene_ready(&s, z);
    ck_assert_ok(&s.t, scene_select(&s, 50, 9, &out));
    const bool infinite = strcmp(rule, "infinite") == 0, cluster = strcmp(rule, "cluster") == 0;
    uint32_t medoid[20];
    double lambda[20] = {0}, q[500], phi = 0, centre_loss = 0;
    size_t wrong = 0;
    for (size_t j = 0; j < s.k; j++) medoid[j] = plain_medoid(&s, j);
    for (size_t j = 0; j < s.k && !infinite; j++) wrong += s.asked[j] != medoid[j];
    ck_assert_msg(wrong == 0, "%zu queries not at a rounded centre", wrong);
    ck_assert_uint_eq(s.meter.losses, s.asks);
    ck_assert_uint_eq(s.meter.labels, s.asks);
    if (infinite)
        ck_assert_uint_eq(s.asks, 0);
    else if (cluster)
        plain_lambdas(&s, medoid, z, strcmp(variant, "ai-algos") == 0, lambda);
    else
        ck_assert_uint_eq(s.asks, s.k);
    for (size_t i = 0; i < s.n; i++) {
        phi += plain_distance(&s, i, medoid[s.r.km.cluster[i]], z);
        centre_loss += s.loss[medoid[s.r.km.cluster[i]]];
    }
    for (size_t i = 0; i < s.n; i++) {
        const uint32_t j = s.r.km.cluster[i];
        const double slope = infinite ? 1 : cluster ? lambda[j] : strcmp(rule, "fixed") ? 2 * centre_loss / phi : 0.7;
        q[i] = (infinite ? 0 : s.loss[medoid[j]]) + slope * plain_distance(&s, i, medoid[j], z);
    }
    scene_expect_scores(&s, &out, q, floor_share, !infinite);
    ck_assert(fabs(scene_note(&out, "phi") / phi - 1) <= 1e-12);
    ck_assert(scene_note(&out, "queries") == (double)s.asks);
    const bool zeros = infinite && floor_share == 0;
    ck_assert_msg(scene_note(&out, "zero_prob_rows") == (zeros ? 20 : 0), "%g rows",
                  scene_note(&out, "zero_prob_rows"));
    test_ctx_release(&s.t);
}

START_TEST(scores_are_those_of_the_formula)
{
    static const char *const rules[] = {"ratio", "fixed", "cluster", "infinite"}, *const zs[] = {"2", "1", "1.5"};
    check_rule(rules[_i % 4], "rounded", zs[_i / 4 % 3], "0");
    check_rule(rules[_i % 4], "ai-algos", zs[_i / 4 % 3], "0.1");
}
END_TEST

START_TEST(without_a_warm_up_only_distances_work)
{
    scene s;
    sb_selection out;
    scene_points(&s, 200, 10, 4);
    scene_ready(&s, 2);
    s.silent = true;
    ck_assert_fails(&s.t, scene_select(&s, 20, 1, &out), SB_SKIP, "warm-up");
    scene_set(&s, "lambda_rule", "infinite");
    ck_assert_ok(&s.t, scene_select(&s, 20, 1, &out));
    ck_assert_uint_eq(s.meter.losses, 0);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(refusals_have_reasons)
{
    scene s;
    sb_selection out;
    scene_points(&s, 200, 10, 5);
    scene_ready(&s, 2);
    scene_set(&s, "centres", "join");
    ck_assert_fails(&s.t, scene_select(&s, 9, 1, &out), SB_SKIP, "do not fit");
    ck_assert_fails(&s.t, scene_select(&s, 10, 1, &out), SB_SKIP, "no room");
    ck_assert_ok(&s.t, scene_select(&s, 11, 1, &out));
    scene_set(&s, "centres", "none");
    scene_set(&s, "lambda_rule", "infinite");
    scene_set(&s, "floor", "0");
    scene_set(&s, "draw", "pips");
    ck_assert_fails(&s.t, scene_select(&s, 191, 1, &out), SB_SKIP, "raise the floor");
    ck_assert_ok(&s.t, scene_select(&s, 190, 1, &out));
    scene_set(&s, "lambda_rule", "ratio");
    s.loss[s.r.centre[0]] = NAN;
    ck_assert_fails(&s.t, scene_select(&s, 10, 1, &out), SB_ENUM, "loss of row");
    test_ctx_release(&s.t);
}
END_TEST

/* All centres have loss 0: nothing is known, so the draw is uniform and says what it is. */
START_TEST(centres_without_loss_fall_back_to_uniform)
{
    scene s;
    sb_selection out;
    scene_points(&s, 200, 10, 6);
    scene_ready(&s, 2);
    memset(s.loss, 0, s.n * sizeof *s.loss);
    ck_assert_ok(&s.t, scene_select(&s, 20, 1, &out));
    size_t wrong = 0;
    for (size_t i = 0; i < s.n; i++) wrong += fabs(out.prob[i] * 200 - 1) > 1e-12;
    ck_assert_uint_eq(wrong, 0);
    ck_assert(out.score_sum == 0 && scene_note(&out, "sum_centre_loss") == 0);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sensitivity_scores");
    TCase *t = tcase_create("sensitivity_scores");
    tcase_add_loop_test(t, scores_are_those_of_the_formula, 0, 12);
    tcase_add_test(t, without_a_warm_up_only_distances_work);
    tcase_add_test(t, refusals_have_reasons);
    tcase_add_test(t, centres_without_loss_fall_back_to_uniform);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
