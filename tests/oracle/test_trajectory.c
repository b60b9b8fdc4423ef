/* Trajectories and committees of a proxy against plain loops that train in standardised units, feature by feature. */
#include "fake_model.h"

#include "trajectory.h"

enum { N = 300, M = 70, D_MAX = 16, W_MAX = 4 };

typedef struct mirror {
    double z[N][D_MAX + 1], theta[D_MAX + 1][W_MAX];
    size_t d, w;
} mirror;

/* All rows in units of the warm-up rows' mean and standard deviation, constant columns 0, ones last. */
static void standardise(const world *w, const uint32_t *warm, mirror *s)
{
    s->d = w->train.x.d;
    s->w = sb_pass_width(&w->train);
    for (size_t j = 0; j < s->d; j++) {
        double mean = 0, var = 0;
        for (size_t i = 0; i < M; i++) mean += (double)sb_mat_row(w->train.x, warm[i])[j] / M;
        for (size_t i = 0; i < M; i++) var += pow((double)sb_mat_row(w->train.x, warm[i])[j] - mean, 2) / M;
        for (size_t i = 0; i < N; i++)
            s->z[i][j] = var > 0 ? ((double)sb_mat_row(w->train.x, i)[j] - mean) / sqrt(var) : 0;
    }
    for (size_t i = 0; i < N; i++) s->z[i][s->d] = 1;
}

static void outputs(const mirror *s, size_t i, double *out)
{
    for (size_t k = 0; k < s->w; k++) {
        out[k] = 0;
        for (size_t j = 0; j <= s->d; j++) out[k] += s->theta[j][k] * s->z[i][j];
    }
}

static void probabilities(const mirror *s, size_t i, double *p)
{
    double sum = 0;
    outputs(s, i, p);
    for (size_t k = 0; k < s->w; k++) sum += p[k] = exp(p[k]);
    for (size_t k = 0; k < s->w; k++) p[k] /= sum;
}

/* The largest eigenvalue of Z'Z/m by the same 20 steps from the same start, written over rows. */
static double top_eigenvalue(const mirror *s, const uint32_t *warm)
{
    double v[D_MAX + 1], most = 1;
    for (size_t j = 0; j <= s->d; j++) v[j] = 1 / sqrt((double)s->d + 1);
    for (size_t k = 0; k < 20; k++) {
        double next[D_MAX + 1] = {0}, norm = 0;
        for (size_t i = 0; i < M; i++) {
            double dot = 0;
            for (size_t j = 0; j <= s->d; j++) dot += s->z[warm[i]][j] * v[j];
            for (size_t j = 0; j <= s->d; j++) next[j] += dot * s->z[warm[i]][j] / M;
        }
        for (size_t j = 0; j <= s->d; j++) norm += next[j] * next[j];
        norm = sqrt(norm);
        most = fmax(most, norm);
        for (size_t j = 0; j <= s->d; j++) v[j] = next[j] / norm;
    }
    return most;
}

static double step_size(const mirror *s, const uint32_t *warm, bool classes)
{
    double longest = 0;
    for (size_t i = 0; i < M; i++) {
        double norm2 = 0;
        for (size_t j = 0; j <= s->d; j++) norm2 += s->z[warm[i]][j] * s->z[warm[i]][j];
        longest = fmax(longest, norm2);
    }
    return 1 / ((classes ? 0.5 : 1) * (1.1 * top_eigenvalue(s, warm) + longest / SB_TRAJECTORY_BATCH));
}

static void step(mirror *s, const sb_data *data, const uint32_t *row, size_t m, double by)
{
    double grad[D_MAX + 1][W_MAX] = {{0}}, a[W_MAX];
    for (size_t i = 0; i < m; i++) {
        if (data->kind == SB_CLASSIFICATION)
            probabilities(s, row[i], a);
        else
            outputs(s, row[i], a);
        for (size_t k = 0; k < s->w; k++) {
            a[k] -= data->kind == SB_CLASSIFICATION ? (double)(data->label[row[i]] == (int32_t)k)
                                                    : data->y[row[i] * s->w + k];
            for (size_t j = 0; j <= s->d; j++) grad[j][k] += a[k] * s->z[row[i]][j] / (double)m;
        }
    }
    for (size_t j = 0; j <= s->d; j++)
        for (size_t k = 0; k < s->w; k++) s->theta[j][k] -= by * grad[j][k];
}

/* Largest difference to the mirror at checkpoint e, relative to 1 + size. */
static double compare(const mirror *s, const sb_data *data, const sb_trajectory *t, size_t e)
{
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        double z[W_MAX], p[W_MAX], want = 0;
        const size_t at = i * t->t + e;
        outputs(s, i, z);
        if (data->kind == SB_CLASSIFICATION) {
            const size_t y = (size_t)data->label[i];
            double other_p = 0, other_z = -1e9;
            probabilities(s, i, p);
            for (size_t k = 0; k < s->w; k++) {
                other_p = k == y ? other_p : fmax(other_p, p[k]);
                other_z = k == y ? other_z : fmax(other_z, z[k]);
            }
            want = -log(p[y]);
            worst = fmax(worst, fabs(t->margin[at] - (p[y] - other_p)));
            worst = fmax(worst, fabs(t->logit_margin[at] - (z[y] - other_z)) / (1 + fabs(z[y] - other_z)));
            if (fabs(z[y] - other_z) > 1e-9) worst = fmax(worst, t->correct[at] == (z[y] > other_z) ? 0 : 1);
        } else
            for (size_t k = 0; k < s->w; k++) want += pow(z[k] - data->y[i * s->w + k], 2) / 2;
        worst = fmax(worst, fabs(t->loss[at] - want) / (1 + want));
    }
    return worst;
}

