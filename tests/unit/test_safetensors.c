/* safetensors (tests/data/make_safetensors.py): values of every type, names, damage of every kind. */
#include "file.h"
#include "npy.h"
#include "selbench/safetensors.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/safetensors"
enum { LIMIT = 1 << 20 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "safetensors"); }
static void tear_down(void) { test_ctx_release(&t); }

static sb_status read_file(const char *file, const char *member, size_t limit, sb_array *a)
{
    const sb_option_text option = {"member", member};
    t.err.text[0] = '\0';
    return sb_array_read(sb_file_join(t.cx.arena, FOLDER, file), NULL, &option, 1, limit, &t.cx, a);
}

static sb_status read_bytes(const void *bytes, size_t size, const char *member, sb_array *a)
{
    char *copy = SB_NEW(t.cx.arena, size, char); /* its end is the end of its memory */
    sb_stream *in = NULL;
    memcpy(copy, bytes, size);
    t.err.text[0] = '\0';
    SB_TRY(sb_stream_bytes(copy, size, "bytes", &t.cx, &in));
    const sb_status st = sb_safetensors_read(in, member, LIMIT, &t.cx, a);
    sb_stream_close(in);
    return st;
}

/* The rule of make_safetensors.py, on its own. */
static double expected(char kind, size_t i)
{
    const int v = (int)((7 * i + 3) % 50);
    if (kind == 'O') return v % 2;
    if (kind == 'I') return v - 20;
    return kind == 'F' ? (v - 20) / 8.0 : v;
}

static void check(const char *file, const char *member, char kind, sb_dtype type, size_t dims, size_t rows,
                  size_t width)
{
    sb_array a;
    ck_assert_ok(&t, read_file(file, member, LIMIT, &a));
    ck_assert_msg(a.type == type && a.dims == dims && sb_array_rows(&a) == rows && sb_array_width(&a) == width,
                  "%s: dtype %d, %zu dimensions, %zu x %zu", member, (int)a.type, a.dims, sb_array_rows(&a),
                  sb_array_width(&a));
    for (size_t i = 0; i < rows * width; i++)
        ck_assert_msg(sb_array_at(&a, i / width, i % width) == expected(kind, i), "%s: element %zu is %g", member, i,
                      sb_array_at(&a, i / width, i % width));
}

START_TEST(values_read_back)
{
    static const struct {
        const char *name;
        sb_dtype type;
    } types[] = {{"F16", SB_F16}, {"F32", SB_F32}, {"F64", SB_F64}, {"I8", SB_I8},   {"I16", SB_I32}, {"I32", SB_I32},
                 {"I64", SB_I64}, {"U8", SB_U8},   {"U16", SB_I32}, {"U32", SB_I64}, {"U64", SB_I64}};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        check("types.safetensors", types[k].name, types[k].name[0], types[k].type, 2, 4, 3);
    check("types.safetensors", "BF16", 'F', SB_F32, 2, 4, 3);
    check("types.safetensors", "BOOL", 'O', SB_U8, 2, 4, 3);
    check("types.safetensors", "cube", 'F', SB_F32, 3, 2, 6);
    check("types.safetensors", "scalar", 'F', SB_F32, 0, 1, 1);
    check("types.safetensors", "empty", 'F', SB_F32, 2, 0, 3);
    check("one.safetensors", "", 'F', SB_F32, 2, 4, 3);
    check("one.safetensors", "x", 'F', SB_F32, 2, 4, 3);
    sb_array a;
    ck_assert_fails(&t, read_file("types.safetensors", "huge", LIMIT, &a), SB_EDATA, "above 2^63 - 1");
    ck_assert_fails(&t, read_file("types.safetensors", "small", LIMIT, &a), SB_EDATA,
                    "tensor 'small': dtype 'F8_E4M3' cannot be read (F16 BF16");
    ck_assert_fails(&t, read_file("types.safetensors", "F33", LIMIT, &a), SB_ECONFIG,
                    "no tensor 'F33', there are: F16, F32");
    ck_assert_fails(&t, read_file("types.safetensors", "", LIMIT, &a), SB_ECONFIG, "18 tensors, name one");
    ck_assert_fails(&t, read_file("one.safetensors", "x", 47, &a), SB_ENOMEM, "above the limit of 47 bytes");
}
END_TEST

