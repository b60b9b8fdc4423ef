/* The plane of a map against planted planes; stored and read back; rows chosen counted from subsets by hand. */
#include <stdio.h>
#include <unistd.h>

#include "chosen.h"
#include "file.h"
#include "npy.h"
#include "plane.h"
#include "store.h"
#include "test_main.h"

static const char *folder(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "test-plane-%ld", (long)getpid());
    return name;
}

static void sweep(test_ctx *t, const char *dir)
{
    const char **names = NULL;
    size_t count = 0;
    if (sb_file_list(dir, &t->cx, &names, &count) != SB_OK) return;
    for (size_t i = 0; i < count; i++) {
        const char *path = sb_file_join(t->cx.arena, dir, names[i]);
        if (sb_file_is_dir(path))
            sweep(t, path);
        else
            (void)unlink(path);
    }
    (void)rmdir(dir);
}

/* x_i = mean + a_i u + b_i v, u and v orthonormal, a = 3 cos and b = sin over whole turns: mean 0, uncorrelated,
 * variances 9/2 and 1/2 over any sample of whole turns. */
typedef struct planted {
    float *x;
    double *u, *v;
    size_t n, d;
} planted;

static planted plant(test_ctx *t, size_t n, size_t d)
{
    planted p = {SB_NEW(t->cx.arena, n * d, float), SB_NEW(t->cx.arena, d, double), SB_NEW(t->cx.arena, d, double), n,
                 d};
    double uu = 0, vv = 0;
    for (size_t j = 0; j < d; j++) { /* disjoint entries: orthogonal; the largest of each is positive */
        p.u[j] = j % 2 ? 0 : 1.5 + (double)(j % 5) * (j == 4 ? 1 : -0.25);
        p.v[j] = j % 2 ? 1.0 - 0.4 * (double)(j % 3) : 0;
        uu += p.u[j] * p.u[j];
        vv += p.v[j] * p.v[j];
    }
    for (size_t j = 0; j < d; j++) {
        p.u[j] /= sqrt(uu);
        p.v[j] /= sqrt(vv);
    }
    for (size_t i = 0; i < n; i++) {
        const double angle = 2 * 3.14159265358979323846 * (double)i / (double)n;
        for (size_t j = 0; j < d; j++)
            p.x[i * d + j] = (float)(0.25 * (double)(j % 7) + 3 * cos(angle) * p.u[j] + sin(angle) * p.v[j]);
    }
    return p;
}

static void sign_of(const double *v, size_t d, double *sign)
{
    double top = 0;
    for (size_t j = 0; j < d; j++)
        if (fabs(v[j]) > fabs(top) * (1 + 1e-6)) top = v[j];
    *sign = top < 0 ? -1 : 1;
}

/* Rows fewer and more than columns, fewer and more than the sample. */
START_TEST(planted_planes_are_found)
{
    static const size_t shape[][2] = {{100, 6}, {64, 200}, {4096, 10}, {2048, 1300}};
    const size_t n = shape[_i][0], d = shape[_i][1];
    test_ctx t;
    test_ctx_init(&t, "test");
    const planted p = plant(&t, n, d);
    float *xy = SB_NEW(t.cx.arena, 2 * n, float);
    double share[2], su, sv, worst = 0;
    ck_assert_ok(&t, sb_plane_make((sb_mat){p.x, n, d, d}, &t.cx, xy, share));
    sign_of(p.u, d, &su);
    sign_of(p.v, d, &sv);
    for (size_t i = 0; i < n; i++) {
        const double angle = 2 * 3.14159265358979323846 * (double)i / (double)n;
        worst = fmax(worst, fabs((double)xy[2 * i] - su * 3 * cos(angle)));
        worst = fmax(worst, fabs((double)xy[2 * i + 1] - sv * sin(angle)));
    }
    /* x is rounded to float32: 2^-24 of entries below 5, over sqrt(d) random signs of a unit vector, turned by the
     * eigenvectors' error of the same size over the gap 4; 1e-5 leaves a factor above ten */
    ck_assert_msg(worst < 1e-5, "%zu x %zu: off by %g", n, d, worst);
    ck_assert_msg(fabs(share[0] - 0.9) < 1e-5 && fabs(share[1] - 0.1) < 1e-5, "shares %g %g", share[0], share[1]);
    test_ctx_release(&t);
}
END_TEST