/* 60 steps of 70-row sums in another order and other units: each loses a few eps, and gradient descent with a step
 * below 2 / L does not amplify what was lost: 1e-10 is far above that and far below a wrong step. */
START_TEST(trajectory_is_plain_gradient_descent)
{
    static mirror s;
    world w;
    uint32_t warm[M], order[M];
    memset(&s, 0, sizeof s);
    world_new(&w, N, _i ? 3 : 0, _i ? 0 : 2);
    ck_assert_uint_le(w.train.x.d, D_MAX);
    for (uint32_t i = 0; i < M; i++) order[i] = warm[i] = (i * 7 + 3) % N;
    sb_trajectory t;
    ck_assert_ok(&w.t, sb_trajectory_make(&w.train, warm, M, &w.t.cx, &t));
    ck_assert(t.n == N && t.t == SB_CHECKPOINTS && !t.margin == !_i);
    standardise(&w, warm, &s);
    const double by = step_size(&s, warm, _i);
    sb_rng rng = sb_ctx_stream(&w.t.cx, "trajectory");
    double worst = 0, first = 0, last = 0;
    for (size_t e = 0; e < t.t; e++) {
        sb_rng_shuffle(&rng, order, M, M);
        step(&s, &w.train, order, 32, by);
        step(&s, &w.train, order + 32, 32, by);
        step(&s, &w.train, order + 64, 6, by);
        worst = fmax(worst, compare(&s, &w.train, &t, e));
    }
    for (size_t i = 0; i < M; i++) {
        first += t.loss[warm[i] * t.t];
        last += t.loss[warm[i] * t.t + t.t - 1];
    }
    ck_assert_msg(worst < 1e-10, "worst difference %g", worst);
    ck_assert_msg(last < first, "training raised the loss from %g to %g", first, last);
    test_ctx_release(&w.t);
}
END_TEST

/* The first caller and a later one, and a caller whose arena is the cache's own, get equal bits; fits happen once. */
START_TEST(what_is_trained_once_is_kept)
{
    world w;
    test_ctx other;
    uint32_t warm[M];
    world_new(&w, N, 3, 0);
    test_ctx_init(&other, "caller");
    for (uint32_t i = 0; i < M; i++) warm[i] = i * 4;
    sb_proxy p, own;
    sb_proxy_init(&p, &w.train, w.use, w.pilot.theta, NULL, &w.t.cx);
    ck_assert(!p.oracle.trajectory && !p.oracle.committee);
    own = p;
    sb_proxy_warm(&p, warm, M);
    p.oracle.self = &p;
    double *const a = SB_NEW(other.cx.arena, N * 3, double), *const b = SB_NEW(other.cx.arena, N * 3, double);
    fake_fits = 0;
    ck_assert_ok(&other, p.oracle.committee(&p, 4, &other.cx, a));
    ck_assert_ok(&other, p.oracle.committee(&p, 4, &other.cx, b));
    ck_assert_uint_eq(fake_fits, 1);
    ck_assert_mem_eq(a, b, N * 3 * sizeof *a);
    ck_assert_ok(&other, p.oracle.committee(&p, 5, &other.cx, b));
    ck_assert(memcmp(a, b, N * 3 * sizeof *a) != 0); /* another bootstrap */
    sb_trajectory one, two, three;
    ck_assert_ok(&other, p.oracle.trajectory(&p, &other.cx, &one));
    ck_assert_ok(&other, p.oracle.trajectory(&p, &other.cx, &two));
    ck_assert_ptr_eq(one.loss, two.loss);
    sb_proxy_init(&own, &w.train, w.use, w.pilot.theta, NULL, &w.t.cx);
    sb_proxy_warm(&own, warm, M);
    ck_assert_ok(&w.t, own.oracle.trajectory(&own, &w.t.cx, &three));
    ck_assert(!own.path);
    ck_assert_mem_eq(one.loss, three.loss, N * one.t * sizeof *one.loss);
    ck_assert_mem_eq(one.correct, three.correct, N * one.t);
    ck_assert_ok(&w.t, own.oracle.committee(&own, 4, &w.t.cx, b));
    ck_assert_mem_eq(a, b, N * 3 * sizeof *a);
    test_ctx_release(&other);
    test_ctx_release(&w.t);
}
END_TEST

