/* The user's own arrays as a data set: values, splits, hashes, and every fault that data can have. */
#include <float.h>
#include <zlib.h>

#include "test_places.h"

enum { N = 40, D = 3 };

/* Features, labels 0..2, and the same as CSV with the label in the middle column. */
static void write_arrays(test_places *p, float *x)
{
    int64_t label[N];
    sb_buf csv = {.arena = p->t.cx.arena};
    sb_buf_add(&csv, "a,b,class,c\n");
    for (size_t i = 0; i < N; i++) {
        label[i] = (int64_t)(i % 3);
        for (size_t j = 0; j < D; j++) x[i * D + j] = (float)(i * 7 % 11) / 4 - (float)j;
        sb_buf_add(&csv, "%.9g,%.9g,%d,%.9g\n", (double)x[i * D], (double)x[i * D + 1], (int)label[i],
                   (double)x[i * D + 2]);
    }
    test_write_npy(p, "x.npy", SB_F32, N, D, x);
    test_write_npy(p, "label.npy", SB_I64, N, 0, label);
    test_write(p, "all.csv", csv.text, csv.size);
}

START_TEST(arrays_are_read_and_equal_content_has_an_equal_hash)
{
    test_places p;
    test_places_init(&p, NULL);
    float x[N * D];
    write_arrays(&p, x);
    sb_dataset a, b, c;
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, labels: @/label.npy}", "raw", &a));
    ck_assert_uint_eq(a.train.c, 3);
    ck_assert_uint_eq(a.train.x.n, N);
    ck_assert_uint_eq(a.test.x.n, 0);
    ck_assert_int_eq(memcmp(a.train.x.data, x, sizeof x), 0);
    ck_assert_int_eq(a.train.label[5], 2);
    ck_assert_ok(
        &p.t, test_open(&p, "{file: @/all.csv, target_column: class, kind: classification, name: other}", "raw", &b));
    ck_assert_str_eq(a.content, b.content);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/all.csv, target_column: 2, kind: regression}", "raw", &c));
    ck_assert_uint_eq(c.train.t, 1);
    ck_assert_double_eq(c.train.y[5], 2);
    ck_assert(strcmp(a.content, c.content) != 0);
    sb_dataset_close(&a);
    sb_dataset_close(&b);
    sb_dataset_close(&c);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/all.csv, feature_columns: [0, 2], target_columns: [2, 4], divide: 2}",
                                 "raw", &a));
    ck_assert_uint_eq(a.train.x.d, 2);
    ck_assert_uint_eq(a.train.t, 2);
    ck_assert(sb_mat_row(a.train.x, 4)[1] == x[4 * D + 1] / 2);
    ck_assert_double_eq(a.train.y[9], (double)x[4 * D + 2] / 2);
    sb_dataset_close(&a);
    test_places_release(&p);
}
END_TEST

START_TEST(a_split_is_a_partition_that_never_moves)
{
    test_places p;
    test_places_init(&p, NULL);
    float x[N * D];
    write_arrays(&p, x);
    sb_dataset d, other;
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, labels: @/label.npy, test_fraction: 0.25}", "raw", &d));
    ck_assert_uint_eq(d.train.x.n, 30);
    ck_assert_uint_eq(d.test.x.n, 10);
    unsigned seen[N] = {0}, wrong = 0;
    for (size_t part = 0; part < 2; part++) {
        const sb_data *data = part ? &d.test : &d.train;
        for (size_t i = 0; i < data->x.n; i++) {
            const uint32_t row = d.row[part][i];
            seen[row]++;
            wrong += memcmp(sb_mat_row(data->x, i), x + row * D, D * sizeof(float)) != 0 ||
                     data->label[i] != (int32_t)(row % 3);
        }
    }
    for (size_t i = 0; i < N; i++) wrong += seen[i] != 1;
    ck_assert_uint_eq(wrong, 0);
    p.t.cx.seed = 99; /* another experiment */
    p.places.cache = test_path(&p, "cache2");
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, labels: @/label.npy, test_fraction: 0.25}", "raw", &other));
    ck_assert_str_eq(d.content, other.content);
    sb_dataset_close(&other);
    ck_assert_ok(&p.t,
                 test_open(&p, "{file: @/x.npy, labels: @/label.npy, test_fraction: 0.25, rows: 12}", "raw", &other));
    for (size_t i = 0; i < 12; i++) /* a sample of the training part, rows counted in the file */
        wrong += memcmp(sb_mat_row(other.train.x, i), x + other.row[0][i] * D, D * sizeof(float)) != 0;
    for (size_t i = 0; i < 10; i++) wrong += other.row[1][i] != d.row[1][i];
    for (size_t i = 0; i < 12; i++) /* and none of them is a test row */
        for (size_t j = 0; j < 10; j++) wrong += other.row[0][i] == d.row[1][j];
    ck_assert_uint_eq(wrong, 0);
    sb_dataset_close(&other);
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

