/* Data sets: their entries in a config, their YAML, what is read from files, and what is refused. */
#include <zlib.h>

#include "hash.h"
#include "test_places.h"

/* ---- entries of a config */

START_TEST(entries_are_parsed_and_named)
{
    test_places p;
    test_places_init(&p, SB_SOURCE_DIR);
    static const struct {
        const char *text, *name;
        size_t n, d;
    } good[] = {{"fashion-mnist", "fashion-mnist", 60000, 784},
                {"{name: fashion-mnist, rows: 1e4}", "fashion-mnist{rows=10000}", 10000, 784},
                {"skmm", "skmm", 2000, 2400},
                {"{name: skmm, options: {n: 500, d: 50}, rows: 100}", "skmm{n=500, d=50, rows=100}", 100, 50},
                {"{name: skmm, as: mixture}", "mixture", 2000, 2400},
                {"gas", "gas", 2052, 128},
                {"{name: gas, split: none}", "gas{split=none}", 2565, 128},
                {"fashion-mnist-completion", "fashion-mnist-completion", 60000, 392}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        sb_dataset_spec *spec = NULL;
        ck_assert_ok(&p.t, sb_dataset_parse(test_yaml(&p, good[i].text), &p.places, &p.t.cx, &spec));
        ck_assert_str_eq(sb_dataset_spec_info(spec)->name, good[i].name);
        ck_assert_uint_eq(sb_dataset_spec_info(spec)->n, good[i].n);
        ck_assert_uint_eq(sb_dataset_spec_info(spec)->d, good[i].d);
    }
    static const struct {
        const char *text, *words;
        sb_status status;
    } bad[] = {
        {"fashion-mnits", "config.yaml:1:1: unknown data set 'fashion-mnits', did you mean 'fashion-mnist'?",
         SB_ENOTFOUND},
        {"../passwd", "unknown data set '../passwd'", SB_ENOTFOUND},
        {"{nam: mnist}", "did you mean 'name'?", SB_ECONFIG},
        {"{rows: 5}", "needs 'name'", SB_ECONFIG},
        {"{name: mnist, options: {n: 5}}", "config.yaml:1:24: 'options' are for generators", SB_ECONFIG},
        {"{name: mnist, rows: 70000}", "'rows' is 70000, above the 60000 training rows", SB_ECONFIG},
        {"{name: mnist, rows: 0}", "'rows' is 0", SB_ECONFIG},
        {"{name: mnist, split: none}", "config.yaml:1:22: 'split: none' is for data sets whose test part", SB_ECONFIG},
        {"{name: gas, split: half}", "'split' is 'half', only 'none'", SB_ECONFIG},
        {"{name: skmm, options: {std_mx: 1}}", "did you mean 'std_max'?", SB_ECONFIG},
        {"{name: skmm, options: {n: 1}}", "'n' is 1, outside 2", SB_ECONFIG},
        {"[mnist]", "not a list", SB_ECONFIG},
        {"{file: @/none.npy, labels: @/none.npy}", "config.yaml:1:8: no file", SB_ENOTFOUND},
        {"{file: @/none.npy}", "needs one of 'labels'", SB_ECONFIG},
        {"{file: @/none.npy, labels: a, targets: b}", "needs one of 'labels'", SB_ECONFIG},
        {"{file: @/none.npy, target_column: last}", "needs 'kind'", SB_ECONFIG},
        {"{file: x, labels: y, target_columns: [3, 3]}", "needs one of", SB_ECONFIG},
        {"{file: x, target_columns: [3, 3]}", "'target_columns' must be [begin, end]", SB_ECONFIG},
        {"{file: x, labels: y, kind: regression}", "'kind' is 'regression'", SB_ECONFIG},
        {"{file: x, labels: y, test_fraction: 1}", "'test_fraction' is 1, outside", SB_ECONFIG},
        {"{file: x, labels: y, label_values: [1, 1]}", "stands twice", SB_ECONFIG}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sb_dataset_spec *spec = NULL;
        ck_assert_fails(&p.t, sb_dataset_parse(test_yaml(&p, bad[i].text), &p.places, &p.t.cx, &spec), bad[i].status,
                        bad[i].words);
    }
    test_places_release(&p);
}
END_TEST

