/* What every model must do, run over the registry: a new model is tested the day its file appears. Minimisers are
 * compared by the objective that the model reports. With a penalty the objective is strongly convex, and two points of
 * gradients g and h are within size (g^2 + h^2) / (2 l2) of its minimum; a direct solver must meet DIRECT alone. */
#include "plain_problem.h"

#include "registry.h"

enum { OK_IN_A_ROW = 8, KINDS = 3 }; /* three classes, two classes, targets */
static const double DIRECT = 1e-9;

typedef struct subject {
    test_ctx t;
    plain p;
    sb_data data;
    const sb_model *model;
    void *options;
    size_t q;
} subject;

typedef struct fitted {
    double *theta;
    sb_fit_info info;
} fitted;

static void subject_init(subject *s, int model, int kind, plain_shape shape)
{
    test_ctx_init(&s->t, "test/model");
    s->model = sb_model_table[model].plugin;
    s->p = plain_make(&s->t, kind < 2 ? SB_CLASSIFICATION : SB_REGRESSION, shape);
    for (size_t i = 0; i < s->p.n && kind == 1; i++) s->p.label[i] %= 2;
    s->data = (sb_data){.x = plain_x(&s->p), .kind = s->p.kind};
    s->data.c = kind == 0 ? 3 : kind == 1 ? 2 : 0;
    s->data.t = kind == 2 ? PLAIN_TARGETS : 0;
    s->data.label = kind < 2 ? s->p.label : NULL;
    s->data.y = kind == 2 ? s->p.y : NULL;
    s->options = SB_NEW(s->t.cx.arena, s->model->option_size, char);
    sb_param_defaults(s->model->options, s->options, &s->t.cx);
}

static const char *where(const subject *s)
{
    static char text[200];
    (void)snprintf(text, sizeof text, "%s, %zu classes %s", s->model->name, s->data.c, plain_shape_name[s->p.shape]);
    return text;
}

/* true: it works; false: it declined with a reason. Anything else fails the test. */
static bool worked(subject *s, sb_status st)
{
    ck_assert_msg(st == SB_OK || (st == SB_SKIP && s->t.err.text[0]), "%s: %s: %s", where(s), sb_status_text(st),
                  s->t.err.text);
    return st == SB_OK;
}

/* The model takes this data: its kind, and its number of classes. */
static bool applies(subject *s)
{
    return s->model->kind == s->data.kind && worked(s, s->model->outputs(&s->data, s->options, &s->t.cx, &s->q));
}

static bool fit(subject *s, const sb_subset *sub, const void *shared, fitted *f)
{
    const size_t size = (s->p.d + 1) * s->q;
    f->theta = SB_NEW(s->t.cx.arena, size, double);
    f->info = (sb_fit_info){0};
    if (!worked(s, s->model->fit(&s->data, sub, s->options, shared, &s->t.cx, f->theta, &f->info))) return false;
    size_t bad = 0;
    for (size_t i = 0; i < size; i++) bad += isfinite(f->theta[i]) ? 0 : 1;
    ck_assert_msg(bad == 0 && isfinite(f->info.objective), "%s: %zu parameters not finite", where(s), bad);
    ck_assert_msg(!f->info.converged || f->info.grad_norm <= f->info.tolerance, "%s: converged at gradient %g above %g",
                  where(s), f->info.grad_norm, f->info.tolerance);
    return true;
}

static void expect_same(subject *s, const fitted *a, const fitted *b, const char *what)
{
    const double gap = fabs(a->info.objective - b->info.objective), size = (double)((s->p.d + 1) * s->q);
    const double g = a->info.grad_norm, h = b->info.grad_norm, l2 = a->info.l2;
    const double allowed = DIRECT * (1 + fabs(a->info.objective)) + (l2 > 0 ? size * (g * g + h * h) / (2 * l2) : 0);
    ck_assert_msg(gap <= allowed, "%s: %s: objectives %.17g and %.17g, %.2g allowed", where(s), what, a->info.objective,
                  b->info.objective, allowed);
}

static void expect_same_bits(subject *s, const fitted *a, const fitted *b)
{
    ck_assert_msg(memcmp(a->theta, b->theta, (s->p.d + 1) * s->q * sizeof(double)) == 0 &&
                      memcmp(&a->info.objective, &b->info.objective, sizeof(double)) == 0,
                  "%s: same input, other bits", where(s));
}

/* Losses at least 0 and finite, probabilities that sum to 1, and an objective (loss + penalty) not below the mean loss
 * where the fit was on all rows with equal weights. */
