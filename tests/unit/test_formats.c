/* Readers of the field's other formats against files written by NumPy and Python (tests/data/make_formats.py), cut at
 * every byte, with bytes flipped, and with every allocation failing. */
#include <stdio.h>

#include "file.h"
#include "npy.h"
#include "registry.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/formats"
enum { LIMIT = 1 << 20, N = 5, D = 3, PIXELS = 3072 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "formats"); }
static void tear_down(void) { test_ctx_release(&t); }

/* The rule of make_formats.py, on its own. */
static double expected(char kind, size_t i)
{
    const int v = (int)((7 * i + 3) % 50);
    if (kind == 'i') return v - 20;
    return kind == 'f' ? (v - 20) / 8.0 : v;
}

static sb_status read_file(const char *file, const char *reader, const sb_option_text *option, size_t options,
                           sb_array *a)
{
    return sb_array_read(sb_str_format(t.cx.arena, "%s/%s", FOLDER, file), reader, option, options, LIMIT, &t.cx, a);
}

START_TEST(vector_files_read_back)
{
    static const struct {
        const char *file;
        char kind;
        sb_dtype type;
    } files[] = {{"x.fvecs", 'f', SB_F32}, {"x.bvecs", 'u', SB_U8}, {"x.ivecs", 'i', SB_I32},
                 {"x.fbin", 'f', SB_F32},  {"x.u8bin", 'u', SB_U8}, {"x.i8bin", 'i', SB_I8}};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        sb_array a;
        ck_assert_ok(&t, read_file(files[k].file, NULL, NULL, 0, &a));
        ck_assert(a.type == files[k].type && sb_array_rows(&a) == N && sb_array_width(&a) == D);
        for (size_t i = 0; i < N * D; i++)
            ck_assert_msg(sb_array_at(&a, i / D, i % D) == expected(files[k].kind, i), "%s: element %zu", files[k].file,
                          i);
    }
}
END_TEST

START_TEST(libsvm_reads_back)
{
    static const sb_option_text value = {"target", "value"}, wide = {"features", "6"}, one = {"base", "1"};
    static const struct {
        const char *file;
        const sb_option_text *option;
        size_t d;
    } files[] = {{"base0.libsvm", NULL, D},   {"base1.libsvm", NULL, D},  {"pairs.libsvm", NULL, D},
                 {"pairs.libsvm", &value, D}, {"base1.libsvm", &wide, 6}, {"base1.libsvm", &one, D}};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        sb_array a;
        ck_assert_ok(&t, read_file(files[k].file, NULL, files[k].option, files[k].option ? 1 : 0, &a));
        ck_assert(a.type == SB_F64 && sb_array_rows(&a) == N && sb_array_width(&a) == 1 + files[k].d);
        for (size_t i = 0; i < N; i++) {
            const double want = files[k].option == &value ? (double)i / 8 : (double)(i % 3);
            ck_assert_msg(sb_array_at(&a, i, 0) == want, "file %zu: label of row %zu", k, i);
            for (size_t j = 0; j < files[k].d; j++)
                ck_assert_msg(sb_array_at(&a, i, 1 + j) == (j < D ? expected('f', i * D + j) : 0),
                              "file %zu: element %zu, %zu", k, i, j);
        }
    }
}
END_TEST

START_TEST(cifar_reads_back)
{
    static const sb_option_text fine[] = {{"labels", "2"}}, coarse[] = {{"labels", "2"}, {"label", "coarse"}};
    const struct {
        const char *file;
        const sb_option_text *option;
        size_t options, label;
    } files[] = {{"ten.cifar", NULL, 0, 4}, {"hundred.bin", fine, 1, 60}, {"hundred.bin", coarse, 2, 4}};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        sb_array a;
        size_t wrong = 0;
        ck_assert_ok(&t, read_file(files[k].file, "cifar", files[k].option, files[k].options, &a));
        ck_assert(a.type == SB_U8 && sb_array_rows(&a) == 2 && sb_array_width(&a) == 1 + PIXELS);
        for (size_t i = 0; i < 2; i++) {
            wrong += sb_array_at(&a, i, 0) != (double)(files[k].label + i);
            for (size_t j = 0; j < PIXELS; j++)
                wrong += sb_array_at(&a, i, 1 + j) != (double)((i * PIXELS + j) * 7 % 251);
        }
        ck_assert_uint_eq(wrong, 0);
    }
}
END_TEST