/* The header in front of 8 bytes of data. */
static const struct {
    const char *header;
    sb_status status;
    const char *words;
} bad[] = {
    {"{}", SB_EDATA, "it has no tensor"},
    {"{\"__metadata__\":{\"a\":\"b\"}}", SB_EDATA, "it has no tensor"},
    {"[]", SB_EFORMAT, "a map of tensors expected"},
    {"{\"x\":", SB_EFORMAT, "header, byte "},
    {"{\"x\":{},\"x\":{}}", SB_EFORMAT, "duplicate"},
    {"{\"x\":{}}", SB_EFORMAT, "tensor 'x': it lacks 'dtype'"},
    {"{\"x\":3}", SB_EFORMAT, "it lacks 'dtype'"},
    {"{\"x\":{\"dtype\":\"F32\"}}", SB_EFORMAT, "it lacks 'shape'"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", SB_EFORMAT, "'data_offsets' must be"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9]}}", SB_EFORMAT, "shape and its offsets disagree"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", SB_EFORMAT, "'data_offsets' must be"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", SB_EFORMAT, "'data_offsets' must be"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", SB_EFORMAT, "no list of sizes"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", SB_EFORMAT, "no list of sizes"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", SB_ENOMEM,
     "above the limit"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[0,9223372036854775807,4],\"data_offsets\":[0,0]}}", SB_ENOMEM,
     "above the limit"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", SB_EDATA, "9 dimensions"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", SB_EFORMAT, "goes on after"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", SB_EFORMAT, "tensor: ends after"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[9223372036854775799,9223372036854775807]}}", SB_EFORMAT,
     "tensors: ends after"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":{\"data_offsets\":[8,12]}}", SB_EFORMAT,
     "tensors: ends after"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":[]}", SB_EFORMAT, "tensor 'y'"},
};

START_TEST(bad_headers_are_refused)
{
    char bytes[300] = {0};
    sb_array a;
    const size_t size = strlen(bad[_i].header);
    bytes[0] = (char)size;
    memcpy(bytes + 8, bad[_i].header, size);
    ck_assert_fails(&t, read_bytes(bytes, 8 + size + 8, strstr(bad[_i].header, "\"y\"") ? "x" : "", &a), bad[_i].status,
                    bad[_i].words);
    memset(bytes, 0x7f, 8);
    ck_assert_fails(&t, read_bytes(bytes, sizeof bytes, "", &a), SB_EFORMAT, "not safetensors: a header of");
}
END_TEST

START_TEST(cut_and_flipped_files_do_no_harm)
{
    static const char *const members[] = {"F16", "BF16", "BOOL", "U64", "cube"};
    char *bytes;
    size_t size;
    sb_array a;
    volatile double sink = 0;
    sb_rng rng = sb_ctx_stream(&t.cx, "flips");
    ck_assert_ok(&t, sb_file_read(FOLDER "/types.safetensors", LIMIT, &t.cx, &bytes, &size));
    for (size_t round = 0; round < size + 500; round++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        const bool cut = round < size;
        char *copy = sb_str_copy(t.cx.arena, bytes, size);
        for (size_t f = 0; !cut && f < 3; f++)
            copy[sb_rng_below(&rng, round % 2 ? 300 : size)] = (char)sb_rng_below(&rng, 256);
        const sb_status st = read_bytes(copy, cut ? round : size, members[round % 5], &a);
        ck_assert_msg(!cut || st == SB_EFORMAT, "cut at %zu: %s", round, sb_status_text(st));
        ck_assert_msg(st == SB_OK || *t.err.text, "round %zu: no message", round);
        for (size_t i = 0; st == SB_OK && i < sb_array_rows(&a); i++)
            for (size_t j = 0; j < sb_array_width(&a); j++) sink = sink + sb_array_at(&a, i, j);
        sb_arena_rewind(t.cx.arena, mark);
    }
    for (size_t at = 0;; at++) {
        sb_arena_fail_at(t.cx.arena, at);
        const sb_status st = sb_array_read(FOLDER "/one.safetensors", NULL, NULL, 0, LIMIT, &t.cx, &a);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s", at, t.err.text);
        ck_assert_uint_lt(at, 30);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("safetensors");
    TCase *c = tcase_create("safetensors");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, values_read_back);
    tcase_add_loop_test(c, bad_headers_are_refused, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(c, cut_and_flipped_files_do_no_harm);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