START_TEST(all_shipped_sets_are_listed_in_order)
{
    test_places p;
    test_places_init(&p, SB_SOURCE_DIR);
    const sb_dataset_info *info = NULL;
    size_t n = 0;
    ck_assert_ok(&p.t, sb_dataset_list(&p.places, &p.t.cx, &info, &n));
    bool skmm = false, fashion = false;
    for (size_t i = 0; i < n; i++) {
        if (i) ck_assert(strcmp(info[i - 1].name, info[i].name) < 0);
        ck_assert(*info[i].title && *info[i].licence && *info[i].source && info[i].n && info[i].d);
        skmm |= info[i].generated && strcmp(info[i].name, "skmm") == 0;
        if (strcmp(info[i].name, "fashion-mnist") == 0) fashion = strcmp(info[i].embedding[0], "mobilenetv2") == 0;
    }
    ck_assert(skmm && fashion);
    test_places_release(&p);
}
END_TEST

/* ---- the YAML of a data set: one line of a good file is replaced by a bad one */

static const char *const lines[] = {"name: tiny",
                                    "title: Tiny",
                                    "kind: classification",
                                    "licence: none",
                                    "source: here",
                                    "shape: {n: 4, n_test: 2, d: 3, c: 2}",
                                    "reader: idx",
                                    "files:",
                                    "  train_features: {name: x.idx, sha256: SHA}",
                                    "  train_labels: {name: y.idx, sha256: SHA}",
                                    "  test_features: {name: xt.idx, sha256: SHA}",
                                    "  test_labels: {name: yt.idx, sha256: SHA}"};
enum { LINES = sizeof lines / sizeof *lines };

static void write_yaml(test_places *p, size_t line, const char *instead)
{
    static const char sha[] = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db";
    sb_buf b = {.arena = p->t.cx.arena};
    for (size_t i = 0; i < LINES; i++) {
        const char *text = i == line ? instead : lines[i], *at;
        for (; (at = strstr(text, "SHA")); text = at + 3) sb_buf_add(&b, "%.*s%s", (int)(at - text), text, sha);
        sb_buf_add(&b, "%s\n", text);
    }
    test_write(p, "home/datasets/tiny.yaml", b.text, b.size);
}

START_TEST(bad_yaml_is_refused_with_its_place)
{
    static const struct {
        size_t line;
        const char *instead, *words;
    } bad[] = {{0, "name: other", "tiny.yaml:1:7: 'name' is 'other', but the file is 'tiny.yaml'"},
               {0, "name: Tiny", "small letters"},
               {1, "titel: Tiny", "tiny.yaml:2:1: unknown key 'titel', did you mean 'title'?"},
               {1, "", "lacks 'title'"},
               {2, "kind: clustering", "tiny.yaml:3:7: 'kind' is 'clustering'"},
               {2, "kind: regression", "'shape' of a regression"},
               {3, "", "lacks 'licence'"},
               {5, "", "lacks 'shape'"},
               {5, "shape: {n: 4, d: 3, c: 1}", "'c' is 1, outside 2"},
               {5, "shape: {n: 4, d: 3, t: 1}", "'shape' of a classification"},
               {5, "shape: {n: 4, d: 3, k: 1}", "tiny.yaml:6:21: unknown key 'k'"},
               {6, "divide: 0", "'divide' is 0, outside"},
               {6, "divide: nan", "'divide' is nan, outside"},
               {6, "from: mnist", "needs either 'files' or 'from'"},
               {6, "split: {test_fraction: 0.2}", "'split' is for data without a test part"},
               {6, "target_column: last", "exclude each other"},
               {6, "label_values: [1, 2, 3]", "3 'label_values' for 2 classes"},
               {6, "embeddings: {raw: {}}", "'raw' is every data set's own features"},
               {6, "embeddings: {clip: {name: c.npy, sha256: SHA}}", "lacks 'licence'"},
               {6, "embeddings: {clip: {name: c.npy, licence: x}}", "lacks 'sha256'"},
               {8, "  train_features: {name: x.idx, sha256: 12}", "'sha256' is not 64"},
               {8, "  train_features: {name: x.idx}", "lacks 'sha256'"},
               {8, "  train_features: {name: x.idx, packed_sha256: 12}", "'packed_sha256' is not 64"},
               {8, "  train_features: {name: x.idx, sha256: SHA, packed_sha256: SHA}", "exclude each other"},
               {8, "  train_features: {name: a/x.idx, sha256: SHA}", "without folders"},
               {8, "  train_features: {name: x.idx, sha25: SHA}", "unknown key 'sha25', did you mean 'sha256'"},
               {8, "", "'files' lacks 'train_features'"},
               {8, "  train_features: {name: x.idx, sha256: SHA, reader: cvs}",
                "tiny.yaml:9:115: unknown reader 'cvs', did you mean 'csv'?"},
               {6, "reader: cvs", "tiny.yaml:7:9: unknown reader 'cvs', did you mean 'csv'?"},
               {8, "  train_features: {name: x.csv, sha256: SHA, reader: csv, options: {heder: yes}}",
                "format 'csv': unknown option 'heder', did you mean 'header'?"},
               {8, "  train_features: {name: x.idx, sha256: SHA, member: a}", "tiny.yaml:9:"},
               {9, "  train_targets: {name: y.idx, sha256: SHA}", "'train_targets' does not fit this 'kind'"},
               {9, "", "'files' lacks 'train_labels'"},
               {10, "", "'files' lacks 'test_features'"},
               {11, "", "'files' lacks 'test_labels'"}};
    test_places p;
    test_places_init(&p, NULL);
    sb_dataset_spec *spec = NULL;
    write_yaml(&p, LINES, "");
    ck_assert_ok(&p.t, sb_dataset_parse(test_yaml(&p, "tiny"), &p.places, &p.t.cx, &spec));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_yaml(&p, bad[i].line, bad[i].instead);
        ck_assert_fails(&p.t, sb_dataset_parse(test_yaml(&p, "tiny"), &p.places, &p.t.cx, &spec), SB_ECONFIG,
                        bad[i].words);
    }
    test_places_release(&p);
}
END_TEST