START_TEST(label_values_number_the_classes)
{
    test_places p;
    test_places_init(&p, NULL);
    float x[N * D];
    int8_t sign[N];
    write_arrays(&p, x);
    for (size_t i = 0; i < N; i++) sign[i] = i % 4 ? 1 : -1;
    test_write_npy(&p, "sign.npy", SB_I8, N, 0, sign);
    sb_dataset d;
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, labels: @/sign.npy, label_values: [-1, 1]}", "raw", &d));
    ck_assert_uint_eq(d.train.c, 2);
    ck_assert_int_eq(d.train.label[0], 0);
    ck_assert_int_eq(d.train.label[1], 1);
    sb_dataset_close(&d);
    ck_assert_fails(&p.t, test_open(&p, "{file: @/x.npy, labels: @/sign.npy}", "raw", &d), SB_EDATA,
                    "training labels: row 0 is -1, not a class number from 0 (label_values");
    ck_assert_fails(&p.t, test_open(&p, "{file: @/x.npy, labels: @/sign.npy, label_values: [0, 1]}", "raw", &d),
                    SB_EDATA, "row 0 is -1, not one of the 2 label_values");
    test_places_release(&p);
}
END_TEST

START_TEST(faults_of_data_name_the_place)
{
    test_places p;
    test_places_init(&p, NULL);
    float x[N * D], wide[N * (D + 1)] = {0};
    int64_t label[N] = {0};
    double half[N] = {0}, large[N * D] = {0};
    write_arrays(&p, x);
    test_write_npy(&p, "one.npy", SB_I64, N, 0, label);
    test_write_npy(&p, "short.npy", SB_I64, N - 1, 0, label);
    label[7] = 5;
    test_write_npy(&p, "five.npy", SB_I64, N, 0, label);
    half[3] = 0.5;
    test_write_npy(&p, "half.npy", SB_F64, N, 0, half);
    half[3] = NAN;
    test_write_npy(&p, "nan-target.npy", SB_F64, N, 0, half);
    test_write_npy(&p, "wide.npy", SB_F32, N, D + 1, wide);
    large[4 * D + 1] = 1e39;
    test_write_npy(&p, "large.npy", SB_F64, N, D, large);
    x[11 * D + 2] = NAN;
    test_write_npy(&p, "nan.npy", SB_F32, N, D, x);
    x[11 * D + 2] = -INFINITY;
    test_write_npy(&p, "inf.npy", SB_F32, N, D, x);
    test_write_npy(&p, "empty.npy", SB_F32, 0, D, x);
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"{file: @/nan.npy, labels: @/label.npy}", "nan.npy': training features: row 11, column 2 is nan"},
        {"{file: @/inf.npy, labels: @/label.npy}", "row 11, column 2 is -inf"},
        {"{file: @/large.npy, labels: @/label.npy}", "row 4, column 1 is 1e+39, too large for float32"},
        {"{file: @/x.npy, targets: @/nan-target.npy}", "training targets: row 3, column 0 is nan"},
        {"{file: @/x.npy, labels: @/half.npy}", "row 3 is 0.5, not a class number"},
        {"{file: @/x.npy, labels: @/one.npy}", "one class only: every training label is 0"},
        {"{file: @/x.npy, labels: @/short.npy}", "39 rows for 40 rows of features"},
        {"{file: @/x.npy, labels: @/x.npy}", "training labels have 3 columns, 1 expected"},
        {"{file: @/x.npy, labels: @/label.npy, test_file: @/wide.npy, test_labels: @/label.npy}",
         "test part has 4 features, training part 3"},
        {"{file: @/x.npy, labels: @/label.npy, test_file: @/x.npy, test_labels: @/five.npy}",
         "test labels: row 7 is 5, outside 0 to 2"},
        {"{file: @/x.npy, labels: @/label.npy, rows: 41}", "'rows' is 41, above the 40"},
        {"{file: @/x.npy, labels: @/label.npy, test_fraction: 0.001}", "a test part of 0 of 40 rows"},
        {"{file: @/all.csv, target_column: klass, kind: regression}", "no column is named 'klass'"},
        {"{file: @/all.csv, target_column: 9, kind: regression}", "'target_column' is 9, but there are 4 columns"},
        {"{file: @/x.npy, feature_columns: [0, 4], labels: @/label.npy}", "columns up to 4 are named, but there are 3"},
        {"{file: @/empty.npy, labels: @/empty.npy}", "0 rows"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sb_dataset d;
        ck_assert_fails(&p.t, test_open(&p, bad[i].text, "raw", &d), SB_EDATA, bad[i].words);
        const char *left[16];
        ck_assert_uint_eq(test_cache_files(&p, left), 0); /* nothing half-made stays */
    }
    sb_dataset d; /* constant columns are data like any other */
    ck_assert_ok(&p.t, test_open(&p, "{file: @/wide.npy, labels: @/label.npy}", "raw", &d));
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