START_TEST(little_is_fine)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const float one[] = {3, 4, 5}, line[] = {0, 2, 4, 6}, same[] = {7, 7, 7, 7, 7, 7};
    float xy[8];
    double share[2];
    ck_assert_ok(&t, sb_plane_make((sb_mat){one, 1, 3, 3}, &t.cx, xy, share));
    ck_assert(xy[0] == 0 && xy[1] == 0 && share[0] == 0 && share[1] == 0);
    ck_assert_ok(&t, sb_plane_make((sb_mat){line, 4, 1, 1}, &t.cx, xy, share));
    ck_assert(share[0] == 1 && share[1] == 0);
    for (size_t i = 0; i < 4; i++) ck_assert(xy[2 * i] == line[i] - 3 && xy[2 * i + 1] == 0);
    ck_assert_ok(&t, sb_plane_make((sb_mat){same, 3, 2, 2}, &t.cx, xy, share));
    for (size_t i = 0; i < 6; i++) ck_assert(xy[i] == 0);
    test_ctx_release(&t);
}
END_TEST

/* A run of one setting, two methods and two repeats over ten rows of three classes; 2 of the subsets exist. */
static sb_results little_run(test_ctx *t)
{
    static const sb_setting setting[] = {{"d", "raw", "m", "3", 3}, {"e", "raw", "m", "3", 3}};
    static const sb_method_label method[] = {{"a", "a", "", false, ""}, {"b", "b", "", false, ""}};
    sb_result *e = SB_NEW(t->cx.arena, 5, sb_result);
    for (size_t i = 0; i < 4; i++) e[i] = (sb_result){0, i / 2, (unsigned)(i % 2), "ok", "", "k", "", NULL};
    e[4] = (sb_result){1, 0, 0, "ok", "", "k", "none", NULL}; /* no map: its subset is not opened */
    e[3].status = "failed";
    static const uint32_t rows[3][4] = {{5, 1, 5, 9}, {0, 1, 2, 3}, {9, 8, 7, 6}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t *row = SB_NEW(t->cx.arena, 4, uint32_t);
        memcpy(row, rows[i], sizeof rows[i]);
        char *hex = SB_NEW(t->cx.arena, 65, char);
        const sb_selection s = {.m = 4, .row = row};
        sb_subset_hash("content", &s, hex);
        ck_assert_ok(t, sb_subset_write(folder(), hex, "content", 10, &s, &t->cx));
        e[i].subset = hex;
    }
    return (sb_results){
        .settings = 2, .methods = 2, .results = 5, .repeats = 2, .setting = setting, .method = method, .result = e};
}

START_TEST(chosen_rows_are_counted)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    ck_assert_ok(&t, sb_file_mkdirs(sb_str_format(t.cx.arena, "%s/maps", folder()), &t.cx));
    ck_assert_ok(&t, sb_file_mkdirs(sb_str_format(t.cx.arena, "%s/subsets", folder()), &t.cx));
    float x[20];
    for (size_t i = 0; i < 10; i++) {
        x[2 * i] = (float)i;
        x[2 * i + 1] = i % 2 ? 0.5F : -0.5F;
    }
    static const int32_t label[10] = {0, 0, 0, 0, 1, 1, 1, 2, 2, 2};
    ck_assert(!sb_plane_stored(folder(), "c0", &t.cx));
    ck_assert_ok(&t, sb_plane_store(folder(), "c0", (sb_mat){x, 10, 2, 2}, label, &t.cx));
    ck_assert(sb_plane_stored(folder(), "c0", &t.cx));
    sb_results r = little_run(&t);
    const char *const content[] = {"c0", ""};
    ck_assert_ok(&t, sb_chosen_collect(&r, content, folder(), &t.cx));
    ck_assert_uint_eq(r.landscapes, 1);
    ck_assert_uint_eq(r.landscape_of[1], SIZE_MAX);
    ck_assert_uint_eq(r.landscape[0].n, 10);
    ck_assert_uint_eq(r.landscape[0].c, 3);
    ck_assert(r.landscape[0].class_rows[0] == 4 && r.landscape[0].class_rows[1] == 3);
    ck_assert_uint_eq(r.chosen[0].rows, 3);
    ck_assert(r.chosen[0].row[0] == 1 && r.chosen[0].row[1] == 5 && r.chosen[0].row[2] == 9);
    /* a: {5 1 5 9} and {0 1 2 3}: classes 1 0 1 2 and 0 0 0 0, over two repeats; b: {9 8 7 6}, its other one failed */
    ck_assert(r.chosen[0].of_class[0] == 2.5 && r.chosen[0].of_class[1] == 1 && r.chosen[0].of_class[2] == 0.5);
    ck_assert(r.chosen[1].of_class[0] == 0 && r.chosen[1].of_class[1] == 1 && r.chosen[1].of_class[2] == 3);
    sb_table table;
    ck_assert_ok(&t, sb_chosen_classes(&r, 0, &t.cx, &table));
    ck_assert_uint_eq(table.rows, 3);
    ck_assert_str_eq(table.cell[1], "1.2"); /* 4 of 10 rows, 3 asked for */
    ck_assert_str_eq(table.cell[4 + 1], "2.5");
    ck_assert_str_eq(table.cell[8 + 3], "3");
    ck_assert_ok(&t, sb_chosen_places(&r, 0, &t.cx, &table));
    ck_assert_uint_eq(table.rows, 2);
    ck_assert_str_eq(table.cell[1], "3");
    /* rows 1 5 9: x has mean 5 and variance 32/3, y is one value; all: mean 4.5, variance 8.25 + 0.25 */
    ck_assert(fabs(table.value[2] - (32.0 / 3) / 8.5) < 1e-6);
    ck_assert(fabs(table.value[3] - hypot(0.5, 0.5) / sqrt(8.5)) < 1e-6);
    ck_assert_ok(&t, sb_chosen_places(&r, 1, &t.cx, &table));
    ck_assert_uint_eq(table.rows, 0);
    sweep(&t, folder());
    test_ctx_release(&t);
}
END_TEST