static void check_eval(subject *s, const fitted *f, bool fitted_on_all)
{
    const size_t n = s->p.n, width = s->data.c ? s->data.c : s->data.t;
    double *loss = SB_NEW(s->t.cx.arena, n, double), *out = SB_NEW(s->t.cx.arena, n * width, double), mean = 0;
    double *alone = SB_NEW(s->t.cx.arena, n, double);
    ck_assert_ok(&s->t, s->model->eval(&s->data, f->theta, s->options, &s->t.cx, loss, out));
    ck_assert_ok(&s->t, s->model->eval(&s->data, f->theta, s->options, &s->t.cx, alone, NULL));
    ck_assert_ok(&s->t, s->model->eval(&s->data, f->theta, s->options, &s->t.cx, NULL, out));
    size_t bad = memcmp(loss, alone, n * sizeof *loss) ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        mean += loss[i] / (double)n;
        bad += !(loss[i] >= 0 && isfinite(loss[i]));
        for (size_t c = 0; c < width; c++) {
            sum += out[i * width + c];
            bad += s->data.c && !(out[i * width + c] >= 0);
        }
        bad += s->data.c ? !(fabs(sum - 1) < 1e-9) : !(fabs(sum) <= 1e300);
    }
    ck_assert_msg(bad == 0, "%s: %zu bad losses or outputs", where(s), bad);
    ck_assert_msg(!fitted_on_all || f->info.objective >= mean * (1 - 1e-6) - 1e-9,
                  "%s: objective %g below the mean loss %g", where(s), f->info.objective, mean);
}

static void check_one(subject *s)
{
    const size_t n = s->p.n;
    uint32_t *row = SB_NEW(s->t.cx.arena, 2 * n, uint32_t);
    double *three = SB_NEW(s->t.cx.arena, 2 * n, double), *mixed = SB_NEW(s->t.cx.arena, n, double);
    double *split = SB_NEW(s->t.cx.arena, 2 * n, double);
    for (size_t i = 0; i < n; i++) {
        row[i] = row[n + i] = (uint32_t)i;
        three[i] = 3;
        mixed[i] = 0.25 + (double)(i % 5);
        split[i] = mixed[i]; /* and 0 for the second half */
    }
    fitted all, again, other;
    if (!fit(s, &(sb_subset){.m = n}, NULL, &all)) return;
    ck_assert(fit(s, &(sb_subset){.m = n}, NULL, &again));
    expect_same_bits(s, &all, &again);
    check_eval(s, &all, true);
    ck_assert(fit(s, &(sb_subset){.m = n, .row = row}, NULL, &other));
    expect_same(s, &all, &other, "all rows by name");
    ck_assert(fit(s, &(sb_subset){.m = n, .row = row, .weight = three}, NULL, &other));
    expect_same(s, &all, &other, "all weights 3");
    ck_assert(fit(s, &(sb_subset){.m = n, .row = row, .weight = mixed}, NULL, &all));
    ck_assert(fit(s, &(sb_subset){.m = 2 * n, .row = row, .weight = split}, NULL, &other));
    expect_same(s, &all, &other, "every row again with weight 0");
    for (size_t i = 0; i < n; i++) split[i] = i < n / 2 ? 2 : 1;
    fitted once, twice;
    ck_assert(fit(s, &(sb_subset){.m = n, .row = row, .weight = split}, NULL, &once));
    ck_assert(fit(s, &(sb_subset){.m = n + n / 2, .row = row}, NULL, &twice));
    expect_same(s, &once, &twice, "rows repeated instead of weighted by 2");
    void *shared = NULL;
    if (!s->model->share) return;
    ck_assert_ok(&s->t, s->model->share(&s->data, s->options, &s->t.cx, &shared));
    ck_assert(fit(s, &(sb_subset){.m = n, .row = row, .weight = mixed}, shared, &other));
    expect_same(s, &all, &other, "with shared state");
    ck_assert(fit(s, &(sb_subset){.m = n, .row = row, .weight = mixed}, shared, &again));
    expect_same_bits(s, &other, &again);
}

