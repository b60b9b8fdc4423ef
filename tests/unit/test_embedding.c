/* Embeddings: names, files beside the rows of a data set, chains of transforms, the cache between the steps. */
#include "test_places.h"

enum { N = 50, D = 4, TEST = 10, E = 3 };

static const char own[] = "{file: @/x.npy, labels: @/y.npy, test_file: @/xt.npy, test_labels: @/yt.npy}";

/* Features, labels, and an NPZ with an embedding of both parts (row i begins with i, or 1000 + i). */
static void write_arrays(test_places *p)
{
    float x[N * D], xt[TEST * D], e[N * E], et[TEST * E];
    int32_t y[N], yt[TEST];
    for (size_t i = 0; i < N * D; i++) x[i] = (float)((i * 37 % 101) + (i % D) * 10);
    for (size_t i = 0; i < TEST * D; i++) xt[i] = (float)(i * 17 % 53);
    for (size_t i = 0; i < N * E; i++) e[i] = i % E ? (float)(i * 5 % 7) : (float)(i / E);
    for (size_t i = 0; i < TEST * E; i++) et[i] = i % E ? (float)(i * 5 % 7) : (float)(1000 + i / E);
    for (size_t i = 0; i < N; i++) y[i] = (int32_t)(i * i % 3);
    for (size_t i = 0; i < TEST; i++) yt[i] = (int32_t)(i % 2);
    test_write_npy(p, "x.npy", SB_F32, N, D, x);
    test_write_npy(p, "xt.npy", SB_F32, TEST, D, xt);
    test_write_npy(p, "y.npy", SB_I32, N, 0, y);
    test_write_npy(p, "yt.npy", SB_I32, TEST, 0, yt);
    test_write_npy(p, "e.npy", SB_F32, N, E, e);
    test_write_npy(p, "et.npy", SB_F32, TEST, E, et);
    const sb_npz_member member[] = {{"a", {.type = SB_F32, .dims = 2, .shape = {N, E}, .data = e}},
                                    {"b", {.type = SB_F32, .dims = 2, .shape = {TEST, E}, .data = et}},
                                    {"ya", {.type = SB_I32, .dims = 1, .shape = {N}, .data = y}},
                                    {"yb", {.type = SB_I32, .dims = 1, .shape = {TEST}, .data = yt}}};
    ck_assert_ok(&p->t, sb_npz_write(test_path(p, "e.npz"), member, 4, &p->t.cx));
}

static sb_status parse(test_places *p, const char *data, const char *text, sb_embedding_spec **out)
{
    sb_dataset_spec *spec = NULL;
    ck_assert_ok(&p->t, sb_dataset_parse(test_yaml(p, data), &p->places, &p->t.cx, &spec));
    return sb_embedding_parse(test_yaml(p, text), spec, &p->places, &p->t.cx, out);
}

START_TEST(entries_are_named_and_bad_ones_refused)
{
    test_places p;
    test_places_init(&p, SB_SOURCE_DIR);
    write_arrays(&p);
    static const char *const good[][2] = {{"raw", "raw"},
                                          {"[raw]", "raw"},
                                          {"mobilenetv2", "mobilenetv2"},
                                          {"standardise", "standardise"},
                                          {"{pca: {dims: 64}}", "pca{dims=64}"},
                                          {"[mobilenetv2, {pca: {dims: 64}}, unit]", "mobilenetv2+pca{dims=64}+unit"},
                                          {"{file: @/e.npz, train: a, test: b}", "e"},
                                          {"[raw, unit]", "unit"},
                                          {"{file: @/e.npy, test_file: @/et.npy, name: mine}", "mine"}};
    sb_embedding_spec *e = NULL;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_ok(&p.t, parse(&p, "fashion-mnist", good[i][0], &e));
        ck_assert_str_eq(sb_embedding_spec_name(e), good[i][1]);
    }
    ck_assert_ok(&p.t, parse(&p, "fashion-mnist", "{file: @/e.npz, train: a}", &e));
    const char *text = sb_embedding_spec_text(e);
    ck_assert_ok(&p.t, parse(&p, "fashion-mnist", "{file: @/e.npz, train: b}", &e));
    ck_assert(strcmp(text, sb_embedding_spec_text(e)) != 0);
    static const struct {
        const char *text, *words;
        sb_status status;
    } bad[] = {{"mobilenet",
                "config.yaml:1:1: unknown embedding 'mobilenet' of 'fashion-mnist', did you mean 'mobilenetv2'?",
                SB_ENOTFOUND},
               {"clip", "standardise", SB_ENOTFOUND},
               {"{pca: {dim: 64}}", "config.yaml:1:8: unknown option 'dim', did you mean 'dims'?", SB_ECONFIG},
               {"{pca: 64}", "options of 'pca' must be a map", SB_ECONFIG},
               {"{raw: {a: 1}}", "'raw' has no options", SB_ECONFIG},
               {"[]", "an empty list", SB_ECONFIG},
               {"[unit, mobilenetv2]", "only the first step", SB_ECONFIG},
               {"[unit, [unit]]", "a list of embeddings inside a list", SB_ECONFIG},
               {"{pca: {}, unit: {}}", "steps go into a list", SB_ECONFIG},
               {"{file: @/e.npz, trian: a}", "did you mean 'train'?", SB_ECONFIG},
               {"{file: @/no.npz, train: a}", "no file", SB_ENOTFOUND}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_fails(&p.t, parse(&p, "fashion-mnist", bad[i].text, &e), bad[i].status, bad[i].words);
    test_places_release(&p);
}
END_TEST

