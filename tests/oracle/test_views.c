/* Methods on two views and on target sets: rankings by plain loops in long double, and their quality on pairs whose
 * kind is planted. */
#include <float.h>
#include <stdio.h>

#include "registry.h"
#include "test_main.h"

enum { GOOD = 0, N = 301, D = 12, Q = 23 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "views"); }
static void tear_down(void) { test_ctx_release(&t); }

static void *options_of(const sb_param *rows, size_t size, const char *const *option)
{
    void *set = sb_arena_alloc(t.cx.arena, 1, size);
    ck_assert_ptr_nonnull(set);
    sb_param_defaults(rows, set, &t.cx);
    for (; *option; option += 2) ck_assert_ok(&t, sb_param_set(rows, set, option[0], option[1], &t.cx));
    return set;
}

static sb_status run(const char *name, const char *const *option, sb_task *task, size_t m, sb_selection *out)
{
    const sb_method *method = sb_method_find(name, NULL);
    ck_assert_ptr_nonnull(method);
    const void *set = options_of(method->options, method->option_size, option);
    sb_meter meter = {0};
    void *state = NULL;
    task->meter = &meter;
    *out = (sb_selection){.row = SB_NEW(t.cx.arena, task->x.n + 1, uint32_t)};
    if (!out->row) SB_FAIL(&t.err, SB_ENOMEM, "rows");
    if (method->prepare) SB_TRY(method->prepare(task, set, &t.cx, &state));
    return method->select(task, set, state, m, &t.cx, out);
}

static float x[N * (D + 1)], v[N * D], q[Q * D];

/* Rows of norms from 0.5 to 2; pairs from equal to unrelated; some rows equal, one zero. */
static sb_task small(void)
{
    sb_rng rng = sb_rng_stream(5, "views");
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++) {
            x[i * (D + 1) + j] = (float)(sb_rng_normal(&rng) * (0.5 + (double)(i % 4) / 2) + (i % 3 == 0));
            v[i * D + j] = (float)((double)x[i * (D + 1) + j] + (double)(i % 5) * sb_rng_normal(&rng) / 4);
        }
    for (size_t j = 0; j < D; j++) {
        x[20 * (D + 1) + j] = x[10 * (D + 1) + j], v[20 * D + j] = v[10 * D + j];
        x[30 * (D + 1) + j] = 0;
    }
    for (size_t i = 0; i < Q * D; i++) q[i] = (float)sb_rng_normal(&rng);
    for (size_t i = 0; i < N; i++) x[i * (D + 1) + D] = NAN; /* the gap between rows */
    return (sb_task){
        .x = {x, N, D, D + 1}, .kind = SB_REGRESSION, .t = 1, .view = {v, N, D, D}, .target = {q, Q, D, D}};
}

static long double cosine(const float *a, const float *b, bool unit)
{
    long double dot = 0, aa = 0, bb = 0;
    for (size_t j = 0; j < D; j++) {
        dot += (long double)a[j] * (long double)b[j];
        aa += (long double)a[j] * (long double)a[j], bb += (long double)b[j] * (long double)b[j];
    }
    return !unit ? dot : aa > 0 && bb > 0 ? dot / sqrtl(aa * bb) : 0;
}

/* The picks are all rows by falling score; scores of neighbours may be in either order within `slack`, equal rows by
 * number. The note is the score of the last pick. */
static void check_order(const sb_selection *s, const long double *score, double slack)
{
    bool seen[N] = {false};
    long double worst = 0;
    ck_assert_uint_eq(s->m, N);
    for (size_t i = 0; i < N; i++) {
        ck_assert(!seen[s->row[i]]);
        seen[s->row[i]] = true;
        if (i) worst = fmaxl(worst, score[s->row[i]] - score[s->row[i - 1]]);
        if (s->row[i] == 20 && score[10] == score[20]) ck_assert(seen[10]);
    }
    ck_assert_double_le((double)worst, slack);
    ck_assert_double_le(fabs(s->note[0].value - (double)score[s->row[N - 1]]), slack);
}

START_TEST(clip_score_is_the_product)
{
    sb_task task = small();
    sb_selection s;
    long double score[N];
    const bool unit = _i == 0;
    ck_assert_ok(&t, run("clip_score", (const char *const[]){"unit", unit ? "true" : "false", NULL}, &task, N, &s));
    for (size_t i = 0; i < N; i++) score[i] = cosine(x + i * (D + 1), v + i * D, unit);
    check_order(&s, score, 64 * D * DBL_EPSILON * (unit ? 1 : 50));
}
END_TEST

