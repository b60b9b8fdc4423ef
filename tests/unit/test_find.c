/* Where files come from: mirrors, folders, downloads (from file:// addresses), and what is said when there is none. */
#include <zlib.h>

#include "hash.h"
#include "test_places.h"

enum { N = 6, D = 2 };

/* A data set "tiny" of two IDX files, written to `folder` of the test; its YAML has their checksums. */
static void write_files(test_places *p, const char *folder, bool gz)
{
    unsigned char x[12 + N * D] = {0, 0, 8, 2, 0, 0, 0, N, 0, 0, 0, D}, y[8 + N] = {0, 0, 8, 1, 0, 0, 0, N};
    for (size_t i = 0; i < N * D; i++) x[12 + i] = (unsigned char)(i * 5);
    for (size_t i = 0; i < N; i++) y[8 + i] = i % 2;
    ck_assert_ok(&p->t, sb_file_mkdirs(test_path(p, folder), &p->t.cx));
    const char *xname = sb_file_join(p->t.cx.arena, folder, "x.idx"),
               *yname = sb_file_join(p->t.cx.arena, folder, "y.idx");
    test_write(p, yname, y, sizeof y);
    if (!gz) {
        test_write(p, xname, x, sizeof x);
        return;
    }
    gzFile f = gzopen(test_path(p, xname), "wb"); /* under the same name: it is the content that is pinned */
    ck_assert_int_eq(gzwrite(f, x, sizeof x), (int)sizeof x);
    ck_assert_int_eq(gzclose(f), Z_OK);
}

static void hex_of(test_places *p, const char *name, char hex[SB_HASH_HEX])
{
    char *bytes;
    size_t size;
    ck_assert_ok(&p->t, sb_file_read(test_path(p, name), 1000, &p->t.cx, &bytes, &size));
    sb_hash_hex_of(bytes, size, hex);
}

/* more: further lines of the YAML; "@/" stands for the test's folder */
static void write_yaml(test_places *p, const char *more)
{
    char x[SB_HASH_HEX], y[SB_HASH_HEX];
    write_files(p, "plain", false);
    hex_of(p, "plain/x.idx", x);
    hex_of(p, "plain/y.idx", y);
    sb_buf b = {.arena = p->t.cx.arena};
    sb_buf_add(
        &b,
        "name: tiny\ntitle: t\nkind: classification\nlicence: l\nsource: s\nreader: idx\nshape: {n: 6, d: 2, c: 2}\n");
    for (const char *at; (at = strstr(more, "@/")); more = at + 1)
        sb_buf_add(&b, "%.*s%s", (int)(at - more), more, p->folder);
    sb_buf_add(&b,
               "%s\nfiles:\n  train_features: {name: x.idx, sha256: %s}\n  train_labels: {name: y.idx, sha256: %s}\n",
               more, x, y);
    test_write(p, "home/datasets/tiny.yaml", b.text, b.size);
}

static sb_status open_tiny(test_places *p)
{
    sb_dataset d;
    const sb_status st = test_open(p, "tiny", "raw", &d);
    if (st == SB_OK) ck_assert(sb_mat_row(d.train.x, 2)[1] == 25 && d.train.label[3] == 1);
    sb_dataset_close(&d);
    return st;
}

START_TEST(mirrors_and_folders_are_looked_through)
{
    static const char *const folder[] = {"mirror", "mirror/tiny", "package"};
    for (size_t i = 0; i < 3; i++)
        for (int gz = 0; gz < 2; gz++) {
            test_places p;
            test_places_init(&p, NULL);
            write_yaml(&p, "folders: [@/package]");
            write_files(&p, folder[i], gz);
            ck_assert_ok(&p.t, open_tiny(&p));
            test_places_release(&p);
        }
    test_places p;
    test_places_init(&p, NULL);
    write_yaml(&p, "");
    static const char *const name[] = {"x.idx", "y.idx"};
    for (size_t i = 0; i < 2; i++) { /* named by their checksum */
        char hex[SB_HASH_HEX];
        const char *from = sb_str_format(p.t.cx.arena, "plain/%s", name[i]);
        hex_of(&p, from, hex);
        ck_assert_int_eq(rename(test_path(&p, from), sb_file_join(p.t.cx.arena, p.mirror[0], hex)), 0);
    }
    ck_assert_ok(&p.t, open_tiny(&p));
    test_places_release(&p);
}
END_TEST

