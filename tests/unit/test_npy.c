/* Writing NPY and NPZ: bytes against a hand-written expectation, equal every time, read back, opened by NumPy. */
#include <stdio.h>
#include <unistd.h>

#include "file.h"
#include "npy.h"
#include "selbench/npy.h"
#include "selbench/zip.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "npy"); }
static void tear_down(void) { test_ctx_release(&t); }

static float six[] = {0, 1, 2, 3, 4, -5};
static uint8_t text[] = {'h', 'i'};
static const sb_array matrix = {.type = SB_F32, .dims = 2, .shape = {2, 3}, .data = six};
static const sb_array letters = {.type = SB_U8, .dims = 1, .shape = {2}, .data = text};

/* 128 bytes: magic, version, length 118, the dictionary (59 + 58 blanks), a line end; then the elements */
#define MATRIX_TEXT "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"

START_TEST(bytes_are_as_written_by_hand)
{
    char want[128 + 24], *bytes = NULL;
    size_t size = 0;
    memset(want, ' ', 128);
    memcpy(want, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(want + 10, MATRIX_TEXT, sizeof MATRIX_TEXT - 1);
    want[127] = '\n';
    memcpy(want + 128, "\0\0\0\0\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xa0\xc0", 24);
    ck_assert_ok(&t, sb_npy_bytes(&matrix, &t.cx, &bytes, &size));
    ck_assert_uint_eq(size, sizeof want);
    ck_assert_mem_eq(bytes, want, sizeof want);

    /* 64 bytes: the short dictionary of a scalar just misses them, so 128 */
    double one = 1;
    const sb_array scalar = {.type = SB_F64, .data = &one};
    ck_assert_ok(&t, sb_npy_bytes(&scalar, &t.cx, &bytes, &size));
    ck_assert_uint_eq(size, 128 + 8);
    ck_assert_ptr_nonnull(strstr(bytes + 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }   "));
    ck_assert_ok(&t, sb_npy_bytes(&letters, &t.cx, &bytes, &size));
    ck_assert_ptr_nonnull(strstr(bytes + 10, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }   "));
}
END_TEST

/* CRC-32 by its definition, bit by bit. */
static uint32_t crc_of(const char *bytes, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

START_TEST(archive_is_as_written_by_hand)
{
    const sb_npz_member member[] = {{"x", matrix}};
    char *npz = NULL, *again = NULL, *npy = NULL, want[512];
    size_t size = 0, size2 = 0, one = 0;
    ck_assert_ok(&t, sb_npy_bytes(&matrix, &t.cx, &npy, &one));
    ck_assert_uint_eq(one, 152);
    const uint32_t crc = crc_of(npy, one);
    /* version 2.0, no flags, stored, 00:00 on 1980-01-01, crc, 152 bytes packed and unpacked, name of 5 bytes */
    char common[] = "\x14\0\0\0\0\0\0\0\x21\0CRC.\x98\0\0\0\x98\0\0\0\5\0\0\0";
    memcpy(common + 10, &crc, 4);
    char *p = want;
    p = mempcpy(p, "PK\3\4", 4);
    p = mempcpy(p, common, 26);
    p = mempcpy(p, "x.npy", 5);
    p = mempcpy(p, npy, one);
    p = mempcpy(p, "PK\1\2\x14\0", 6);
    p = mempcpy(p, common, 26);
    p = mempcpy(p, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0x.npy", 19);
    p = mempcpy(p, "PK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0\xbb\0\0\0\0\0", 22); /* directory: 51 bytes at 187 */
    ck_assert_ok(&t, sb_npz_bytes(member, 1, &t.cx, &npz, &size));
    ck_assert_uint_eq(size, (size_t)(p - want));
    ck_assert_mem_eq(npz, want, size);
    ck_assert_ok(&t, sb_npz_bytes(member, 1, &t.cx, &again, &size2));
    ck_assert_uint_eq(size, size2);
    ck_assert_mem_eq(npz, again, size);
}
END_TEST

static void check_back(const sb_array *a)
{
    char *bytes = NULL;
    size_t size = 0;
    sb_stream *in = NULL;
    sb_array b;
    ck_assert_ok(&t, sb_npy_bytes(a, &t.cx, &bytes, &size));
    ck_assert_uint_eq((size - sb_array_rows(a) * sb_array_width(a) * sb_dtype_size(a->type)) % 64, 0);
    ck_assert_ok(&t, sb_stream_bytes(bytes, size, "bytes", &t.cx, &in));
    ck_assert_ok(&t, sb_npy_read(in, 1 << 20, &t.cx, &b));
    ck_assert(b.type == a->type && b.dims == a->dims && memcmp(b.shape, a->shape, sizeof a->shape) == 0);
    ck_assert_mem_eq(b.data, a->data, sb_array_rows(a) * sb_array_width(a) * sb_dtype_size(a->type));
}

START_TEST(every_dtype_and_shape_reads_back)
{
    uint8_t bytes[8 * 24];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(37 * i + 11);
    for (sb_dtype type = SB_U8; type <= SB_F64; type++) {
        check_back(&(sb_array){.type = type, .dims = 2, .shape = {4, 6}, .data = bytes});
        check_back(&(sb_array){.type = type, .dims = 8, .shape = {1, 2, 1, 3, 1, 4, 1, 1}, .data = bytes});
        check_back(&(sb_array){.type = type, .dims = 2, .shape = {0, 6}, .data = bytes});
        check_back(&(sb_array){.type = type, .dims = 0, .data = bytes});
    }
}
END_TEST

START_TEST(archive_reads_back_from_a_file)
{
    const sb_npz_member member[] = {{"matrix", matrix}, {"letters", letters}};
    char folder[] = "/tmp/test_npy_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *path = sb_str_format(t.cx.arena, "%s/a.npz", folder),
               *one = sb_str_format(t.cx.arena, "%s/a.npy", folder);
    const size_t used = sb_arena_used(t.cx.arena);
    sb_array a = {0}, b = {0}, c = {0};
    const sb_option_text option = {"member", "letters"}, other = {"member", "matrix"};
    ck_assert_ok(&t, sb_npz_write(path, member, 2, &t.cx));
    ck_assert_ok(&t, sb_npy_write(one, &matrix, &t.cx));
    ck_assert_uint_eq(sb_arena_used(t.cx.arena), used);
    ck_assert_ok(&t, sb_array_read(path, NULL, &option, 1, 1 << 20, &t.cx, &a));
    ck_assert_ok(&t, sb_array_read(path, "npz", &other, 1, 1 << 20, &t.cx, &b));
    ck_assert_ok(&t, sb_array_read(one, NULL, NULL, 0, 1 << 20, &t.cx, &c));
    ck_assert_mem_eq(a.data, text, 2);
    ck_assert_mem_eq(b.data, six, sizeof six);
    ck_assert_mem_eq(c.data, six, sizeof six);
    /* NumPy agrees, where there is one */
    const char *command = sb_str_format(
        t.cx.arena,
        "/usr/bin/python3 -c 'import sys\ntry: import numpy as n\nexcept ImportError: sys.exit(0)\n"
        "z = n.load(\"%s\")\nassert z[\"letters\"].tobytes() == b\"hi\" and z[\"matrix\"].shape == (2, 3)\n"
        "assert (z[\"matrix\"] == n.load(\"%s\")).all() and z[\"matrix\"][1, 2] == -5' 2>/dev/null",
        path, one);
    const int numpy = access("/usr/bin/python3", X_OK) == 0 ? system(command) : 0;
    (void)unlink(path);
    (void)unlink(one);
    (void)rmdir(folder);
    ck_assert_int_eq(numpy, 0);
    ck_assert_fails(&t, sb_npz_write("/no/such/folder/a.npz", member, 2, &t.cx), SB_EIO, "/no/such/folder");
}
END_TEST

START_TEST(limits_and_allocation_failures)
{
    char *bytes = NULL;
    size_t size = 0;
    const sb_npz_member unnamed[] = {{"", matrix}};
    ck_assert_fails(&t, sb_npz_bytes(unnamed, 1, &t.cx, &bytes, &size), SB_EARG, "a name of 0 bytes");
    const sb_npz_member large[] = {{"x", {.type = SB_F64, .dims = 1, .shape = {(size_t)1 << 29}, .data = six}}};
    ck_assert_fails(&t, sb_npz_bytes(large, 1, &t.cx, &bytes, &size), SB_EARG, "above 4 GiB");
    const sb_npz_member member[] = {{"x", matrix}, {"y", letters}};
    for (size_t k = 0;; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        sb_status st = sb_npz_bytes(member, 2, &t.cx, &bytes, &size);
        if (st == SB_OK) st = sb_npy_bytes(&matrix, &t.cx, &bytes, &size);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
        ck_assert_uint_lt(k, 20);
    }
}
END_TEST

/* binary16 by its definition: 5 bits of exponent, 10 of mantissa */
START_TEST(halves_are_exact)
{
    for (uint32_t h = 0; h < 65536; h++) {
        const uint16_t half = (uint16_t)h;
        const sb_array a = {.type = SB_F16, .dims = 1, .shape = {1}, .data = (void *)(uintptr_t)&half};
        const int exponent = (int)(h >> 10 & 31), mantissa = (int)(h & 1023);
        double want = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
        if (exponent == 31) want = mantissa ? NAN : INFINITY;
        if (h >> 15) want = -want;
        const double got = sb_array_at(&a, 0, 0);
        float f;
        sb_array_floats(&a, 0, 1, &f);
        if (isnan(want) ? isnan(got) && isnan(f) : got == want && (double)f == want && !signbit(got) == !signbit(want))
            continue;
        ck_abort_msg("half %04x is %g, not %g", h, got, want);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("npy");
    TCase *c = tcase_create("npy");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, bytes_are_as_written_by_hand);
    tcase_add_test(c, archive_is_as_written_by_hand);
    tcase_add_test(c, every_dtype_and_shape_reads_back);
    tcase_add_test(c, archive_reads_back_from_a_file);
    tcase_add_test(c, limits_and_allocation_failures);
    tcase_add_test(c, halves_are_exact);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