/* Rows i with a = i, missing every fifth; colour red, blue, blue, ...; y = 10 i: means over the training rows only. */
START_TEST(missing_values_become_means_of_training_rows)
{
    test_places p;
    test_places_init(&p, NULL);
    sb_buf csv = {.arena = p.t.cx.arena};
    sb_buf_add(&csv, "a,colour,y\n");
    for (size_t i = 0; i < N; i++) {
        sb_buf_add(&csv, i % 5 == 2 ? "," : "%zu,", i);
        sb_buf_add(&csv, "%s,%zu\n", i % 7 == 3 ? "NA" : i % 3 ? "blue" : "red", 10 * i);
    }
    test_write(&p, "t.csv", csv.text, csv.size);
    sb_dataset d;
    ck_assert_ok(&p.t, test_open(&p,
                                 "{file: {path: @/t.csv, options: {header: yes, missing: mean, onehot: colour}}, "
                                 "target_column: y, kind: regression, test_fraction: 0.25}",
                                 "raw", &d));
    double sum[3] = {0}, known[3] = {0}, worst = 0;
    for (int part = 0; part < 2; part++) { /* train first: its means serve both */
        const sb_data *data = part ? &d.test : &d.train;
        ck_assert_uint_eq(data->x.d, 3);
        for (size_t i = 0; i < data->x.n && !part; i++) {
            const size_t row = d.row[0][i];
            const double value[3] = {(double)row, row % 3 != 0, row % 3 == 0}; /* a, colour=blue, colour=red */
            for (size_t j = 0; j < 3; j++) {
                const bool gone = j ? row % 7 == 3 : row % 5 == 2;
                sum[j] += gone ? 0 : value[j];
                known[j] += !gone;
            }
        }
        for (size_t i = 0; i < data->x.n; i++) {
            const size_t row = d.row[part][i];
            const double value[3] = {(double)row, row % 3 != 0, row % 3 == 0};
            for (size_t j = 0; j < 3; j++) {
                const bool gone = j ? row % 7 == 3 : row % 5 == 2;
                const double want = gone ? sum[j] / known[j] : value[j];
                worst = fmax(worst, fabs((double)sb_mat_row(data->x, i)[j] - want));
            }
            ck_assert(data->y[i] == 10 * (double)row);
        }
    }
    ck_assert_msg(worst <= N * (double)FLT_EPSILON, "%g", worst); /* float32 of values up to N */
    sb_dataset_close(&d);
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"{file: {path: @/t.csv, options: {header: yes, missing: mean, drop: colour}}, target_column: a, kind: "
         "regression}",
         "row 3 lacks its target: 'missing: mean' fills features only"},
        {"{file: {path: @/t.csv, options: {header: yes, missing: mean, codes: colour}}, target_column: y, kind: "
         "regression}",
         "codes have no mean"},
        {"{file: {path: @/t.csv, options: {header: yes, missing: skip, onehot: colour}}, target_column: y, kind: "
         "regression, test_file: {path: @/other.csv, options: {header: yes, onehot: colour}}}",
         "the categories of the two files differ, 'colour: blue|red' in the training part and 'colour: blue|green'"},
        {"{file: @/x.csv, labels: {path: @/l.csv, options: {header: no, codes: 0}}, test_file: @/x.csv, test_labels: "
         "{path: @/m.csv, options: {header: no, codes: 0}}}",
         "differ, '0: cat|dog' in the training part and '0: cat|emu' in the test part"},
        {"{file: {path: @/none.csv, options: {header: yes, missing: mean}}, target_column: y, kind: regression}",
         "column 1, a has no value in the training rows"},
    };
    test_write(&p, "other.csv", "a,colour,y\n1,blue,2\n2,green,3\n", 30);
    test_write(&p, "x.csv", "1,2\n3,4\n", 8);
    test_write(&p, "l.csv", "dog\ncat\n", 8);
    test_write(&p, "m.csv", "emu\ncat\n", 8);
    test_write(&p, "none.csv", "a,y\n,2\n?,3\n", 11);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_fails(&p.t, test_open(&p, bad[i].text, "raw", &d), SB_EDATA, bad[i].words);
    ck_assert_ok(&p.t, test_open(&p,
                                 "{file: {path: @/t.csv, options: {header: yes, missing: skip, onehot: "
                                 "[colour=blue|green|red]}}, target_column: y, kind: regression, test_file: {path: "
                                 "@/other.csv, options: {header: yes, onehot: [colour=blue|green|red]}}}",
                                 "raw", &d));
    ck_assert(d.train.x.d == 4 && d.test.x.n == 2 && sb_mat_row(d.test.x, 1)[2] == 1);
    sb_dataset_close(&d);
    test_places_release(&p);
}
END_TEST

