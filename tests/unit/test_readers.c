/* Array readers against files written by NumPy (tests/data/make_arrays.py), cut at every byte, with bytes flipped. */
#include <stdio.h>

#include "file.h"
#include "npy.h"
#include "registry.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/arrays"
enum { LIMIT = 1 << 20 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "readers"); }
static void tear_down(void) { test_ctx_release(&t); }

/* The rule of make_arrays.py, on its own. */
static double expected(char kind, size_t i)
{
    const int v = (int)((7 * i + 3) % 50);
    if (kind == 'b') return v % 2;
    if (kind == 'i') return v - 20;
    return kind == 'f' ? (v - 20) / 8.0 : v;
}

static void check(const char *file, const char *member, char kind, sb_dtype type, size_t dims, size_t rows,
                  size_t width)
{
    sb_array a;
    const char *path = sb_str_format(t.cx.arena, "%s/%s", FOLDER, file);
    const sb_option_text option = {"member", member};
    ck_assert_ok(&t, sb_array_read(path, NULL, &option, member ? 1 : 0, LIMIT, &t.cx, &a));
    ck_assert_msg(a.type == type && a.dims == dims, "%s: dtype %d, %zu dimensions", file, (int)a.type, a.dims);
    ck_assert_uint_eq(sb_array_rows(&a), rows);
    ck_assert_uint_eq(sb_array_width(&a), width);
    float *f = SB_NEW(t.cx.arena, rows * width, float);
    sb_array_floats(&a, 0, rows * width, f);
    for (size_t i = 0; i < rows * width; i++) {
        const double want = expected(kind, i), got = sb_array_at(&a, i / width, i % width);
        ck_assert_msg(got == want && (double)f[i] == want, "%s: element %zu is %g and %g, not %g", file, i, got,
                      (double)f[i], want);
    }
}

START_TEST(numpy_arrays_read_back)
{
    static const struct {
        const char *code;
        sb_dtype type;
    } dtypes[] = {{"b1", SB_U8},  {"u1", SB_U8},  {"i1", SB_I8},  {"u2", SB_I32}, {"i2", SB_I32}, {"u4", SB_I64},
                  {"i4", SB_I32}, {"u8", SB_I64}, {"i8", SB_I64}, {"f2", SB_F16}, {"f4", SB_F32}, {"f8", SB_F64}};
    for (size_t k = 0; k < sizeof dtypes / sizeof *dtypes; k++) {
        const char *c = dtypes[k].code;
        check(sb_str_format(t.cx.arena, "%s.npy", c), NULL, c[0], dtypes[k].type, 2, 3, 4);
        check(sb_str_format(t.cx.arena, "%s_fortran.npy", c), NULL, c[0], dtypes[k].type, 2, 3, 4);
        if (c[1] != '1') check(sb_str_format(t.cx.arena, "%s_big.npy", c), NULL, c[0], dtypes[k].type, 2, 3, 4);
    }
    check("scalar.npy", NULL, 'f', SB_F32, 0, 1, 1);
    check("vector.npy", NULL, 'f', SB_F64, 1, 12, 1);
    check("cube_fortran.npy", NULL, 'f', SB_F32, 3, 2, 6);
    check("empty.npy", NULL, 'f', SB_F32, 2, 0, 4);
    check("version2.npy", NULL, 'f', SB_F32, 2, 3, 4);
    check("version3.npy", NULL, 'f', SB_F32, 2, 3, 4);
    check("f4.npy.gz", NULL, 'f', SB_F32, 2, 3, 4);
    check("two_members.npy.gz", NULL, 'f', SB_F32, 2, 3, 4);
}
END_TEST

START_TEST(archives_and_idx_read_back)
{
    static const char *const archives[] = {"stored.npz", "deflated.npz"};
    for (size_t k = 0; k < 2; k++) {
        check(archives[k], "a", 'f', SB_F32, 2, 3, 4);
        check(archives[k], "b.npy", 'i', SB_I64, 1, 12, 1);
    }
    check("single.npz", NULL, 'f', SB_F16, 2, 3, 4);
    check("descriptor.npz", NULL, 'f', SB_F32, 2, 3, 4);
    check("zip64.npz", NULL, 'f', SB_F32, 2, 3, 4);
    check("u1.idx", NULL, 'u', SB_U8, 3, 3, 4);
    check("sample-idx3-ubyte.gz", NULL, 'u', SB_U8, 3, 3, 4);
    check("i1.idx", NULL, 'i', SB_I8, 3, 3, 4);
    check("i2.idx", NULL, 'i', SB_I32, 3, 3, 4);
    check("i4.idx", NULL, 'i', SB_I32, 3, 3, 4);
    check("f4.idx", NULL, 'f', SB_F32, 3, 3, 4);
    check("f8.idx", NULL, 'f', SB_F64, 3, 3, 4);
    check("plain.csv", NULL, 'f', SB_F64, 2, 3, 4);
    check("named.tsv", NULL, 'f', SB_F64, 2, 3, 4);
    check("blanks.csv", NULL, 'f', SB_F64, 2, 3, 4);
}
END_TEST