START_TEST(bad_maps_and_no_memory)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const char *const maps = sb_str_format(t.cx.arena, "%s/maps", folder());
    ck_assert_ok(&t, sb_file_mkdirs(maps, &t.cx));
    ck_assert_ok(&t, sb_file_mkdirs(sb_str_format(t.cx.arena, "%s/subsets", folder()), &t.cx));
    float x[12] = {1, 2, 3, 5, 1, 7, 3, 9, 0, 2, 4, 4};
    static const int32_t label[6] = {0, 1, 0, 1, 0, 1};
    const sb_mat m = {x, 6, 2, 2};
    sb_results r = little_run(&t); /* its subsets name rows up to 9 */
    const char *const content[] = {"few", ""};
    ck_assert_ok(&t, sb_plane_store(folder(), "few", m, label, &t.cx));
    ck_assert_int_eq(sb_chosen_collect(&r, content, folder(), &t.cx), SB_EFORMAT);
    ck_assert_ptr_nonnull(strstr(t.err.text, "names row 9 of 6"));
    ck_assert_ok(&t, sb_file_write(sb_str_format(t.cx.arena, "%s/few.npz", maps), "torn", 4, &t.cx));
    ck_assert_int_eq(sb_chosen_collect(&r, content, folder(), &t.cx), SB_EFORMAT);
    float big[20] = {0};
    static const int32_t classes[10] = {0};
    ck_assert_ok(&t, sb_plane_store(folder(), "big", (sb_mat){big, 10, 2, 2}, classes, &t.cx));
    const char *const good[] = {"big", ""};
    size_t failed = 0;
    for (size_t k = 0;; k++) {
        sb_table table;
        (void)unlink(sb_str_format(t.cx.arena, "%s/new.npz", maps));
        sb_arena_fail_at(t.cx.arena, k);
        sb_status st = sb_plane_store(folder(), "new", m, label, &t.cx);
        if (st == SB_OK) st = sb_chosen_collect(&r, good, folder(), &t.cx);
        if (st == SB_OK) st = sb_chosen_places(&r, 0, &t.cx, &table);
        if (st == SB_OK) st = sb_chosen_classes(&r, 0, &t.cx, &table);
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s: %s", k, sb_status_text(st), t.err.text);
        failed++;
    }
    ck_assert_uint_gt(failed, 40);
    sweep(&t, folder());
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plane");
    TCase *t = tcase_create("plane");
    tcase_add_loop_test(t, planted_planes_are_found, 0, 4);
    tcase_add_test(t, little_is_fine);
    tcase_add_test(t, chosen_rows_are_counted);
    tcase_add_test(t, bad_maps_and_no_memory);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