/* ---- data that are wrong: the message names the file, or the line that is not true */

static void write_own(test_places *p, const char *shape, const char *sum)
{
    sb_buf b = {.arena = p->t.cx.arena};
    sb_buf_add(&b,
               "name: own\ntitle: Own\nkind: classification\nlicence: none\nsource: here\n%s\n"
               "target_column: last\nfiles:\n  train_features: {name: own.csv, sha256: %s}\n",
               shape, sum);
    test_write(p, "home/datasets/own.yaml", b.text, b.size);
}

START_TEST(a_false_shape_is_refused_with_a_full_cache_too)
{
    static const char rows[] = "a,b,y\n1,2,0\n3,4,1\n5,6,1\n";
    static const char good[] = "shape: {n: 3, d: 2, c: 2}";
    static const struct {
        const char *shape, *words;
    } bad[] = {{"shape: {n: 4, d: 2, c: 2}", "own.yaml:6:8: 3 training rows, but 4 are declared"},
               {"shape: {n: 3, d: 3, c: 2}", "own.yaml:6:8: 2 features, but 3 are declared"},
               {"shape: {n: 3, d: 2, c: 2, n_test: 1}", "own.yaml:6:8: 0 test rows, but 1 are declared"}};
    test_places p;
    test_places_init(&p, NULL);
    char sum[SB_HASH_HEX];
    sb_hash_hex_of(rows, sizeof rows - 1, sum);
    test_write(&p, "mirror/own.csv", rows, sizeof rows - 1);
    sb_dataset d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_own(&p, good, sum);
        ck_assert_ok(&p.t, test_open(&p, "own", "raw", &d));
        sb_dataset_close(&d);
        write_own(&p, bad[i].shape, sum);
        for (size_t again = 0; again < 2; again++)
            ck_assert_fails(&p.t, test_open(&p, "own", "raw", &d), SB_EDATA, bad[i].words);
    }
    test_places_release(&p);
}
END_TEST

/* ---- Fashion-MNIST of the system package, read here again with zlib alone */

static const char folder[] = "/usr/share/datasets/fashion-mnist";

static unsigned char *gunzip(sb_ctx *cx, const char *name, size_t skip, size_t size)
{
    gzFile f = gzopen(sb_file_join(cx->arena, folder, name), "rb");
    ck_assert_ptr_nonnull(f);
    unsigned char *bytes = SB_NEW(cx->arena, skip + size, unsigned char);
    ck_assert_int_eq(gzread(f, bytes, (unsigned)(skip + size)), (int)(skip + size));
    (void)gzclose(f);
    return bytes + skip;
}