static const sb_reader *reader_of(const char *file)
{
    const char *name = sb_str_ends(file, ".npz") ? "npz"
                       : strstr(file, ".npy")    ? "npy"
                       : strstr(file, "idx")     ? "idx"
                                                 : "csv";
    const sb_reader *r = sb_reader_find(name, NULL);
    ck_assert_ptr_nonnull(r);
    return r;
}

/* Reads size bytes that end where their memory ends, so that AddressSanitizer sees any byte read behind them. */
static sb_status read_bytes(const sb_reader *r, const char *bytes, size_t size, size_t limit, sb_array *a)
{
    void *options = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    char *copy = SB_NEW(t.cx.arena, size, char);
    sb_stream *in = NULL;
    memcpy(copy, bytes, size);
    sb_param_defaults(r->options, options, &t.cx);
    ck_assert_ok(&t, sb_stream_bytes(copy, size, "bytes", &t.cx, &in));
    return r->read(in, options, limit, &t.cx, a);
}

static double sum_of(const sb_array *a)
{
    double sum = 0;
    for (size_t i = 0; i < sb_array_rows(a); i++)
        for (size_t j = 0; j < sb_array_width(a); j++) sum += sb_array_at(a, i, j);
    return sum;
}

START_TEST(cut_at_every_byte)
{
    const char **file;
    size_t files, cuts = 0;
    ck_assert_ok(&t, sb_file_list(FOLDER, &t.cx, &file, &files));
    ck_assert_uint_ge(files, 50);
    for (size_t k = 0; k < files; k++) {
        char *bytes;
        size_t size;
        const sb_reader *r = reader_of(file[k]);
        ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, FOLDER, file[k]), LIMIT, &t.cx, &bytes, &size));
        for (size_t cut = 0; cut < size; cut++, cuts++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_array a = {0};
            t.err.text[0] = '\0';
            const sb_status st = read_bytes(r, bytes, cut, LIMIT, &a);
            const bool text = strcmp(r->name, "csv") == 0; /* a shorter text may be complete */
            ck_assert_msg(st == SB_EFORMAT || st == SB_EDATA || (text && st == SB_OK), "%s cut at %zu: %s", file[k],
                          cut, sb_status_text(st));
            ck_assert_msg(st == SB_OK || *t.err.text, "%s cut at %zu: no message", file[k], cut);
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
    ck_assert_uint_ge(cuts, 5000);
}
END_TEST

/* One to four bytes changed anywhere: any answer is right but a crash, memory above the limit, or no message. */
START_TEST(flipped_bytes_do_no_harm)
{
    const char **file;
    size_t files;
    volatile double sink = 0;
    sb_rng rng = sb_ctx_stream(&t.cx, "flips");
    ck_assert_ok(&t, sb_file_list(FOLDER, &t.cx, &file, &files));
    for (size_t k = 0; k < files; k++) {
        char *bytes;
        size_t size;
        ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, FOLDER, file[k]), LIMIT, &t.cx, &bytes, &size));
        for (int round = 0; round < 400; round++) {
            const size_t mark = sb_arena_mark(t.cx.arena), flips = 1 + sb_rng_below(&rng, 4);
            char *copy = sb_str_copy(t.cx.arena, bytes, size);
            for (size_t f = 0; f < flips; f++) copy[sb_rng_below(&rng, size)] = (char)sb_rng_below(&rng, 256);
            sb_array a = {0};
            t.err.text[0] = '\0';
            sb_arena_reset_peak(t.cx.arena);
            const sb_status st = read_bytes(reader_of(file[k]), copy, size, LIMIT, &a);
            ck_assert_msg(st == SB_OK || *t.err.text, "%s: no message", file[k]);
            ck_assert_uint_le(sb_arena_peak(t.cx.arena) - mark, 4 * LIMIT);
            if (st == SB_OK) sink = sink + sum_of(&a);
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
}
END_TEST

