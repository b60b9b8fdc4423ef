/* Target sets and second views of a data entry: every form of the key, the rows taken through the embedding by plain
 * loops, and each mistake with its place. */
#include "test_places.h"

enum { N = 50, D = 4, Q = 6 };

static test_places p;
static float x[N * D], q[Q * D], wide[N * 3], far[Q * 3];

static void set_up(void)
{
    double y[N];
    test_places_init(&p, NULL);
    sb_rng rng = sb_rng_stream(1, "target");
    for (size_t i = 0; i < N * D; i++) x[i] = (float)(3 * sb_rng_normal(&rng) + 1);
    for (size_t i = 0; i < Q * D; i++) q[i] = (float)(8 * sb_rng_normal(&rng));
    for (size_t i = 0; i < N * 3; i++) wide[i] = (float)sb_rng_normal(&rng);
    for (size_t i = 0; i < Q * 3; i++) far[i] = (float)sb_rng_normal(&rng);
    for (size_t i = 0; i < N; i++) y[i] = (double)i;
    test_write_npy(&p, "x.npy", SB_F32, N, D, x);
    test_write_npy(&p, "q.npy", SB_F32, Q, D, q);
    test_write_npy(&p, "wide.npy", SB_F32, N, 3, wide);
    test_write_npy(&p, "far.npy", SB_F32, Q, 3, far);
    test_write_npy(&p, "y.npy", SB_F64, N, 0, y);
}
static void tear_down(void) { test_places_release(&p); }

static sb_status open_target(const char *data, const char *embedding, const char *target, sb_target *out)
{
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *e = NULL;
    sb_target_spec *t = NULL;
    *out = (sb_target){0};
    SB_TRY(sb_dataset_parse(test_yaml(&p, data), &p.places, &p.t.cx, &spec));
    SB_TRY(sb_embedding_parse(test_yaml(&p, embedding), spec, &p.places, &p.t.cx, &e));
    SB_TRY(sb_target_parse(target ? test_yaml(&p, target) : NULL, spec, &p.places, &p.t.cx, &t));
    return t ? sb_target_open(spec, e, t, &p.places, &p.t.cx, out) : SB_OK;
}

static const char own[] = "{file: @/x.npy, targets: @/y.npy}";

START_TEST(rows_pass_through_the_embedding)
{
    sb_target raw, scaled, unit, half, beside;
    ck_assert_ok(&p.t, open_target(own, "raw", "{file: @/q.npy}", &raw));
    ck_assert(raw.x.n == Q && raw.x.d == D && memcmp(raw.x.data, q, sizeof q) == 0);
    ck_assert_ok(&p.t, open_target(own, "raw", "{file: @/q.npy, divide: 2}", &half));
    for (size_t i = 0; i < Q * D; i++) ck_assert(half.x.data[i] == q[i] / 2);
    ck_assert(strcmp(half.content, raw.content) != 0);
    ck_assert_ok(&p.t, open_target(own, "standardise", "{file: @/q.npy}", &scaled));
    ck_assert_ok(&p.t, open_target(own, "[standardise, unit]", "{file: @/q.npy}", &unit));
    double worst = 0;
    for (size_t i = 0; i < Q; i++) {
        double z[D], norm = 0;
        for (size_t j = 0; j < D; j++) {
            double mean = 0, var = 0; /* of the training rows, not of the target's */
            for (size_t k = 0; k < N; k++) mean += (double)x[k * D + j] / N;
            for (size_t k = 0; k < N; k++) var += pow((double)x[k * D + j] - mean, 2) / N;
            z[j] = ((double)q[i * D + j] - mean) / sqrt(var);
            norm += z[j] * z[j];
        }
        for (size_t j = 0; j < D; j++) {
            worst = fmax(worst, fabs((double)scaled.x.data[i * D + j] - z[j]) / 10);
            worst = fmax(worst, fabs((double)unit.x.data[i * D + j] - z[j] / sqrt(norm)));
        }
    }
    ck_assert_double_le(worst, 1e-6); /* float32 */
    /* beside an embedding from a file: in that file's columns */
    ck_assert_ok(&p.t, open_target(own, "[{file: @/wide.npy}, unit]", "{file: @/far.npy}", &beside));
    ck_assert_uint_eq(beside.x.d, 3);
    const double norm = sqrt(pow((double)far[3], 2) + pow((double)far[4], 2) + pow((double)far[5], 2));
    ck_assert_double_le(fabs((double)beside.x.data[4] - (double)far[4] / norm), 1e-6);
    sb_target_close(&raw), sb_target_close(&half), sb_target_close(&scaled), sb_target_close(&unit);
    sb_target_close(&beside);
}
END_TEST

START_TEST(other_sets_and_generators_give_targets)
{
    sb_target a, b, c;
    ck_assert_ok(&p.t, open_target(own, "raw", "{set: {file: @/x.npy, targets: @/y.npy, rows: 7}}", &a));
    ck_assert_uint_eq(a.x.n, 7);
    ck_assert_ok(&p.t, open_target("{name: target_shift, options: {n: 1000}}", "unit", NULL, &b));
    ck_assert(b.x.n == 60 && b.x.d == 16);
    ck_assert_ok(&p.t, open_target("{name: target_shift, options: {n: 1000}}", "unit", "own", &c));
    ck_assert_str_eq(b.content, c.content);
    sb_target_close(&c);
    ck_assert_ok(&p.t, open_target("{name: target_shift, options: {n: 1000}}", "raw", "none", &c));
    ck_assert_ptr_null(c.x.data);
    ck_assert_ok(&p.t, open_target("skmm", "raw", NULL, &c));
    ck_assert_ptr_null(c.x.data);
    sb_target_close(&a), sb_target_close(&b);
}
END_TEST