/* Python's archives (tests/data/make_archives.py): folder/a.csv holds "1,2" 100 times, folder/b.csv "3,4" 50 times. */
START_TEST(archives_and_packed_files_are_read_where_they_are)
{
    static const char *const archives[] = {"x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz", "x.zip"};
    static const char *const packed[] = {"a.csv.gz", "a.csv.bz2", "a.csv.xz"};
    test_places p;
    test_places_init(&p, NULL);
    sb_dataset d;
    char content[65] = "";
    for (size_t k = 0; k < 8; k++) {
        const char *text = sb_str_format(
            p.t.cx.arena,
            k < 5 ? "{file: {path: " SB_SOURCE_DIR "/tests/data/archives/%s, inside: [a.csv, folder/b.csv]}, "
                    "target_column: 1, kind: regression, name: t}"
                  : "{file: " SB_SOURCE_DIR "/tests/data/archives/%s, target_column: 1, kind: regression, name: t}",
            k < 5 ? archives[k] : packed[k - 5]);
        ck_assert_ok(&p.t, test_open(&p, text, "raw", &d));
        ck_assert_uint_eq(d.train.x.n, k < 5 ? 150 : 100);
        for (size_t i = 0; i < d.train.x.n; i++)
            ck_assert(d.train.y[i] == (i < 100 ? 2 : 4) && sb_mat_row(d.train.x, i)[0] == (i < 100 ? 1 : 3));
        if (k % 5 == 0) memcpy(content, d.content, sizeof content);
        ck_assert_str_eq(d.content, content); /* whatever it is packed by */
        sb_dataset_close(&d);
    }
    static const struct {
        const char *text, *words;
        sb_status status;
    } bad[] = {
        {"{file: {path: " SB_SOURCE_DIR
         "/tests/data/archives/x.zip, inside: c.csv}, target_column: 1, kind: regression}",
         "x.zip': it has no file 'c.csv', but: ../../evil.csv, folder/a.csv, folder/b.csv", SB_ENOTFOUND},
        {"{file: {path: " SB_SOURCE_DIR "/tests/data/archives/x.zip, inside: []}, target_column: 1, kind: regression}",
         "'inside' names nothing", SB_ECONFIG},
        {"{file: " SB_SOURCE_DIR "/tests/data/archives/x.zip, target_column: 1, kind: regression}",
         "x.zip' is an archive: say what is meant, as in {path: ", SB_ECONFIG},
        {"{file: {path: " SB_SOURCE_DIR "/tests/data/archives/x.zip, inside: a.csv, sha256: "
         "0000000000000000000000000000000000000000000000000000000000000000}, target_column: 1, kind: regression}",
         "has SHA-256 ", SB_EDATA},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        ck_assert_fails(&p.t, test_open(&p, bad[k].text, "raw", &d), bad[k].status, bad[k].words);
    test_places_release(&p);
}
END_TEST

START_TEST(damaged_files_are_refused)
{
    test_places p;
    test_places_init(&p, NULL);
    float x[N * D];
    write_arrays(&p, x);
    unsigned char idx[16 + 20] = {0, 0, 8, 2, 0, 0, 0, 5, 0, 0, 0, 5}; /* 5 x 5 stated, 24 bytes there */
    test_write(&p, "short.idx", idx, sizeof idx);
    gzFile gz = gzopen(test_path(&p, "whole.npy.gz"), "wb");
    char *bytes;
    size_t size;
    ck_assert_ok(&p.t, sb_file_read(test_path(&p, "x.npy"), 1 << 20, &p.t.cx, &bytes, &size));
    ck_assert_int_eq(gzwrite(gz, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(gz), Z_OK);
    ck_assert_ok(&p.t, sb_file_read(test_path(&p, "whole.npy.gz"), 1 << 20, &p.t.cx, &bytes, &size));
    test_write(&p, "cut.npy.gz", bytes, size - 9);
    sb_dataset d;
    ck_assert_ok(&p.t, test_open(&p, "{file: @/whole.npy.gz, labels: @/label.npy}", "raw", &d));
    ck_assert_int_eq(memcmp(d.train.x.data, x, sizeof x), 0);
    sb_dataset_close(&d);
    ck_assert_fails(&p.t, test_open(&p, "{file: @/cut.npy.gz, labels: @/label.npy}", "raw", &d), SB_EFORMAT,
                    "cut.npy.gz");
    ck_assert_fails(&p.t, test_open(&p, "{file: @/short.idx, labels: @/label.npy}", "raw", &d), SB_EFORMAT,
                    "short.idx");
    static const char pinned[] =
        "{file: {path: @/x.npy, sha256: ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db}, "
        "labels: @/label.npy}";
    ck_assert_fails(&p.t, test_open(&p, pinned, "raw", &d), SB_EDATA, "expected ba891046e6505d7aad");
    test_places_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("own data");
    TCase *c = tcase_create("own data");
    tcase_add_test(c, arrays_are_read_and_equal_content_has_an_equal_hash);
    tcase_add_test(c, a_split_is_a_partition_that_never_moves);
    tcase_add_test(c, label_values_number_the_classes);
    tcase_add_test(c, faults_of_data_name_the_place);
    tcase_add_test(c, missing_values_become_means_of_training_rows);
    tcase_add_test(c, archives_and_packed_files_are_read_where_they_are);
    tcase_add_test(c, damaged_files_are_refused);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