static const sb_reader *reader_of(const char *file)
{
    const char *dot = strrchr(file, '.');
    const sb_reader *r = sb_reader_find(strcmp(dot, ".bin") == 0 ? "cifar" : dot + 1, NULL);
    ck_assert_msg(r != NULL, "no reader for %s", file);
    return r;
}

/* Reads size bytes that end where their memory ends, so that AddressSanitizer sees any byte read behind them. */
static sb_status read_bytes(const sb_reader *r, const char *bytes, size_t size, sb_array *a)
{
    void *options = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    char *copy = SB_NEW(t.cx.arena, size, char);
    sb_stream *in = NULL;
    memcpy(copy, bytes, size);
    sb_param_defaults(r->options, options, &t.cx);
    ck_assert_ok(&t, sb_stream_bytes(copy, size, "bytes", &t.cx, &in));
    return r->read(in, options, LIMIT, &t.cx, a);
}

START_TEST(cut_and_flipped_files_do_no_harm)
{
    const char **file;
    size_t files, refused = 0;
    volatile double sink = 0;
    sb_rng rng = sb_ctx_stream(&t.cx, "flips");
    ck_assert_ok(&t, sb_file_list(FOLDER, &t.cx, &file, &files));
    ck_assert_uint_ge(files, 10);
    for (size_t k = 0; k < files; k++) {
        char *bytes;
        size_t size;
        const sb_reader *r = reader_of(file[k]);
        ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, FOLDER, file[k]), LIMIT, &t.cx, &bytes, &size));
        const size_t step = size > 1000 ? 97 : 1;
        for (size_t round = 0; round < size / step + 400; round++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            const bool cut = round * step < size;
            char *copy = sb_str_copy(t.cx.arena, bytes, size);
            for (size_t f = 0; !cut && f < 3; f++) copy[sb_rng_below(&rng, size)] = (char)sb_rng_below(&rng, 256);
            sb_array a = {0};
            t.err.text[0] = '\0';
            sb_arena_reset_peak(t.cx.arena);
            const sb_status st = read_bytes(r, copy, cut ? round * step : size, &a);
            ck_assert_msg(st == SB_OK || *t.err.text, "%s, round %zu: no message", file[k], round);
            ck_assert_uint_le(sb_arena_peak(t.cx.arena) - mark, 4 * LIMIT);
            refused += st != SB_OK;
            for (size_t i = 0; st == SB_OK && i < sb_array_rows(&a); i++)
                for (size_t j = 0; j < sb_array_width(&a); j++) sink = sink + sb_array_at(&a, i, j);
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
    ck_assert_uint_ge(refused, 1000);
}
END_TEST

