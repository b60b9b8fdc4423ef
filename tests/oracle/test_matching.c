/* skmm: gradients by finite differences, constraints after every run, the moments by definition, the draw. */
#include "pick_case.h"

#include "selbench/basis.h"
#include "selbench/matching.h"

enum { N = 40, R = 5 };

static void make(pick_case *c, sb_matching *p, uint64_t seed)
{
    pick_init(c, "skmm", N, R);
    pick_normal(c, seed, 0.3);
    ck_assert_ok(&c->t, sb_matching_make(c->x, &c->t.cx, p));
}

START_TEST(moments_match_their_definition)
{
    pick_case c;
    sb_matching p;
    make(&c, &p, 1);
    double trace = 0, squares = 0, off = 0, g[R * R];
    plain_moment(c.x, NULL, N, 0, g);
    for (size_t k = 0; k < R; k++) {
        double mean = 0;
        for (size_t i = 0; i < N; i++) mean += p.z[i * R + k];
        off = fmax(off, fabs(mean / N - p.lam[k]));
        trace += p.lam[k] * N - g[k * R + k];
        squares += p.lam[k] * p.lam[k] * N * N;
    }
    for (size_t i = 0; i < R * R; i++) squares -= g[i] * g[i];
    /* eigenvalues have the trace and the Frobenius norm of their matrix; squares of a row add up to its norm */
    ck_assert_msg(off < 1e-13 && fabs(trace) < 1e-11 && fabs(squares) < 1e-8, "%.3g %.3g %.3g", off, trace, squares);
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        double norm = 0;
        for (size_t k = 0; k < R; k++) {
            const double x = (double)sb_mat_row(c.x, i)[k];
            norm += x * x - p.z[i * R + k];
        }
        worst = fmax(worst, fabs(norm));
    }
    ck_assert_msg(worst < 1e-12, "norms off by %.3g", worst);
    test_ctx_release(&c.t);
}
END_TEST