START_TEST(a_file_of_the_same_name_does_not_hide_the_right_one)
{
    test_places p;
    test_places_init(&p, NULL);
    write_yaml(&p, "folders: [@/package]");
    write_files(&p, "package", false);
    test_write(&p, "mirror/x.idx", "another x", 9);
    ck_assert_ok(&p.t, open_tiny(&p));
    test_places_release(&p);
}
END_TEST

START_TEST(wrong_content_names_both_checksums)
{
    test_places p;
    test_places_init(&p, NULL);
    char expected[SB_HASH_HEX], found[SB_HASH_HEX];
    write_yaml(&p, "");
    hex_of(&p, "plain/x.idx", expected);
    test_write(&p, "mirror/x.idx", "another x", 9);
    hex_of(&p, "mirror/x.idx", found);
    ck_assert_fails(&p.t, open_tiny(&p), SB_EDATA, expected);
    ck_assert_ptr_nonnull(strstr(p.t.err.text, found));
    write_files(&p, "mirror", true);
    char *bytes;
    size_t size;
    ck_assert_ok(&p.t, sb_file_read(test_path(&p, "mirror/x.idx"), 1000, &p.t.cx, &bytes, &size));
    test_write(&p, "mirror/x.idx", bytes, size - 3);
    ck_assert_fails(&p.t, open_tiny(&p), SB_EDATA, "mirror/x.idx': compressed data is cut short");
    const char *name[16];
    ck_assert_uint_eq(test_cache_files(&p, name), 0);
    test_places_release(&p);
}
END_TEST

START_TEST(nothing_found_says_where_and_how)
{
    test_places p;
    test_places_init(&p, NULL);
    write_yaml(&p, "folders: [@/package]\npackage: tiny-data\nurls: [\"file://@/web/\"]");
    write_files(&p, "web", false);
    ck_assert_fails(&p.t, open_tiny(&p), SB_ENOTFOUND, "apt install tiny-data");
    static const char *const words[] = {"no file 'x.idx' (train_features of 'tiny')",
                                        "mirror/tiny/x.idx",
                                        "mirror/x.idx",
                                        "package/x.idx",
                                        "cache/files/",
                                        "the network is switched off"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(p.t.err.text, words[i]) != NULL, "'%s' lacks '%s'", p.t.err.text, words[i]);
    test_places_release(&p);
}
END_TEST

static size_t kept_files(test_places *p)
{
    const char **name;
    size_t n = 0;
    return sb_file_list(test_path(p, "cache/files"), &p->t.cx, &name, &n) == SB_OK ? n : 0;
}

START_TEST(downloads_are_checked_and_kept)
{
    test_places p;
    test_places_init(&p, NULL);
    p.places.offline = false;
    write_yaml(&p, "urls: [\"file://@/nowhere/\", \"file://@/web/\", \"file://@/wrong/\"]");
    ck_assert_ok(&p.t, sb_file_mkdirs(test_path(&p, "wrong"), &p.t.cx));
    test_write(&p, "wrong/x.idx", "another x", 9);
    ck_assert_fails(&p.t, open_tiny(&p), SB_EDATA, "not kept");
    ck_assert_ptr_nonnull(strstr(p.t.err.text, "/nowhere/x.idx: "));
    ck_assert_uint_eq(kept_files(&p), 0);
    write_files(&p, "web", true);
    ck_assert_ok(&p.t, open_tiny(&p));
    ck_assert_uint_eq(kept_files(&p), 2);
    p.places.offline = true; /* what was fetched serves when the parsed cache is gone */
    const char *name[16];
    ck_assert_uint_eq(test_cache_files(&p, name), 1);
    ck_assert_int_eq(remove(name[0]), 0);
    ck_assert_ok(&p.t, open_tiny(&p));
    test_places_release(&p);
}
END_TEST