static void compare_part(sb_ctx *cx, const sb_data *part, const char *images, const char *labels, size_t n)
{
    ck_assert_uint_eq(part->x.n, n);
    ck_assert_uint_eq(part->x.d, 784);
    const unsigned char *pixel = gunzip(cx, images, 16, n * 784), *label = gunzip(cx, labels, 8, n);
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        wrong += part->label[i] != label[i];
        for (size_t j = 0; j < 784; j++) wrong += sb_mat_row(part->x, i)[j] != (float)(pixel[i * 784 + j] / 255.0);
    }
    ck_assert_uint_eq(wrong, 0);
}

START_TEST(fashion_mnist_is_read_as_it_is)
{
    test_places p;
    test_places_init(&p, SB_SOURCE_DIR);
    sb_dataset d, again, few;
    ck_assert_ok(&p.t, test_open(&p, "fashion-mnist", "raw", &d));
    ck_assert_uint_eq(d.train.c, 10);
    ck_assert_ptr_null(d.row[0]);
    compare_part(&p.t.cx, &d.train, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", 60000);
    compare_part(&p.t.cx, &d.test, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 10000);
    const uint64_t begin = sb_clock_ns();
    ck_assert_ok(&p.t, test_open(&p, "fashion-mnist", "raw", &again));
    ck_assert_msg(sb_clock_ns() - begin < 200000000, "opening twice took %.0f ms",
                  (double)(sb_clock_ns() - begin) / 1e6);
    ck_assert_str_eq(again.content, d.content);
    ck_assert_ok(&p.t, test_open(&p, "{name: fashion-mnist, rows: 500}", "raw", &few));
    ck_assert_uint_eq(few.train.x.n, 500);
    size_t wrong = 0;
    for (size_t i = 0; i < 500; i++) {
        wrong += i && few.row[0][i] <= few.row[0][i - 1];
        wrong += few.train.label[i] != d.train.label[few.row[0][i]];
        wrong += memcmp(sb_mat_row(few.train.x, i), sb_mat_row(d.train.x, few.row[0][i]), 784 * sizeof(float)) != 0;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert(strcmp(few.content, d.content) != 0);
    sb_dataset_close(&few);
    sb_dataset_close(&again);

    ck_assert_ok(&p.t, test_open(&p, "{name: fashion-mnist-completion, rows: 300}", "raw", &few));
    ck_assert_uint_eq(few.train.t, 392);
    for (size_t i = 0; i < 300; i++) {
        const float *whole = sb_mat_row(d.train.x, few.row[0][i]);
        wrong += memcmp(sb_mat_row(few.train.x, i), whole, 392 * sizeof(float)) != 0;
        for (size_t j = 0; j < 392; j++) wrong += few.train.y[i * 392 + j] != (double)whole[392 + j];
    }
    ck_assert_uint_eq(wrong, 0);
    sb_dataset_close(&few);
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

START_TEST(planted_groups_come_with_a_generator)
{
    test_places p;
    test_places_init(&p, SB_SOURCE_DIR);
    sb_dataset d;
    ck_assert_ok(&p.t, test_open(&p, "{name: skmm, options: {n: 60, d: 20}, rows: 40}", "raw", &d));
    ck_assert_uint_eq(d.groups, 8);
    ck_assert_uint_eq(d.test.x.n, 0);
    size_t wrong = 0; /* labels are constant in a cluster and rows keep their order */
    for (size_t i = 1; i < 40; i++)
        wrong += d.group[i] < d.group[i - 1] || (d.group[i] == d.group[i - 1] && d.train.y[i] != d.train.y[i - 1]);
    ck_assert_uint_eq(wrong, 0);
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dataset");
    TCase *c = tcase_create("dataset");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, entries_are_parsed_and_named);
    tcase_add_test(c, all_shipped_sets_are_listed_in_order);
    tcase_add_test(c, bad_yaml_is_refused_with_its_place);
    tcase_add_test(c, a_false_shape_is_refused_with_a_full_cache_too);
    tcase_add_test(c, fashion_mnist_is_read_as_it_is);
    tcase_add_test(c, planted_groups_come_with_a_generator);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