/* Central differences with step 1e-6: error 1e-12 x third derivative + 1e-10 rounding. */
START_TEST(gradients_match_differences)
{
    pick_case c;
    sb_matching p;
    make(&c, &p, 2);
    const sb_matching_kind kind = (sb_matching_kind)_i;
    double w[N], gamma[R], s[N], dw[N], dg[R], other[N], og[R], e[R], worst = 0;
    sb_rng r = sb_rng_stream(5, "point");
    for (size_t i = 0; i < N; i++) w[i] = kind == SB_MATCHING_SOFTMAX ? sb_rng_normal(&r) : sb_rng_unit(&r) / N;
    for (size_t k = 0; k < R; k++) gamma[k] = 1 + sb_rng_unit(&r);
    sb_matching_value(&p, kind, w, gamma, s, dw, dg, e);
    for (size_t i = 0; i < N + R; i++) {
        double *const v = i < N ? w + i : gamma + (i - N);
        const double here = *v, h = 1e-6;
        *v = here + h;
        const double up = sb_matching_value(&p, kind, w, gamma, s, other, og, e);
        *v = here - h;
        const double down = sb_matching_value(&p, kind, w, gamma, s, other, og, e);
        *v = here;
        worst = fmax(worst, fabs((up - down) / (2 * h) - (i < N ? dw[i] : dg[i - N])));
    }
    ck_assert_msg(worst < 1e-6, "kind %d: off by %.3g", _i, worst);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(solutions_are_feasible)
{
    pick_case c;
    sb_matching p;
    make(&c, &p, 3);
    for (int measured = 0; measured < 2; measured++)
        for (size_t m = 1; m <= N; m += 13) {
            const sb_matching_options o = {.kind = (sb_matching_kind)_i,
                                           .c = _i == 2 ? 1 : .9,
                                           .rate = _i ? 1e-2 : 1e-4,
                                           .iterations = 300,
                                           .m = m,
                                           .measured = measured};
            sb_rng r = sb_rng_stream(m, "start");
            double s[N], sum = 0, least = 1, top = 0, square = 0;
            sb_matching_info info;
            ck_assert_ok(&c.t, sb_matching_solve(&p, &o, &r, &c.t.cx, s, &info));
            for (size_t i = 0; i < N; i++) {
                sum += s[i], square += s[i] * s[i];
                least = fmin(least, s[i]), top = fmax(top, s[i]);
            }
            ck_assert(fabs(sum - 1) < 1e-12 && least >= 0);
            /* clipping comes before scaling, as published: the bound 1/m holds up to the last scale only */
            ck_assert_msg(_i || top < 1.5 / (double)m, "largest %.6g, bound %.6g", top, 1 / (double)m);
            ck_assert(fabs(info.effective * square - 1) < 1e-12 && isfinite(info.best));
        }
    test_ctx_release(&c.t);
}
END_TEST

/* s = 1/n, gamma = 1/c: |lam (1 - 1/c)|^2 by hand; and the optimiser descends. */
START_TEST(objective_of_uniform_and_descent)
{
    pick_case c;
    sb_matching p;
    make(&c, &p, 4);
    sb_matching_options o = {.c = .8, .rate = 1e-4, .iterations = 1, .m = 8};
    sb_rng r = sb_rng_stream(1, "start");
    double s[N], want = 0;
    sb_matching_info first, last;
    ck_assert_ok(&c.t, sb_matching_solve(&p, &o, &r, &c.t.cx, s, &first));
    for (size_t k = 0; k < R; k++) want += pow(p.lam[k] * (1 - 1 / .8), 2);
    ck_assert(fabs(first.uniform - want) < 1e-12 * want);
    o.iterations = 5000;
    r = sb_rng_stream(1, "start");
    ck_assert_ok(&c.t, sb_matching_solve(&p, &o, &r, &c.t.cx, s, &last));
    ck_assert_msg(last.best < .5 * first.best, "from %.3g to %.3g", first.best, last.best);
    test_ctx_release(&c.t);
}
END_TEST

/* The projection satisfies the conditions of optimality: a common shift on the support, none larger off it. */
START_TEST(simplex_projection)
{
    test_ctx t;
    test_ctx_init(&t, "simplex");
    sb_rng r = sb_rng_stream((uint64_t)_i, "simplex");
    double v[N], s[N], sum = 0, shift = -1e9, most = 0;
    for (size_t i = 0; i < N; i++) s[i] = v[i] = sb_rng_normal(&r) * (_i % 3 ? .05 : 3);
    ck_assert_ok(&t, sb_simplex_project(s, N, &t.cx));
    for (size_t i = 0; i < N; i++) {
        sum += s[i];
        if (s[i] > 0) shift = v[i] - s[i];
    }
    for (size_t i = 0; i < N; i++) most = fmax(most, s[i] > 0 ? fabs(v[i] - s[i] - shift) : v[i] - shift);
    ck_assert_msg(fabs(sum - 1) < 1e-12 && most < 1e-12, "sum %.15g, off by %.3g", sum, most);
    test_ctx_release(&t);
}
END_TEST

START_TEST(rows_are_distinct_and_follow_s)
{
    pick_case c;
    pick_init(&c, "skmm", 60, 10);
    pick_normal(&c, 3, 0.3);
    pick_set(&c, "iterations", "50");
    pick_set(&c, "sketch", "4");
    static const char *const pick[] = {"draw", "top", "softmax"};
    for (size_t k = 0; k < 3; k++) {
        pick_set(&c, "pick", pick[k]);
        size_t seen[60] = {0}, twice = 0;
        ck_assert_ok(&c.t, pick_run(&c, 1, 25, false));
        ck_assert_uint_eq(c.out.m, 25);
        for (size_t j = 0; j < 25; j++) twice += seen[c.row[j]]++ > 0;
        ck_assert_uint_eq(twice, 0);
    }
    test_ctx_release(&c.t);
}
END_TEST

/* The sketch is a product with N(0, 1/k) entries: E |x Gamma|^2 = |x|^2, over 400 sketches within 4.5 standard errors.
 */
START_TEST(sketch_keeps_norms_on_average)
{
    pick_case c;
    pick_init(&c, "skmm", 5, 30);
    pick_normal(&c, 3, 0.5);
    double sum = 0, square = 0, norm = 0;
    sb_rng r = sb_rng_stream(1, "sketches");
    for (size_t j = 0; j < 30; j++) norm += (double)pick_x(&c)[2 * 30 + j] * (double)pick_x(&c)[2 * 30 + j];
    for (size_t t = 0; t < 400; t++) {
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        sb_mat f;
        ck_assert_ok(&c.t, sb_sketch(c.x, 8, &r, &c.t.cx, &f));
        double v = 0;
        for (size_t j = 0; j < 8; j++) v += (double)sb_mat_row(f, 2)[j] * (double)sb_mat_row(f, 2)[j];
        sum += v / norm, square += v * v / norm / norm;
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    const double mean = sum / 400, se = sqrt((square / 400 - mean * mean) / 400);
    ck_assert_msg(fabs(mean - 1) < 4.5 * se && fabs(se - sqrt(2. / 8 / 400)) < .01, "%.4f +- %.4f", mean, se);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("matching");
    TCase *t = tcase_create("matching");
    tcase_add_test(t, moments_match_their_definition);
    tcase_add_loop_test(t, gradients_match_differences, 0, 3);
    tcase_add_loop_test(t, solutions_are_feasible, 0, 3);
    tcase_add_test(t, objective_of_uniform_and_descent);
    tcase_add_loop_test(t, simplex_projection, 0, 6);
    tcase_add_test(t, rows_are_distinct_and_follow_s);
    tcase_add_test(t, sketch_keeps_norms_on_average);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