static const struct {
    const char *reader, *bytes;
    size_t size;
    sb_status status;
    const char *words;
} hostile[] = {
#define TEXT(text) text, sizeof(text) - 1
    {"libsvm", TEXT("1 1:2\n1 2:3 1:4\n"), SB_EFORMAT, "line 2: '1:4' comes after an index as large"},
    {"libsvm", TEXT("1 1:2 1:3\n"), SB_EFORMAT, "indices must rise"},
    {"libsvm", TEXT("1 1:nan\n"), SB_EFORMAT, "'1:nan' has no finite value"},
    {"libsvm", TEXT("1 1:1e999\n"), SB_EFORMAT, "no finite value"},
    {"libsvm", TEXT("1 1:0x10\n"), SB_EFORMAT, "no finite value"},
    {"libsvm", TEXT("inf 1:1\n"), SB_EFORMAT, "is no label"},
    {"libsvm", TEXT("1,2 1:1\n"), SB_EFORMAT, "'1,2' is no label"},
    {"libsvm", TEXT("1;x 1:1\n"), SB_EFORMAT, "no 'label;value'"},
    {"libsvm", TEXT("1 qid:3 1:1\n"), SB_EFORMAT, "ranking"},
    {"libsvm", TEXT("1 -1:1\n"), SB_EFORMAT, "is not index:value"},
    {"libsvm", TEXT("1 5\n"), SB_EFORMAT, "'5' is not index:value"},
    {"libsvm", TEXT("1 99999999999999999999:1\n"), SB_EFORMAT, "is not index:value"},
    {"libsvm", TEXT("1 1073741824:1\n"), SB_EFORMAT, "2^30"},
    {"libsvm", TEXT("1 1:1\n\n1 1:1\n"), SB_EFORMAT, "line 2 is empty"},
    {"libsvm", TEXT("1 1:1\0\n"), SB_EFORMAT, "NUL"},
    {"libsvm", TEXT(""), SB_EFORMAT, "no line"},
    {"libsvm", TEXT("1 1000000:1\n"), SB_ENOMEM, "1 x 1000001 values need 8 MiB when dense, above the limit of 1 MiB"},
    {"fvecs", TEXT("\2\0\0\0aaaabbbb\3\0\0\0aaaabbbb"), SB_EFORMAT, "row 1 has 3 columns, row 0 has 2"},
    {"fvecs", TEXT("\2\0\0\0aaaabbb"), SB_EFORMAT, "not a whole number of rows"},
    {"bvecs", TEXT("\377\377\377\377aaaabbb"), SB_EFORMAT, "row 0 has 4294967295 columns"},
    {"fbin", TEXT("\377\377\377\377\377\377\377\377aaaabbb"), SB_ENOMEM, "above the limit"},
    {"u8bin", TEXT("\2\0\0\0\2\0\0\0abc"), SB_EFORMAT, "rows: ends after 11 bytes, 12 expected"},
    {"i8bin", TEXT("\2\0\0\0\1\0\0\0abc"), SB_EFORMAT, "goes on"},
    {"cifar", TEXT("abc"), SB_EFORMAT, "3 bytes are not a whole number of records of 3073"},
};

START_TEST(hostile_input_is_refused)
{
    sb_array a;
    t.err.text[0] = '\0';
    const sb_status st = read_bytes(sb_reader_find(hostile[_i].reader, NULL), hostile[_i].bytes, hostile[_i].size, &a);
    ck_assert_fails(&t, st, hostile[_i].status, hostile[_i].words);
}
END_TEST

START_TEST(forgiven_by_libsvm)
{
    sb_array a; /* a comment, a row of zeros, blanks at the end, no newline at the end, other line ends */
    static const char text[] = "+1 2:.5 # why\r\n-1\n0 1:1e-3 \t\n2.5 2:-1";
    ck_assert_ok(&t, read_bytes(sb_reader_find("libsvm", NULL), text, sizeof text - 1, &a));
    static const double want[4][3] = {{1, 0, .5}, {-1, 0, 0}, {0, 1e-3, 0}, {2.5, 0, -1}};
    ck_assert(sb_array_rows(&a) == 4 && sb_array_width(&a) == 3);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) ck_assert(sb_array_at(&a, i, j) == want[i][j]);
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    const char **file;
    size_t files;
    ck_assert_ok(&t, sb_file_list(FOLDER, &t.cx, &file, &files));
    for (size_t k = 0; k < files; k++) {
        const char *reader = reader_of(file[k])->name;
        for (size_t at = 0;; at++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_array a;
            const char *path = sb_file_join(t.cx.arena, FOLDER, file[k]);
            const sb_option_text two = {"labels", "2"};
            sb_arena_fail_at(t.cx.arena, at);
            const sb_status st = sb_array_read(path, reader, &two, sb_str_ends(path, ".bin"), LIMIT, &t.cx, &a);
            sb_arena_fail_at(t.cx.arena, SIZE_MAX);
            if (st == SB_OK) break;
            ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", file[k], at, t.err.text);
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("formats");
    TCase *c = tcase_create("formats");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, vector_files_read_back);
    tcase_add_test(c, libsvm_reads_back);
    tcase_add_test(c, cifar_reads_back);
    tcase_add_test(c, cut_and_flipped_files_do_no_harm);
    tcase_add_loop_test(c, hostile_input_is_refused, 0, (int)(sizeof hostile / sizeof *hostile));
    tcase_add_test(c, forgiven_by_libsvm);
    tcase_add_test(c, allocation_failures_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
