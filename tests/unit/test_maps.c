/* Large files used where they lie: the same content hash and values as when they are read (in Fortran order, which
 * cannot be mapped, they are); what changes or goes is noticed; what cannot be mapped is read. */
#include <sys/stat.h>
#include <utime.h>

#include "maps.h"
#include "test_places.h"

enum { D = 64, N = (64 << 20) / (4 * D) }; /* with the header just above the size from which files are mapped */

static test_places p;
static float *x;
static double *y;

static void set_up(void)
{
    test_places_init(&p, NULL);
    x = SB_NEW(p.t.cx.arena, (size_t)N * D, float);
    y = SB_NEW(p.t.cx.arena, N, double);
    for (size_t i = 0; i < (size_t)N * D; i++) x[i] = (float)(i * 2654435761u % 1000) / 8 - 60;
    for (size_t i = 0; i < N; i++) y[i] = (double)(i % 17);
    test_write_npy(&p, "y.npy", SB_F64, N, 0, y);
}
static void tear_down(void) { test_places_release(&p); }

/* An .npy with the given words in its header; data: N x D elements of `size` bytes. */
static void write_npy(const char *name, const char *descr, const char *order, const void *data, size_t size)
{
    char head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    const int n = snprintf(head + 10, 117, "{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }", descr, order,
                           (int)N, (int)D);
    head[10 + n] = ' ';
    head[127] = '\n';
    FILE *f = fopen(test_path(&p, name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(head, 1, sizeof head, f), sizeof head);
    ck_assert_uint_eq(fwrite(data, size, (size_t)N * D, f), (size_t)N * D);
    ck_assert_int_eq(fclose(f), 0);
}

static off_t cache_bytes(void)
{
    const char *name[16] = {NULL};
    off_t sum = 0;
    struct stat st;
    for (size_t i = 0, n = test_cache_files(&p, name); i < n; i++)
        if (stat(name[i], &st) == 0) sum += st.st_size;
    return sum;
}

START_TEST(a_mapped_file_is_the_file_read)
{
    sb_dataset a, b;
    write_npy("x.npy", "<f4", "False", x, 4);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, targets: @/y.npy}", "raw", &a));
    ck_assert_ptr_nonnull(a.file[0]);
    ck_assert_str_eq(a.file[0], test_path(&p, "x.npy"));
    ck_assert_int_lt(cache_bytes(), N * (off_t)sizeof(double) + 65536); /* the targets, not the features */
    ck_assert_int_eq(memcmp(a.train.x.data, x, (size_t)N * D * sizeof *x), 0);
    ck_assert_int_eq(memcmp(a.train.y, y, N * sizeof *y), 0);
    const size_t mark = sb_arena_mark(p.t.cx.arena);
    float *turned = SB_NEW(p.t.cx.arena, (size_t)N * D, float);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++) turned[j * N + i] = x[i * D + j];
    write_npy("turned.npy", "<f4", "True", turned, 4);
    sb_arena_rewind(p.t.cx.arena, mark);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/turned.npy, targets: @/y.npy}", "raw", &b));
    ck_assert_ptr_null(b.file[0]);
    ck_assert_str_eq(a.content, b.content);
    ck_assert_int_eq(memcmp(a.train.x.data, b.train.x.data, (size_t)N * D * sizeof *x), 0);
    sb_dataset_close(&b);
    sb_dataset_close(&a);
    p.places.verify = true; /* hashes the file itself */
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, targets: @/y.npy}", "raw", &a));
    ck_assert_ptr_nonnull(a.file[0]);
    sb_dataset_close(&a);
}
END_TEST

/* A selection of rows, another scale, a split: copied into the cache, from the mapped file. */
START_TEST(what_is_not_the_whole_file_is_copied)
{
    sb_dataset a;
    write_npy("x.npy", "<f4", "False", x, 4);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, targets: @/y.npy, rows: 1000}", "raw", &a));
    ck_assert_ptr_null(a.file[0]);
    size_t wrong = 0;
    for (size_t i = 0; i < 1000; i++)
        wrong += memcmp(sb_mat_row(a.train.x, i), x + (size_t)a.row[0][i] * D, D * sizeof *x) != 0;
    ck_assert_uint_eq(wrong, 0);
    sb_dataset_close(&a);
    ck_assert_ok(&p.t, test_open(&p, "{file: @/x.npy, targets: @/y.npy, divide: 2}", "raw", &a));
    ck_assert_ptr_null(a.file[0]);
    for (size_t i = 0; i < (size_t)N * D; i += 997) wrong += a.train.x.data[i] != x[i] / 2;
    ck_assert_uint_eq(wrong, 0);
    sb_dataset_close(&a);
}
END_TEST

