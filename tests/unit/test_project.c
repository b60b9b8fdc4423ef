/* The bounds that prune: no pair within the best distance may ever be ruled out, on any scale; and they do rule out. */
#include "beyond.h"
#include "cluster_data.h"
#include "project.h"
#include "selbench/la.h"

/* Marks the pairs (row, point) that the scan lets through when each row's best is `best[row]`. */
static void scan_all(const sb_project *p, const sb_points *z, const double *best, sb_ctx *cx, unsigned char *through)
{
    const size_t n = p->x.n, padded = sb_project_blocks(n) * SB_PROJECT_BLOCK;
    float *t = SB_NEW(cx->arena, padded, float);
    sb_hit *hit = SB_NEW(cx->arena, SB_PROJECT_HITS, sb_hit);
    ck_assert(t && hit);
    for (size_t i = 0; i < padded; i++) t[i] = i < n ? sb_project_threshold(p, i, best[i]) : HUGE_VALF;
    memset(through, 0, n * z->k);
    for (size_t b = 0; b < sb_project_blocks(n); b++)
        for (size_t g = 0; g < sb_points_groups(z->k); g++) {
            const size_t hits = sb_project_scan(p, z, b, g, 1, t, hit);
            for (size_t h = 0; h < hits; h++) through[hit[h].row * z->k + hit[h].point] = 1;
        }
}

/* The sharpest case: best is exactly the distance of that very pair, so the pair must pass. */
START_TEST(bound_never_rules_out_the_best)
{
    test_ctx t;
    test_ctx_init(&t, "project");
    const size_t n = 150 + (size_t)_i % 37, k = 23, dims[] = {1, 3, 17, 48, 49, 60, 200};
    const sb_mat x = cluster_data(&t.cx, _i % KIND_HUGE, n, dims[(size_t)_i % 7], _i);
    sb_project p;
    sb_points z, rows;
    ck_assert_ok(&t, sb_project_init(&p, x, &t.cx));
    ck_assert(p.usable);
    ck_assert_ok(&t, sb_points_new(&p, k, &t.cx, &z));
    ck_assert_ok(&t, sb_points_new(&p, k, &t.cx, &rows));
    float *point = SB_NEW(t.cx.arena, k * x.d, float);
    uint32_t row[23];
    for (size_t c = 0; c < k; c++) {
        row[c] = (uint32_t)(c * 5 % n);
        memcpy(point + c * x.d, sb_mat_row(x, row[c]), x.d * sizeof *point);
        for (size_t j = 0; j < x.d && c % 2; j++)
            point[c * x.d + j] = 0.5f * (point[c * x.d + j] + sb_mat_row(x, c)[j]);
    }
    ck_assert_ok(&t, sb_points_set(&p, point, k, &t.cx, &z));
    sb_points_rows(&p, row, k, &rows);
    double *best = SB_NEW(t.cx.arena, n, double);
    unsigned char *a = SB_NEW(t.cx.arena, n * k, unsigned char), *b = SB_NEW(t.cx.arena, n * k, unsigned char);
    size_t lost = 0, wrong = 0;
    for (size_t c = 0; c < k; c++) {
        for (size_t i = 0; i < n; i++) best[i] = sb_sqdist_f32(sb_mat_row(x, i), point + c * x.d, x.d);
        scan_all(&p, &z, best, &t.cx, a);
        for (size_t i = 0; i < n; i++) {
            lost += !a[i * k + c];
            wrong += sb_beyond(sb_mat_row(x, i), point + c * x.d, x.d, best[i]);
        }
        if (c % 2) continue;
        scan_all(&p, &rows, best, &t.cx, b);
        for (size_t i = 0; i < n; i++) lost += !b[i * k + c];
    }
    ck_assert_msg(lost == 0 && wrong == 0, "seed %d: lost %zu, wrong %zu", _i, lost, wrong);
    test_ctx_release(&t);
}
END_TEST

/* On data with few directions almost every pair outside the best is ruled out: the bound is not just safe but sharp. */
START_TEST(bound_is_sharp_on_low_rank_data)
{
    test_ctx t;
    test_ctx_init(&t, "project");
    const sb_mat x = cluster_data(&t.cx, KIND_LOWRANK, 640, 300, 1);
    sb_project p;
    sb_points z;
    uint32_t row[60];
    ck_assert_ok(&t, sb_project_init(&p, x, &t.cx));
    ck_assert_ok(&t, sb_points_new(&p, 60, &t.cx, &z));
    for (uint32_t c = 0; c < 60; c++) row[c] = 10 * c;
    sb_points_rows(&p, row, 60, &z);
    double *best = SB_NEW(t.cx.arena, x.n, double);
    unsigned char *a = SB_NEW(t.cx.arena, x.n * 60, unsigned char);
    size_t needed = 0, passed = 0;
    for (size_t i = 0; i < x.n; i++) {
        best[i] = HUGE_VAL;
        for (size_t c = 0; c < 60; c++)
            best[i] = fmin(best[i], plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, row[c]), x.d));
    }
    scan_all(&p, &z, best, &t.cx, a);
    for (size_t i = 0; i < x.n * 60; i++) passed += a[i];
    needed = x.n;
    ck_assert_msg(passed < 2 * needed, "%zu pairs pass, %zu are needed", passed, needed);
    size_t told = 0;
    for (size_t i = 1; i < x.n; i++) /* float32 tells a distance from one that is a thousandth less */
        told += sb_beyond(sb_mat_row(x, i), sb_mat_row(x, 0), x.d,
                          0.999 * plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, 0), x.d));
    ck_assert_uint_eq(told, x.n - 1);
    test_ctx_release(&t);
}
END_TEST

/* Equal terms round the same way at every step: the float32 sum drifts far more than on random data. */
START_TEST(quick_no_survives_drift)
{
    enum { D = 20001 };
    static float a[D], b[D];
    size_t wrong = 0, drift = 0;
    for (int v = 0; v < 60; v++) {
        float sum = 0;
        for (size_t j = 0; j < D; j++) a[j] = 1 + 0.013f * (float)v;
        for (size_t j = 0; j < D / 32; j++) sum += a[0] * a[0];
        drift += (double)sum > (double)(D / 32) * (double)a[0] * (double)a[0] * (1 + 1e-6);
        wrong += sb_beyond(a, b, D, sb_sqdist_f32(a, b, D));
    }
    ck_assert_msg(wrong == 0 && drift > 0, "%zu wrong, %zu sums drift up", wrong, drift);
}
END_TEST

/* Rows all equal, or beyond float32 products: no bound, said openly. */
START_TEST(unusable_data_is_declined)
{
    test_ctx t;
    test_ctx_init(&t, "project");
    float *x = SB_NEW(t.cx.arena, 100 * 60, float);
    sb_project p;
    ck_assert_ok(&t, sb_project_init(&p, (sb_mat){x, 100, 60, 60}, &t.cx));
    ck_assert(!p.usable);
    for (size_t i = 0; i < 6000; i++) x[i] = (float)(i % 7) * 1e30f;
    ck_assert_ok(&t, sb_project_init(&p, (sb_mat){x, 100, 60, 60}, &t.cx));
    ck_assert(!p.usable);
    ck_assert(!sb_beyond(x, x + 60, 60, 1));
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("project");
    TCase *t = tcase_create("project");
    tcase_add_loop_test(t, bound_never_rules_out_the_best, 0, 56);
    tcase_add_test(t, bound_is_sharp_on_low_rank_data);
    tcase_add_test(t, quick_no_survives_drift);
    tcase_add_test(t, unusable_data_is_declined);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