static const struct {
    const char *reader, *bytes;
    size_t size, limit;
    sb_status status;
    const char *words;
} hostile[] = {
#define NPY(dictionary) "header", dictionary, sizeof(dictionary) - 1 /* the test puts magic and length in front */
    {NPY("{'descr':'<f8','fortran_order':False,'shape':(4294967296 4294967296)}"), 1 << 20, SB_EFORMAT, "',' or ')'"},
    {NPY("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296,4294967296)}"), 1 << 20, SB_ENOMEM,
     "above the limit"},
    {NPY("{'descr': '<f8', 'fortran_order': False, 'shape': (0,9223372036854775808,4)}"), SIZE_MAX / 2, SB_ENOMEM,
     "above the limit"},
    {NPY("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999999,)}"), 1 << 20, SB_EFORMAT,
     "below 2^64"},
    {NPY("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1)}"), 1 << 20, SB_EFORMAT, "NPY data"},
    {NPY("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}"), 1 << 20, SB_EDATA,
     "more than 8 dimensions"},
    {NPY("{'descr': '<f8', 'fortran_order': False, 'shape': (-1)}"), 1 << 20, SB_EFORMAT, "a size of 0 or more"},
    {NPY("{'descr': '<U5', 'fortran_order': False, 'shape': (1)}"), 1 << 20, SB_EDATA, "dtype '<U5' cannot be read"},
    {NPY("{'descr': '|O', 'fortran_order': False, 'shape': (1)}"), 1 << 20, SB_EDATA, "holds Python objects"},
    {NPY("{'descr': [('a','<f8')], 'fortran_order': False, 'shape': (1)}"), 1 << 20, SB_EDATA, "records"},
    {NPY("{'descr': '<f8', 'descr': '<f8'}  "), 1 << 20, SB_EFORMAT, "once each"},
    {NPY("{'descr': '<f8'} "), 1 << 20, SB_EFORMAT, "lacks descr, fortran_order or shape"},
    {NPY("{\0}"), 1 << 20, SB_EFORMAT, "NUL byte"},
    {NPY("{'descr': '|u1', 'fortran_order': False, 'shape': (1)}ab"), 1 << 20, SB_EFORMAT, "expected the end at byte"},
    {"npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13, 1 << 20, SB_EFORMAT, "NPY header of 4294967295 bytes"},
    {"npy", "\x93NUMPY\x04\x00\x01\x00{", 11, 1 << 20, SB_EFORMAT, "NPY version 4.0"},
    {"npy", "\x93NUMPY\x01\x00\x36\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1)} ab", 66, 1 << 20,
     SB_EFORMAT, "goes on after the"},
    {"npy", "PK\3\4....", 8, 1 << 20, SB_EFORMAT, "not NPY"},
    {"idx", "\0\0\x08\x01\0\0\0\x04xyz", 11, 1 << 20, SB_EFORMAT, "IDX data: ends after 11 bytes, 12 expected"},
    {"idx", "\0\0\x08\x01\0\0\0\x02xyz", 11, 1 << 20, SB_EFORMAT, "goes on after the 10 bytes"},
    {"idx", "\0\0\x0e\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, SIZE_MAX / 2, SB_ENOMEM,
     "above the limit"},
    {"idx", "\0\0\x08\x09", 4, 1 << 20, SB_EFORMAT, "9 dimensions"},
    {"idx", "\0\0\x08\0", 4, 1 << 20, SB_EFORMAT, "0 dimensions"},
    {"idx", "\0\0\x0a\x01", 4, 1 << 20, SB_EFORMAT, "not IDX: it begins with 00 00 0a 01"},
    {"npz", "not an archive, but long enough", 31, 1 << 20, SB_EFORMAT, "not a ZIP"},
    {"npz", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22, 1 << 20, SB_EDATA, "the archive is empty"},
    {"npz", "PK\5\6\0\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\0\0", 22, 1 << 20, SB_EFORMAT, "more entries than fit"},
    {"npz", "PK\5\6\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0", 22, 1 << 20, SB_EFORMAT, "outside the file"},
    {"npz", "PK\5\6\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22, 1 << 20, SB_EFORMAT, "several disks"},
};

START_TEST(hostile_input_is_refused)
{
    sb_array a;
    t.err.text[0] = '\0';
    const char *name = hostile[_i].reader, *bytes = hostile[_i].bytes;
    size_t size = hostile[_i].size;
    char whole[256] = "\x93NUMPY\x01";
    if (strcmp(name, "header") == 0) {
        whole[8] = (char)size;
        memcpy(whole + 10, bytes, size);
        name = "npy";
        bytes = whole;
        size += 10;
    }
    const sb_status st = read_bytes(sb_reader_find(name, NULL), bytes, size, hostile[_i].limit, &a);
    ck_assert_fails(&t, st, hostile[_i].status, hostile[_i].words);
}
END_TEST

/* Bytes of a good archive changed on purpose: offsets are those of the one member's records. */
START_TEST(damaged_archives_are_refused)
{
    static const struct {
        size_t at; /* from the directory entry */
        char value;
        sb_status status;
        const char *words;
    } change[] = {
        {8, 1, SB_EDATA, "is encrypted"},         {10, 12, SB_EDATA, "packed by method 12"},
        {16, 1, SB_EFORMAT, "CRC-32 is"},         {24, 1, SB_EFORMAT, "more than the"},
        {25, 1, SB_EFORMAT, "ends after"},        {20, 1, SB_EFORMAT, "cut short"},
        {42, 1, SB_EFORMAT, "no local header"},   {45, 1, SB_EFORMAT, "no local header"},
        {28, 1, SB_EFORMAT, "damaged ZIP"},       {46, 'x', SB_EFORMAT, "two names"},
        {0, 0, SB_EFORMAT, "no directory entry"}, {23, 127, SB_EFORMAT, "outside the file"},
    };
    char *bytes;
    size_t size, entry = 0;
    sb_array a;
    ck_assert_ok(&t, sb_file_read(FOLDER "/single.npz", LIMIT, &t.cx, &bytes, &size));
    while (memcmp(bytes + entry, "PK\1\2", 4) != 0) entry++;
    for (size_t k = 0; k < sizeof change / sizeof *change; k++) {
        const char kept = bytes[entry + change[k].at];
        ck_assert_msg(kept != change[k].value, "change %zu changes nothing", k);
        bytes[entry + change[k].at] = change[k].value;
        t.err.text[0] = '\0';
        ck_assert_fails(&t, read_bytes(sb_reader_find("npz", NULL), bytes, size, LIMIT, &a), change[k].status,
                        change[k].words);
        bytes[entry + change[k].at] = kept;
    }
    ck_assert_ok(&t, read_bytes(sb_reader_find("npz", NULL), bytes, size, LIMIT, &a));
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    static const char *const file[] = {"i2_fortran.npy", "deflated.npz", "i2.idx", "named.tsv", "f4.npy.gz"};
    static const sb_option_text member = {"member", "a"};
    for (size_t k = 0; k < sizeof file / sizeof *file; k++) {
        size_t failures = 0;
        const char *path = sb_file_join(t.cx.arena, FOLDER, file[k]);
        for (size_t at = 0, good = 0; good < 3; at++) { /* a whole gzip file that finds no room is read as a stream */
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_array a;
            sb_arena_fail_at(t.cx.arena, at);
            const sb_status st = sb_array_read(path, NULL, &member, k == 1, LIMIT, &t.cx, &a);
            good = st == SB_OK ? good + 1 : 0;
            failures += st != SB_OK;
            if (st != SB_OK) ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", file[k], at, t.err.text);
            sb_arena_rewind(t.cx.arena, mark);
        }
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        ck_assert_uint_ge(failures, 5);
    }
}
END_TEST

START_TEST(formats_members_and_options_are_named)
{
    sb_array a;
    const sb_option_text wrong = {"membr", "a"}, absent = {"member", "c"};
    ck_assert_fails(&t, sb_array_read("x.parquet", NULL, NULL, 0, LIMIT, &t.cx, &a), SB_ECONFIG, "libsvm, mat, npy");
    ck_assert_fails(&t, sb_array_read("x.npy", "nyp", NULL, 0, LIMIT, &t.cx, &a), SB_ENOTFOUND, "unknown reader 'nyp'");
    ck_assert_fails(&t, sb_array_read("no/x.npy.gz", NULL, NULL, 0, LIMIT, &t.cx, &a), SB_ENOTFOUND, "no/x.npy.gz");
    ck_assert_fails(&t, sb_array_read(FOLDER "/stored.npz", NULL, &wrong, 1, LIMIT, &t.cx, &a), SB_ECONFIG,
                    "did you mean 'member'");
    ck_assert_fails(&t, sb_array_read(FOLDER "/stored.npz", NULL, &absent, 1, LIMIT, &t.cx, &a), SB_ECONFIG,
                    "no array 'c', there are: a, b");
    ck_assert_fails(&t, sb_array_read(FOLDER "/stored.npz", NULL, NULL, 0, LIMIT, &t.cx, &a), SB_ECONFIG,
                    "2 arrays, name one");
    ck_assert_fails(&t, sb_array_read(FOLDER "/f4.npy", NULL, NULL, 0, 47, &t.cx, &a), SB_ENOMEM, "f4.npy' (npy): ");
    ck_assert_ok(&t, sb_array_read(FOLDER "/f4.npy", NULL, NULL, 0, 48, &t.cx, &a));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("readers");
    TCase *c = tcase_create("readers");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, numpy_arrays_read_back);
    tcase_add_test(c, archives_and_idx_read_back);
    tcase_add_test(c, cut_at_every_byte);
    tcase_add_test(c, flipped_bytes_do_no_harm);
    tcase_add_loop_test(c, hostile_input_is_refused, 0, (int)(sizeof hostile / sizeof *hostile));
    tcase_add_test(c, damaged_archives_are_refused);
    tcase_add_test(c, allocation_failures_are_clean);
    tcase_add_test(c, formats_members_and_options_are_named);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