/* The YAML of "tiny" with another line for its shape. */
static void change_shape(test_places *p, const char *line)
{
    char *text;
    size_t size;
    ck_assert_ok(&p->t, sb_file_read(test_path(p, "home/datasets/tiny.yaml"), 10000, &p->t.cx, &text, &size));
    const char *at = strstr(text, "shape:"), *end = strchr(at, '\n');
    const char *changed = sb_str_format(p->t.cx.arena, "%.*s%s%s", (int)(at - text), text, line, end);
    test_write(p, "home/datasets/tiny.yaml", changed, strlen(changed));
}

START_TEST(declared_shape_must_be_met)
{
    static const char *const bad[][2] = {{"shape: {n: 7, d: 2, c: 2}", "6 training rows, but 7 are declared"},
                                         {"shape: {n: 6, d: 3, c: 2}", "2 features, but 3 are declared"},
                                         {"shape: {n: 6, n_test: 1, d: 2, c: 2}", "0 test rows, but 1 are declared"}};
    for (size_t i = 0; i < 3; i++) {
        test_places p;
        test_places_init(&p, NULL);
        write_yaml(&p, "");
        write_files(&p, "mirror", false);
        change_shape(&p, bad[i][0]);
        ck_assert_fails(&p.t, open_tiny(&p), SB_EDATA, bad[i][1]);
        test_places_release(&p);
    }
}
END_TEST

START_TEST(the_last_rows_can_be_the_test_part)
{
    test_places p;
    test_places_init(&p, NULL);
    write_yaml(&p, "");
    write_files(&p, "mirror", false);
    change_shape(&p, "shape: {n: 4, n_test: 2, d: 2, c: 2}\nsplit: {test_last: 2}");
    sb_dataset d;
    ck_assert_ok(&p.t, test_open(&p, "tiny", "raw", &d));
    ck_assert(d.train.x.n == 4 && d.test.x.n == 2);
    for (size_t i = 0; i < N; i++) { /* by the rule of write_files */
        const sb_data *part = i < 4 ? &d.train : &d.test;
        const size_t k = i < 4 ? i : i - 4;
        ck_assert(sb_mat_row(part->x, k)[0] == (float)(i * D * 5) && part->label[k] == (int32_t)(i % 2));
        ck_assert_uint_eq(d.row[i < 4 ? 0 : 1][k], i);
    }
    sb_dataset_close(&d);
    ck_assert_ok(&p.t, test_open(&p, "{name: tiny, rows: 3}", "raw", &d));
    for (size_t i = 0; i < 3; i++) ck_assert(sb_mat_row(d.train.x, i)[0] == (float)(d.row[0][i] * D * 5));
    sb_dataset_close(&d);
    write_yaml(&p, "");
    change_shape(&p, "shape: {n: 4, n_test: 2, d: 2, c: 2}\nsplit: {test_last: 6}");
    ck_assert_fails(&p.t, test_open(&p, "tiny", "raw", &d), SB_EDATA, "a test part of 6 of 6 rows");
    static const char *const bad[][2] = {
        {"{test_last: 0}", "'test_last' is 0"},
        {"{test_last: 2, test_fraction: 0.1}", "either 'test_fraction' or 'test_last'"},
        {"{seed: 2}", "either 'test_fraction' or 'test_last'"}};
    for (size_t i = 0; i < 3; i++) {
        write_yaml(&p, "");
        change_shape(&p, sb_str_format(p.t.cx.arena, "shape: {n: 4, n_test: 2, d: 2, c: 2}\nsplit: %s", bad[i][0]));
        ck_assert_fails(&p.t, test_open(&p, "tiny", "raw", &d), SB_ECONFIG, bad[i][1]);
    }
    test_places_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("find");
    TCase *c = tcase_create("find");
    tcase_add_test(c, mirrors_and_folders_are_looked_through);
    tcase_add_test(c, a_file_of_the_same_name_does_not_hide_the_right_one);
    tcase_add_test(c, wrong_content_names_both_checksums);
    tcase_add_test(c, nothing_found_says_where_and_how);
    tcase_add_test(c, downloads_are_checked_and_kept);
    tcase_add_test(c, declared_shape_must_be_met);
    tcase_add_test(c, the_last_rows_can_be_the_test_part);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