/* Four rows of one class: the fake fit declines. */
START_TEST(a_bootstrap_with_one_class_is_a_reason)
{
    world w;
    uint32_t warm[4] = {0};
    world_new(&w, N, 3, 0);
    for (uint32_t i = 0, k = 0; i < N && k < 4; i++)
        if (w.train.label[i] == 1) warm[k++] = i;
    sb_proxy p;
    sb_proxy_init(&p, &w.train, w.use, w.pilot.theta, NULL, &w.t.cx);
    sb_proxy_warm(&p, warm, 4);
    double *const a = SB_NEW(w.t.cx.arena, N * 3, double);
    ck_assert_fails(&w.t, p.oracle.committee(&p, 7, &w.t.cx, a), SB_SKIP, "committee member 7");
    test_ctx_release(&w.t);
}
END_TEST

/* The projection by plain loops on the same draws; the proxy's answers are those of the model fitted on it, kept, and
 * the same for a caller whose arena is the cache's own. */
START_TEST(small_proxies_see_a_projection)
{
    enum { COLUMNS = 3 };
    world w;
    test_ctx other;
    uint32_t warm[M];
    double r[D_MAX * COLUMNS], worst = 0;
    world_new(&w, N, _i ? 3 : 0, _i ? 0 : 2);
    test_ctx_init(&other, "caller");
    for (uint32_t i = 0; i < M; i++) warm[i] = i * 4;
    sb_proxy p;
    sb_proxy_init(&p, &w.train, w.use, w.pilot.theta, NULL, &w.t.cx);
    ck_assert(!p.oracle.small);
    sb_proxy_warm(&p, warm, M);
    sb_mat x, again;
    const sb_oracle *oracle = NULL, *second = NULL;
    fake_fits = 0;
    ck_assert_ok(&other, p.oracle.small(&p, COLUMNS, &other.cx, &x, &oracle));
    ck_assert_ok(&other, p.oracle.small(&p, COLUMNS + 1, &other.cx, &again, &second));
    ck_assert_ok(&other, p.oracle.small(&p, COLUMNS, &other.cx, &again, &second));
    ck_assert(fake_fits == 2 && again.data == x.data && second == oracle && x.n == N && x.d == COLUMNS);
    sb_ctx drawn = w.t.cx;
    drawn.path = "world/small3";
    sb_rng rng = sb_ctx_stream(&drawn, "projection");
    for (size_t k = 0; k < w.train.x.d * COLUMNS; k++) r[k] = sb_rng_normal(&rng) / sqrt(COLUMNS);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < COLUMNS; c++) {
            double z = 0;
            for (size_t j = 0; j < w.train.x.d; j++) z += (double)sb_mat_row(w.train.x, i)[j] * r[j * COLUMNS + c];
            worst = fmax(worst, fabs(z - (double)sb_mat_row(x, i)[c]) / (1 + fabs(z)));
        }
    ck_assert_msg(worst < 1e-7, "projection off by %g", worst); /* rounded to float32 */
    sb_data data = w.train;
    data.x = x;
    sb_fitted fit;
    const sb_subset rows = {.m = M, .row = warm};
    ck_assert_ok(&other, sb_fit(&data, w.use, &rows, NULL, &other.cx, &fit));
    double *const a = SB_NEW(other.cx.arena, N, double), *const b = SB_NEW(other.cx.arena, N, double);
    ck_assert_ok(&other, sb_pass(&data, w.use, fit.theta, NULL, N, &other.cx, a, NULL));
    ck_assert_ok(&other, oracle->loss(oracle->self, NULL, N, &other.cx, b));
    ck_assert_mem_eq(a, b, N * sizeof *a);
    ck_assert_ok(&w.t, p.oracle.small(&p, COLUMNS + 2, &w.t.cx, &again, &second));
    ck_assert_ok(&w.t, second->loss(second->self, NULL, N, &w.t.cx, b));
    test_ctx_release(&other);
    test_ctx_release(&w.t);
}
END_TEST

START_TEST(memory_failures_are_clean)
{
    world w;
    uint32_t warm[M];
    world_new(&w, N, 3, 0);
    for (uint32_t i = 0; i < M; i++) warm[i] = i;
    const size_t mark = sb_arena_mark(w.t.cx.arena);
    sb_status st = SB_ENOMEM;
    for (size_t k = 0; st != SB_OK && k < 200; k++) {
        sb_trajectory t;
        sb_arena_fail_at(w.t.cx.arena, k);
        st = sb_trajectory_make(&w.train, warm, M, &w.t.cx, &t);
        sb_arena_fail_at(w.t.cx.arena, (size_t)-1);
        ck_assert(st == SB_OK || st == SB_ENOMEM);
        sb_arena_rewind(w.t.cx.arena, mark);
    }
    ck_assert(st == SB_OK);
    test_ctx_release(&w.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("trajectory");
    TCase *t = tcase_create("trajectory");
    tcase_add_loop_test(t, trajectory_is_plain_gradient_descent, 0, 2);
    tcase_add_test(t, what_is_trained_once_is_kept);
    tcase_add_test(t, a_bootstrap_with_one_class_is_a_reason);
    tcase_add_loop_test(t, small_proxies_see_a_projection, 0, 2);
    tcase_add_test(t, memory_failures_are_clean);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