/* One batch, or equal batches of the documented shuffle; temperatures at which exp(s / tau) overflows float32. */
START_TEST(neg_clip_loss_is_the_definition)
{
    static const char *const taus[] = {"0.01", "0.2", "0.0001"}, *const sizes[] = {"1000", "101"};
    const char *tau_text = taus[_i % 3], *size = sizes[_i / 3];
    const long double tau = strtold(tau_text, NULL);
    sb_task task = small();
    sb_selection s;
    long double score[N];
    static long double sim[N][N];
    ck_assert_ok(&t, run("neg_clip_loss", (const char *const[]){"tau", tau_text, "batch", size, NULL}, &task, N, &s));
    const size_t batches = _i / 3 ? 3 : 1;
    uint32_t order[N];
    for (uint32_t i = 0; i < N; i++) order[i] = i;
    sb_rng rng = sb_rng_stream(0, "neg_clip_loss/batches");
    if (batches > 1) sb_rng_shuffle(&rng, order, N, N);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) sim[i][j] = cosine(x + i * (D + 1), v + j * D, true);
    for (size_t b = 0; b < batches; b++)
        for (size_t a = b * N / batches; a < (b + 1) * N / batches; a++) {
            const size_t i = order[a];
            long double rows = 0, columns = 0;
            for (size_t c = b * N / batches; c < (b + 1) * N / batches; c++) {
                rows += expl((sim[i][order[c]] - sim[i][i]) / tau);
                columns += expl((sim[order[c]][i] - sim[i][i]) / tau);
            }
            score[i] = -tau / 2 * (logl(rows) + logl(columns));
        }
    check_order(&s, score, 64 * D * DBL_EPSILON);
}
END_TEST

START_TEST(norm_sim_is_the_norm_of_the_similarities)
{
    static const char *const norms[] = {"2", "inf"};
    const bool unit = _i / 2 == 0;
    sb_task task = small();
    sb_selection s;
    long double score[N];
    ck_assert_ok(&t,
                 run("norm_sim", (const char *const[]){"norm", norms[_i % 2], "unit", unit ? "true" : "false", NULL},
                     &task, N, &s));
    for (size_t i = 0; i < N; i++) {
        long double sum = 0, most = 0;
        for (size_t k = 0; k < Q; k++) {
            const long double c = cosine(x + i * (D + 1), q + k * D, unit);
            sum += c * c;
            most = fmaxl(most, fabsl(c));
        }
        score[i] = _i % 2 ? most : sqrtl(sum);
    }
    check_order(&s, score, 64 * D * DBL_EPSILON * (unit ? 5 : 200));
}
END_TEST

START_TEST(warm_rows_are_left_out_and_widths_must_agree)
{
    static const uint32_t warm[] = {0, 7, 250};
    static const char *const names[] = {"clip_score", "neg_clip_loss", "norm_sim"};
    for (size_t k = 0; k < 3; k++) {
        sb_task task = small();
        sb_selection s;
        task.warm = warm, task.warm_n = 3, task.warm_joins = true;
        ck_assert_ok(&t, run(names[k], (const char *const[]){NULL}, &task, N - 3, &s));
        ck_assert_uint_eq(s.m, N - 3);
        for (size_t i = 0; i < s.m; i++) ck_assert(s.row[i] != 0 && s.row[i] != 7 && s.row[i] != 250);
        task.view.d = task.target.d = D - 1;
        ck_assert_fails(&t, run(names[k], (const char *const[]){NULL}, &task, 5, &s), SB_SKIP, "has 11 columns");
    }
}
END_TEST

/* Probability that a good pair stands before another one in the order of the picks. */
static double auc(const sb_selection *s, const int32_t *kind)
{
    double good = 0, wins = 0;
    for (size_t i = 0; i < s->m; i++) {
        if (kind[s->row[i]] == GOOD)
            good++;
        else
            wins += good;
    }
    return wins / (good * ((double)s->m - good));
}

/* Published only as a claim; the figures are those of a rerun of this recipe: .938 to .952 and .992 to .997. Another
 * random stream moves an AUC of 4,096 pairs by .004 (one standard error). */
START_TEST(normalised_scores_tell_good_pairs_better)
{
    const sb_generator *g = sb_generator_find("paired_views", NULL);
    char seed[8];
    (void)snprintf(seed, sizeof seed, "%d", _i);
    const void *set = options_of(g->options, g->option_size, (const char *const[]){"seed", seed, NULL});
    sb_generated made = {0};
    sb_selection s;
    ck_assert_ok(&t, g->make(set, &t.cx, &made));
    sb_task task = {.x = made.train.x, .kind = SB_REGRESSION, .t = made.train.t, .view = made.view[0]};
    ck_assert_ok(&t, run("clip_score", (const char *const[]){NULL}, &task, task.x.n, &s));
    const double plain = auc(&s, made.group);
    ck_assert_msg(plain > .925 && plain < .965, "seed %d: clip_score %.4f", _i, plain);
    static const char *const how[][2] = {{"0.01", "4096"}, {"0.2", "256"}};
    for (size_t k = 0; k < 2; k++) {
        ck_assert_ok(&t, run("neg_clip_loss", (const char *const[]){"tau", how[k][0], "batch", how[k][1], NULL}, &task,
                             task.x.n, &s));
        const double better = auc(&s, made.group);
        ck_assert_msg(better > .985 && better > plain + .03, "seed %d: %.4f, clip_score %.4f", _i, better, plain);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("views");
    TCase *c = tcase_create("views");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, clip_score_is_the_product, 0, 2);
    tcase_add_loop_test(c, neg_clip_loss_is_the_definition, 0, 6);
    tcase_add_loop_test(c, norm_sim_is_the_norm_of_the_similarities, 0, 4);
    tcase_add_test(c, warm_rows_are_left_out_and_widths_must_agree);
    tcase_add_loop_test(c, normalised_scores_tell_good_pairs_better, 0, 7);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