/* Rows begin with the number of their row in the file. */
static size_t wrong_rows(const sb_dataset *d)
{
    size_t wrong = 0;
    for (size_t i = 0; i < d->train.x.n; i++)
        wrong += sb_mat_row(d->train.x, i)[0] != (float)(d->row[0] ? d->row[0][i] : i);
    for (size_t i = 0; i < d->test.x.n; i++)
        wrong += sb_mat_row(d->test.x, i)[0] != (float)(d->row[1] ? d->row[1][i] : 1000 + i);
    return wrong;
}

START_TEST(files_are_laid_beside_the_rows)
{
    test_places p;
    test_places_init(&p, NULL);
    write_arrays(&p);
    static const char npz[] = "{file: @/e.npz, train: a, test: b, labels: {train: ya, test: yb}}";
    sb_dataset a, b, raw;
    ck_assert_ok(&p.t, test_open(&p, own, npz, &a));
    ck_assert_uint_eq(a.train.x.d, E);
    ck_assert_uint_eq(a.test.x.n, TEST);
    ck_assert_uint_eq(wrong_rows(&a), 0);
    ck_assert_ok(&p.t, test_open(&p, own, "{file: @/e.npy, test_file: @/et.npy}", &b));
    ck_assert_str_eq(a.content, b.content); /* another container, the same content */
    ck_assert_ok(&p.t, test_open(&p, own, "raw", &raw));
    ck_assert(strcmp(a.content, raw.content) != 0);
    ck_assert_int_eq(memcmp(a.train.label, raw.train.label, N * sizeof(int32_t)), 0);
    sb_dataset_close(&a);
    sb_dataset_close(&b);
    sb_dataset_close(&raw);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, labels: @/y.npy, rows: 20}",
                                 "{file: @/e.npz, train: a, labels: {train: ya}}", &a));
    ck_assert_uint_eq(a.train.x.n, 20);
    ck_assert_uint_eq(wrong_rows(&a), 0);
    sb_dataset_close(&a);
    static const char split[] = "{file: @/x.npy, labels: @/y.npy, test_fraction: 0.3, rows: 20}";
    ck_assert_ok(&p.t, test_open(&p, split, "{file: @/e.npy}", &a)); /* one array serves both parts of a split */
    ck_assert_uint_eq(a.test.x.n, 15);
    ck_assert_uint_eq(wrong_rows(&a), 0);
    sb_dataset_close(&a);
    static const char *const bad[][2] = {
        {"{file: @/e.npz, train: a}", "it has no rows for the 10 of the test part"},
        {"{file: @/e.npz, train: b, test: b}", "data set 'x', embedding 'e': 10 rows, but the training part has 50"},
        {"{file: @/e.npz, train: a, test: a}", "50 rows, but the test part has 10"},
        {"{file: @/e.npy, test_file: @/xt.npy}", "test part has 4 features, training part 3"},
        {"{file: @/e.npz, train: a, test: b, labels: {train: yb}}", "10 rows, but the training part"},
        {"{file: @/e.npz, train: a, test: b, labels: {test: b}}", "its label of row 0 is 1000, the data set's 0"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_fails(&p.t, test_open(&p, own, bad[i][0], &a), SB_EDATA, bad[i][1]);
    test_places_release(&p);
}
END_TEST

/* standardise, then rows of length 1, done again here with plain loops */
START_TEST(chains_apply_in_order)
{
    test_places p;
    test_places_init(&p, NULL);
    write_arrays(&p);
    sb_dataset raw, d;
    ck_assert_ok(&p.t, test_open(&p, own, "raw", &raw));
    ck_assert_ok(&p.t, test_open(&p, own, "[raw, standardise, unit]", &d));
    double mean[D] = {0}, var[D] = {0}, worst = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++) mean[j] += (double)sb_mat_row(raw.train.x, i)[j] / N;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++) var[j] += pow((double)sb_mat_row(raw.train.x, i)[j] - mean[j], 2) / N;
    for (size_t part = 0; part < 2; part++) {
        const sb_mat from = part ? raw.test.x : raw.train.x, to = part ? d.test.x : d.train.x;
        for (size_t i = 0; i < from.n; i++) {
            double z[D], norm2 = 0;
            for (size_t j = 0; j < D; j++)
                z[j] = ((double)sb_mat_row(from, i)[j] - mean[j]) / sqrt(var[j]), norm2 += z[j] * z[j];
            for (size_t j = 0; j < D; j++) worst = fmax(worst, fabs(z[j] / sqrt(norm2) - (double)sb_mat_row(to, i)[j]));
        }
    }
    ck_assert_double_le(worst, 8 * 6e-8); /* two roundings to float32 of values up to 1, and of z up to 3 before */
    sb_dataset_close(&d);
    sb_dataset_close(&raw);
    test_places_release(&p);
}
END_TEST