START_TEST(fits_agree_on_every_shape)
{
    size_t runs = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int shape = 0; shape < PLAIN_SHAPES; shape++) {
            subject s;
            subject_init(&s, _i, kind, (plain_shape)shape);
            char before[SB_HASH_HEX], after[SB_HASH_HEX];
            plain_digest(&s.p, before);
            if (applies(&s)) {
                check_one(&s);
                runs++;
            }
            plain_digest(&s.p, after);
            ck_assert_msg(strcmp(before, after) == 0, "%s: inputs changed", where(&s));
            test_ctx_release(&s.t);
        }
    ck_assert_msg(runs > 0, "model %d applies to nothing", _i);
}
END_TEST

START_TEST(small_and_repeated_subsets)
{
    for (int kind = 0; kind < KINDS; kind++) {
        subject s;
        subject_init(&s, _i, kind, PLAIN_GENERAL);
        const uint32_t row[] = {0, 1, 2, 2, 2, 30, 31};
        fitted f;
        for (size_t m = 1; applies(&s) && m <= 7; m++)
            if (fit(&s, &(sb_subset){.m = m, .row = row}, NULL, &f)) check_eval(&s, &f, false);
        test_ctx_release(&s.t);
    }
}
END_TEST

static sb_status whole_use(subject *s, fitted *f)
{
    void *shared = NULL;
    sb_ctx *const cx = &s->t.cx;
    if (s->model->share) SB_TRY(s->model->share(&s->data, s->options, cx, &shared));
    SB_TRY(s->model->fit(&s->data, &(sb_subset){.m = s->p.n}, s->options, shared, cx, f->theta, &f->info));
    return s->model->eval(&s->data, f->theta, s->options, cx, f->theta + (s->p.d + 1) * s->q, NULL);
}

START_TEST(memory_failures_are_clean)
{
    for (int kind = 0; kind < KINDS; kind++) {
        subject s;
        subject_init(&s, _i, kind, PLAIN_GENERAL);
        if (applies(&s)) {
            fitted f = {.theta = SB_NEW(s.t.cx.arena, (s.p.d + 1) * s.q + s.p.n, double)};
            const size_t mark = sb_arena_mark(s.t.cx.arena);
            for (size_t k = 0, ok = 0; ok < OK_IN_A_ROW; k++) {
                sb_arena_fail_at(s.t.cx.arena, k);
                const sb_status st = whole_use(&s, &f);
                sb_arena_fail_at(s.t.cx.arena, (size_t)-1);
                ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "%s: allocation %zu: %s: %s", where(&s), k,
                              sb_status_text(st), s.t.err.text);
                ok = st == SB_OK ? ok + 1 : 0;
                sb_arena_rewind(s.t.cx.arena, mark);
            }
        }
        test_ctx_release(&s.t);
    }
}
END_TEST

static void expect_runs(int model, const sb_param *row, const char *text)
{
    for (int kind = 0; kind < KINDS; kind++) {
        subject s;
        subject_init(&s, model, kind, PLAIN_GENERAL);
        ck_assert_ok(&s.t, sb_param_set(s.model->options, s.options, row->name, text, &s.t.cx));
        fitted a, b;
        if (applies(&s) && fit(&s, &(sb_subset){.m = s.p.n}, NULL, &a)) {
            ck_assert(fit(&s, &(sb_subset){.m = s.p.n}, NULL, &b));
            expect_same_bits(&s, &a, &b);
            check_eval(&s, &a, true);
        }
        test_ctx_release(&s.t);
    }
}

START_TEST(every_option_word_runs_and_bounds_refuse)
{
    for (const sb_param *row = sb_model_table[_i].plugin->options; row && row->name; row++) {
        for (const char *const *word = row->type == SB_P_ENUM ? row->words : NULL; word && *word; word++)
            expect_runs(_i, row, *word);
        if (row->type == SB_P_BOOL) expect_runs(_i, row, "true");
        if (row->type == SB_P_BOOL) expect_runs(_i, row, "false");
        if (row->type == SB_P_TEXT) continue;
        subject s;
        subject_init(&s, _i, 0, PLAIN_GENERAL);
        ck_assert_fails(&s.t, sb_param_set(s.model->options, s.options, row->name, "nan", &s.t.cx), SB_ECONFIG,
                        row->name);
        test_ctx_release(&s.t);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("models");
    TCase *t = tcase_create("models");
    int models = 0;
    while (sb_model_table[models].plugin) models++;
    tcase_add_loop_test(t, fits_agree_on_every_shape, 0, models);
    tcase_add_loop_test(t, small_and_repeated_subsets, 0, models);
    tcase_add_loop_test(t, memory_failures_are_clean, 0, models);
    tcase_add_loop_test(t, every_option_word_runs_and_bounds_refuse, 0, models);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