START_TEST(a_file_that_changes_is_noticed)
{
    sb_dataset a;
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *raw = NULL;
    write_npy("x.npy", "<f4", "False", x, 4);
    ck_assert_ok(&p.t, sb_dataset_features(test_path(&p, "x.npy"), &p.t.cx, &spec));
    ck_assert_ok(&p.t, sb_embedding_parse(test_yaml(&p, "raw"), spec, &p.places, &p.t.cx, &raw));
    ck_assert_ok(&p.t, sb_dataset_open(spec, raw, &p.places, &p.t.cx, &a));
    ck_assert_ptr_null(a.train.y);
    ck_assert_ptr_nonnull(a.file[0]);
    char content[65];
    memcpy(content, a.content, sizeof content);
    sb_dataset_close(&a);
    const struct utimbuf past = {1000, 1000}; /* touched, the content is the same: looked at again, and taken */
    ck_assert_int_eq(utime(test_path(&p, "x.npy"), &past), 0);
    ck_assert_ok(&p.t, sb_dataset_open(spec, raw, &p.places, &p.t.cx, &a));
    ck_assert_str_eq(content, a.content);
    sb_dataset_close(&a);
    x[(size_t)5000 * D + 7] = NAN; /* another content than the one asked for */
    write_npy("x.npy", "<f4", "False", x, 4);
    ck_assert_fails(&p.t, sb_dataset_open(spec, raw, &p.places, &p.t.cx, &a), SB_EDATA, "expected");
    ck_assert_ok(&p.t, sb_dataset_features(test_path(&p, "x.npy"), &p.t.cx, &spec));
    ck_assert_fails(&p.t, sb_dataset_open(spec, raw, &p.places, &p.t.cx, &a), SB_EDATA,
                    "training features: row 5000, column 7 is nan");
    ck_assert_int_eq(remove(test_path(&p, "x.npy")), 0);
    ck_assert_fails(&p.t, sb_dataset_features(test_path(&p, "x.npy"), &p.t.cx, &spec), SB_ENOTFOUND, "x.npy");
}
END_TEST

static bool mapped(const char *name)
{
    sb_maps maps = {0};
    sb_array a = {0};
    bool done = false;
    ck_assert_ok(&p.t, sb_maps_npy(&maps, test_path(&p, name), true, &p.t.cx, &a, &done));
    if (done) ck_assert(sb_maps_outside(&maps, a.data) && a.shape[0] == N && a.shape[1] == D);
    sb_maps_release(&maps);
    return done;
}

START_TEST(only_plain_little_endian_arrays_are_mapped)
{
    write_npy("f4.npy", "<f4", "False", x, 4);
    write_npy("i4.npy", "<i4", "False", x, 4);
    write_npy("big.npy", ">f4", "False", x, 4);
    write_npy("turned.npy", "<f4", "True", x, 4);
    write_npy("u4.npy", "<u4", "False", x, 4); /* becomes 64 bits wide */
    write_npy("cut.npy", "<f4", "False", x, 4);
    ck_assert(mapped("f4.npy") && mapped("i4.npy"));
    ck_assert(!mapped("big.npy") && !mapped("turned.npy") && !mapped("u4.npy") && !mapped("y.npy"));
    ck_assert_int_eq(truncate(test_path(&p, "cut.npy"), 128 + 4 * (off_t)N * D - 4), 0);
    ck_assert(!mapped("cut.npy"));
    ck_assert_int_eq(truncate(test_path(&p, "cut.npy"), 128 + 4 * (off_t)N * D + 4), 0);
    ck_assert(!mapped("cut.npy") && !mapped("missing.npy") && !mapped("."));
    for (size_t k = 0; k < 4; k++) {
        sb_maps maps = {0};
        sb_array a = {0};
        bool done = false;
        const char *path = test_path(&p, "f4.npy");
        sb_arena_fail_at(p.t.cx.arena, k);
        const sb_status st = sb_maps_npy(&maps, path, true, &p.t.cx, &a, &done);
        sb_arena_fail_at(p.t.cx.arena, SIZE_MAX);
        ck_assert_msg(done == (st == SB_OK) && (st == SB_OK || st == SB_ENOMEM), "%zu: %d %s", k, done, p.t.err.text);
        ck_assert_uint_eq(maps.n, done);
        sb_maps_release(&maps);
    }
}
END_TEST

START_TEST(scratch_is_zero_and_leaves_nothing)
{
    sb_maps maps = {0};
    void *a = NULL, *b = NULL;
    const char *folder = test_path(&p, "cache/data"), *name[16] = {NULL};
    const size_t bytes = 3 << 20;
    ck_assert_ok(&p.t, sb_maps_scratch(&maps, folder, bytes, &p.t.cx, &a));
    ck_assert_ok(&p.t, sb_maps_scratch(&maps, folder, bytes, &p.t.cx, &b));
    size_t sum = 0;
    for (size_t i = 0; i < bytes; i++) sum += ((unsigned char *)a)[i] + ((unsigned char *)b)[i];
    ck_assert_uint_eq(sum, 0);
    memset(a, 1, bytes);
    ck_assert(((char *)a)[bytes - 1] == 1 && ((char *)b)[bytes - 1] == 0);
    ck_assert_uint_eq(test_cache_files(&p, name), 0);
    ck_assert_uint_eq(maps.n, 2);
    sb_maps_release(&maps);
    ck_assert_fails(&p.t, sb_maps_scratch(&maps, test_path(&p, "y.npy"), bytes, &p.t.cx, &a), SB_EIO, "y.npy");
    ck_assert_fails(&p.t, sb_maps_scratch(&maps, folder, (size_t)1 << 46, &p.t.cx, &a), SB_EIO, "no room for");
    ck_assert_uint_eq(maps.n, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("maps");
    TCase *c = tcase_create("maps");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, a_mapped_file_is_the_file_read);
    tcase_add_test(c, what_is_not_the_whole_file_is_copied);
    tcase_add_test(c, a_file_that_changes_is_noticed);
    tcase_add_test(c, only_plain_little_endian_arrays_are_mapped);
    tcase_add_test(c, scratch_is_zero_and_leaves_nothing);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