START_TEST(the_view_of_a_generator_is_an_embedding)
{
    sb_dataset all, some, raw;
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *view = NULL;
    ck_assert_ok(&p.t, test_open(&p, "{name: paired_views, options: {n: 300}}", "view", &all));
    ck_assert_ok(&p.t, test_open(&p, "{name: paired_views, options: {n: 300}}", "raw", &raw));
    ck_assert_ok(&p.t, test_open(&p, "{name: paired_views, options: {n: 300}, rows: 40}", "view", &some));
    ck_assert(all.train.x.n == 300 && all.test.x.n == 1024 && some.train.x.n == 40);
    size_t wrong = 0;
    for (size_t i = 0; i < 40; i++)
        wrong += memcmp(sb_mat_row(some.train.x, i), sb_mat_row(all.train.x, some.row[0][i]), 64 * sizeof(float)) != 0;
    for (size_t i = 0; i < 300 * 64; i++) wrong += (double)all.train.x.data[i] != raw.train.y[i];
    ck_assert_uint_eq(wrong, 0);
    ck_assert_ok(&p.t, sb_dataset_parse(test_yaml(&p, "paired_views"), &p.places, &p.t.cx, &spec));
    ck_assert_ok(&p.t, sb_view_parse(NULL, spec, &p.places, &p.t.cx, &view));
    ck_assert_str_eq(sb_embedding_spec_name(view), "view");
    ck_assert_ok(&p.t, sb_view_parse(test_yaml(&p, "[view, unit]"), spec, &p.places, &p.t.cx, &view));
    ck_assert_str_eq(sb_embedding_spec_name(view), "view+unit");
    ck_assert_ok(&p.t, sb_view_parse(test_yaml(&p, "none"), spec, &p.places, &p.t.cx, &view));
    ck_assert_ptr_null(view);
    ck_assert_fails(&p.t, test_open(&p, "skmm", "view", &all), SB_ENOTFOUND, "unknown embedding 'view'");
    sb_dataset_close(&all), sb_dataset_close(&raw), sb_dataset_close(&some);
}
END_TEST

START_TEST(mistakes_name_their_place)
{
    static const struct {
        const char *data, *embedding, *target, *words;
        sb_status st;
    } bad[] = {
        {own, "raw", "{}", "config.yaml:1:1: a target is {file: x.npy} or {set: NAME}", SB_ECONFIG},
        {own, "raw", "{file: @/q.npy, set: skmm}", "one of 'file' and 'set'", SB_ECONFIG},
        {own, "raw", "{file: @/q.npy, sed: 3}", "sed", SB_ECONFIG},
        {own, "raw", "{file: @/no.npy}", "no.npy", SB_ENOTFOUND},
        {own, "raw", "{file: @/q.npy, divide: 0}", "'divide'", SB_ECONFIG},
        {own, "raw", "{set: skmm, sha256: unknown}", "'sha256' belongs to 'file'", SB_ECONFIG},
        {own, "raw", "{set: nosuchset}", "unknown data set", SB_ENOTFOUND},
        {own, "raw", "own", "brings no target set of its own", SB_ECONFIG},
        {own, "raw", "[1]", "expected own, none", SB_ECONFIG},
        {own, "raw", "{file: @/far.npy}", "3 columns, but the features that it stands beside have 4", SB_EDATA},
        {own, "{file: @/wide.npy}", "{file: @/q.npy}", "4 columns, but the features that it stands beside have 3",
         SB_EDATA},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sb_target t;
        ck_assert_fails(&p.t, open_target(bad[i].data, bad[i].embedding, bad[i].target, &t), bad[i].st, bad[i].words);
    }
    q[3] = INFINITY;
    test_write_npy(&p, "bad.npy", SB_F32, Q, D, q);
    sb_target t;
    ck_assert_fails(&p.t, open_target(own, "raw", "{file: @/bad.npy}", &t), SB_EDATA, "row 0, column 3 is inf");
}
END_TEST

START_TEST(no_memory)
{
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *e = NULL;
    ck_assert_ok(&p.t, sb_dataset_parse(test_yaml(&p, own), &p.places, &p.t.cx, &spec));
    ck_assert_ok(&p.t, sb_embedding_parse(test_yaml(&p, "[standardise, unit]"), spec, &p.places, &p.t.cx, &e));
    const sb_yaml *node = test_yaml(&p, "{file: @/q.npy}");
    for (size_t k = 0;; k++) {
        const size_t mark = sb_arena_mark(p.t.cx.arena);
        sb_target_spec *spot = NULL;
        sb_target t = {0};
        sb_arena_fail_at(p.t.cx.arena, k);
        sb_status st = sb_target_parse(node, spec, &p.places, &p.t.cx, &spot);
        if (st == SB_OK) st = sb_target_open(spec, e, spot, &p.places, &p.t.cx, &t);
        sb_arena_fail_at(p.t.cx.arena, SIZE_MAX);
        sb_target_close(&t);
        sb_arena_rewind(p.t.cx.arena, mark);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %d %s", k, (int)st, p.t.err.text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("target");
    TCase *c = tcase_create("target");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, rows_pass_through_the_embedding);
    tcase_add_test(c, other_sets_and_generators_give_targets);
    tcase_add_test(c, the_view_of_a_generator_is_an_embedding);
    tcase_add_test(c, mistakes_name_their_place);
    tcase_add_test(c, no_memory);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
