/* BAIT against the same greedy search with every matrix formed densely and inverted anew for every candidate. */
#include "pick_case.h"
#include "proxy_case.h"

#include "selbench/fisher.h"

enum { ROWS = 60, ORDER = 18, C = PLAIN_CLASSES };

typedef enum form { FULL, BLOCK, TARGETS } form;

/* m (k x k) += by times the information of row i: all classes, the blocks of each class, or x~x~'. */
static void add_row(const plain *p, form f, size_t i, double by, size_t k, double *m)
{
    double x[8] = {0}, pr[C];
    const size_t dd = p->d + 1;
    for (size_t j = 0; j < dd; j++) x[j] = j < p->d ? (double)p->x[i * p->ld + j] : 1;
    if (f != TARGETS) plain_softmax(p, i, pr);
    for (size_t a = 0; a < k / dd; a++)
        for (size_t b = 0; b < k / dd; b++) {
            const double s = f == TARGETS ? 1 : (a == b ? pr[a] : 0) - pr[a] * pr[b];
            for (size_t j = 0; (f != BLOCK || a == b) && j < dd * dd; j++)
                m[(a * dd + j / dd) * k + b * dd + j % dd] += by * s * x[j / dd] * x[j % dd];
        }
}

typedef struct dense {
    form f;
    size_t k;
    double fisher[ORDER * ORDER], m[ORDER * ORDER];
} dense;

static double trace_with(const plain *p, const dense *d, size_t i, double by)
{
    double m[ORDER * ORDER], inverse[ORDER * ORDER], sum = 0;
    memcpy(m, d->m, sizeof m);
    add_row(p, d->f, i, by, d->k, m);
    plain_inverse(m, d->k, inverse);
    for (size_t j = 0; j < d->k * d->k; j++) sum += inverse[j] * d->fisher[j];
    return sum;
}

static void dense_init(dense *d, const proxy_case *s, form f, double lambda, size_t budget)
{
    *d = (dense){.f = f, .k = (s->p.d + 1) * (f == TARGETS ? 1 : C)};
    const double all = (double)(budget + s->warm_n);
    for (size_t i = 0; i < s->p.n; i++) add_row(&s->p, f, i, 1 / (double)s->p.n, d->k, d->fisher);
    for (size_t j = 0; j < d->k; j++) d->m[j * (d->k + 1)] = lambda;
    for (size_t i = 0; i < s->warm_n; i++) add_row(&s->p, f, s->warm[i], 1 / all, d->k, d->m);
}

/* The greedy search; returns the trace at its end. */
static double search(const proxy_case *s, dense *d, size_t budget, uint32_t *pick)
{
    unsigned char out[ROWS] = {0};
    const double scale = (double)budget / (double)(budget + s->warm_n);
    double now = 0;
    size_t m = 0;
    for (size_t i = 0; i < s->warm_n; i++) out[s->warm[i]] = 1;
    for (; m < 2 * budget; m++) {
        size_t best = ROWS;
        for (size_t i = 0; i < s->p.n; i++) {
            const double t = out[i] ? 0 : trace_with(&s->p, d, i, scale);
            if (!out[i] && (best == ROWS || t < now)) best = i, now = t;
        }
        out[best] = 1;
        pick[m] = (uint32_t)best;
        add_row(&s->p, d->f, best, scale, d->k, d->m);
    }
    for (; m > budget; m--) {
        size_t at = m;
        for (size_t j = 0; j < m; j++) {
            const double t = trace_with(&s->p, d, pick[j], -scale);
            if (at == m || t < now) at = j, now = t;
        }
        add_row(&s->p, d->f, pick[at], -scale, d->k, d->m);
        for (size_t j = at; j + 1 < m; j++) pick[j] = pick[j + 1];
    }
    return now;
}

static const struct {
    form f;
    const char *word, *lambda;
    size_t warm, budget;
} cases[] = {{FULL, "fisher=full", "lambda=1", 0, 4},        {FULL, "fisher=full", "lambda=0.05", 5, 6},
             {FULL, "fisher=auto", "lambda=0.001", 5, 9},    {BLOCK, "fisher=block", "lambda=0.5", 0, 5},
             {BLOCK, "fisher=block", "lambda=0.01", 5, 8},   {TARGETS, "fisher=auto", "lambda=1", 0, 7},
             {TARGETS, "fisher=full", "lambda=0.001", 3, 9}, {TARGETS, "fisher=block", "lambda=1e-9", 0, 10}};