START_TEST(steps_are_cached_by_content)
{
    test_places p;
    test_places_init(&p, NULL);
    write_arrays(&p);
    sb_dataset d;
    const char *name[16];
    ck_assert_ok(&p.t, test_open(&p, own, "[{file: @/e.npz, train: a, test: b}, standardise]", &d));
    sb_dataset_close(&d);
    ck_assert_uint_eq(test_cache_files(&p, name), 3);
    ck_assert_ok(&p.t, test_open(&p, own, "[{file: @/e.npz, train: a, test: b}, standardise, unit]", &d));
    sb_dataset_close(&d);
    ck_assert_uint_eq(test_cache_files(&p, name), 4); /* the first three are used again */
    ck_assert_ok(&p.t, test_open(&p, own, "[{file: @/e.npy, test_file: @/et.npy}, standardise]", &d));
    sb_dataset_close(&d);
    ck_assert_uint_eq(test_cache_files(&p, name), 5); /* equal features: the transform is not run again */
    ck_assert_ok(&p.t, test_open(&p, own, "[{file: @/e.npz, train: a, test: b}, {standardise: {}}]", &d));
    sb_dataset_close(&d);
    ck_assert_uint_eq(test_cache_files(&p, name), 5); /* nor when it is written in another way */
    test_places_release(&p);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    test_places p;
    test_places_init(&p, NULL);
    write_arrays(&p);
    const sb_yaml *node = test_yaml(&p, own),
                  *chain = test_yaml(&p, "[{file: @/e.npz, train: a, test: b, labels: {train: ya}}, unit]");
    sb_dataset d;
    for (size_t k = 0;; k++) {
        ck_assert_uint_lt(k, 3000);
        sb_dataset_spec *spec = NULL;
        sb_embedding_spec *e = NULL;
        sb_arena_fail_at(p.t.cx.arena, k);
        sb_status st = sb_dataset_parse(node, &p.places, &p.t.cx, &spec);
        if (st == SB_OK) st = sb_embedding_parse(chain, spec, &p.places, &p.t.cx, &e);
        if (st == SB_OK) st = sb_dataset_open(spec, e, &p.places, &p.t.cx, &d);
        sb_arena_fail_at(p.t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s: %s", k, sb_status_text(st), p.t.err.text);
    }
    ck_assert_uint_eq(d.train.x.d, E);
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("embedding");
    TCase *c = tcase_create("embedding");
    tcase_add_test(c, entries_are_named_and_bad_ones_refused);
    tcase_add_test(c, files_are_laid_beside_the_rows);
    tcase_add_test(c, chains_apply_in_order);
    tcase_add_test(c, steps_are_cached_by_content);
    tcase_add_test(c, every_allocation_may_fail);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