START_TEST(picks_are_those_of_the_dense_search)
{
    proxy_case s;
    dense d;
    sb_selection out;
    uint32_t pick[ROWS];
    proxy_case_init(&s, cases[_i].f == TARGETS ? SB_REGRESSION : SB_CLASSIFICATION, PLAIN_GENERAL);
    s.warm_n = cases[_i].warm;
    s.joins = s.warm_n > 0;
    for (size_t i = 0; i < s.warm_n; i++) s.warm[i] = (uint32_t)(7 * i + 2);
    dense_init(&d, &s, cases[_i].f, strtod(cases[_i].lambda + 7, NULL), cases[_i].budget);
    const double trace = search(&s, &d, cases[_i].budget, pick);
    ck_assert_ok(&s.t, proxy_case_run(&s, "bait", SET(cases[_i].word, cases[_i].lambda), cases[_i].budget, &out));
    size_t other = 0;
    for (size_t j = 0; j < out.m; j++) other += out.row[j] != pick[j];
    ck_assert_msg(out.m == cases[_i].budget && !other, "%zu of %zu picks differ", other, out.m);
    /* order 18, condition up to 1e9 at lambda 1e-9 before rows join, below 1e5 at the end: 1e5 eps with room */
    ck_assert_msg(fabs(out.note[0].value - trace) < 1e-9 * trace, "trace %.15g, dense %.15g", out.note[0].value, trace);
    ck_assert_msg(s.meter.labels == 0 && s.meter.grads == 0, "labels were read");
    test_ctx_release(&s.t);
}
END_TEST

/* Two classes: one parameter a feature stands for both of the dense form. */
START_TEST(two_classes_equal_the_dense_form)
{
    enum { N = 30, D = 3, K = 2 * (D + 1) };
    test_ctx t;
    test_ctx_init(&t, "test/bait");
    sb_rng r = sb_rng_stream(5, "two");
    float x[N * D];
    double prob[2 * N], f[K * K] = {0}, m[K * K] = {0}, inverse[K * K], worst = 0;
    for (size_t i = 0; i < N * D; i++) x[i] = (float)sb_rng_normal(&r);
    for (size_t i = 0; i < N; i++) {
        prob[2 * i] = sb_rng_unit(&r);
        prob[2 * i + 1] = 1 - prob[2 * i];
        for (size_t k = 0; k < K * K; k++) {
            const size_t a = k / K, b = k % K, u = a % (D + 1), v = b % (D + 1);
            const double s = (a / (D + 1) == b / (D + 1) ? 1 : -1) * prob[2 * i] * prob[2 * i + 1];
            f[k] += s * (u < D ? (double)x[i * D + u] : 1) * (v < D ? (double)x[i * D + v] : 1) / N;
        }
    }
    const sb_task task = {.x = {x, N, D, D}, .kind = SB_CLASSIFICATION, .c = 2};
    const uint32_t chosen[] = {3, 11};
    sb_fisher e = {.lambda = 0.1, .scale = 0.5};
    ck_assert_ok(&t, sb_fisher_init(&e, &task, prob, true, &t.cx));
    uint32_t all[N];
    for (uint32_t i = 0; i < N; i++) all[i] = i;
    for (size_t k = 0; k < 2; k++) ck_assert_ok(&t, sb_fisher_change(&e, chosen[k], 1, all, N, &t.cx));
    for (size_t k = 0; k < 2; k++)
        for (size_t j = 0; j < K * K; j++) {
            const size_t i = chosen[k], a = j / K, b = j % K, u = a % (D + 1), v = b % (D + 1);
            const double s = (a / (D + 1) == b / (D + 1) ? 0.5 : -0.5) * prob[2 * i] * prob[2 * i + 1];
            m[j] += s * (u < D ? (double)x[i * D + u] : 1) * (v < D ? (double)x[i * D + v] : 1);
            if (!k && a == b) m[j] += 0.1;
        }
    plain_inverse(m, K, inverse);
    double trace = 0;
    for (size_t j = 0; j < K * K; j++) trace += inverse[j] * f[j];
    worst = fabs(sb_fisher_trace(&e) - trace) / trace;
    /* taking a row back gives the trace of before: effect of leaving and of joining agree */
    const double up = sb_fisher_effect(&e, 11, -1);
    ck_assert_ok(&t, sb_fisher_change(&e, 11, -1, all, N, &t.cx));
    worst = fmax(worst, fabs(sb_fisher_trace(&e) - trace - up) / trace);
    worst = fmax(worst, fabs(sb_fisher_effect(&e, 11, 1) - up) / up);
    const double kept = sb_fisher_effect(&e, 20, 1);
    ck_assert_ok(&t, sb_fisher_rebuild(&e, chosen, 1, &t.cx));
    worst = fmax(worst, fabs(sb_fisher_effect(&e, 20, 1) - kept) / kept);
    ck_assert_msg(worst < 1e-12, "%g", worst); /* condition below 100, order 8 */
    test_ctx_release(&t);
}
END_TEST

START_TEST(refuses_what_is_too_much)
{
    proxy_case s;
    sb_selection out;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    ck_assert_fails(&s.t, proxy_case_run(&s, "bait", SET("work=1000"), 5, &out), SB_SKIP, "multiply-adds");
    s.p.d = SB_FISHER_FULL_MAX / C;
    ck_assert_fails(&s.t, proxy_case_run(&s, "bait", SET("fisher=full"), 5, &out), SB_SKIP, "fisher = block");
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bait");
    TCase *t = tcase_create("bait");
    tcase_add_loop_test(t, picks_are_those_of_the_dense_search, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(t, two_classes_equal_the_dense_form);
    tcase_add_test(t, refuses_what_is_too_much);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
