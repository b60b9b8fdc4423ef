/* Data frames and matrices written by R (tests/data/make_rdata.R): values, factors, missing values, packings; cut at
 * every byte, with bytes flipped, and with every allocation failing. */
#include "file.h"
#include "npy.h"
#include "registry.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/rdata"
enum { LIMIT = 1 << 20, N = 7 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "rdata"); }
static void tear_down(void) { test_ctx_release(&t); }

static const sb_option_text no_text[] = {{"drop", "s"}};

static sb_status read_file(const char *file, const sb_option_text *option, size_t options, sb_array *a)
{
    t.err.text[0] = '\0';
    return sb_array_read(sb_file_join(t.cx.arena, FOLDER, file), NULL, option, options, LIMIT, &t.cx, a);
}

/* The rule of make_rdata.R, on its own: columns k, x, f, s, b. */
static double expected(size_t i, char column)
{
    switch (column) {
    case 'k': return (double)i + 1;
    case 'x': return ((double)((7 * i + 3) % 50) - 20) / 8;
    case 'f': return (double)(i % 3);
    case 's': return (double)(i % 2);
    default: return i % 2 == 0;
    }
}

static void check_columns(const char *file, const sb_array *a, const char *columns)
{
    const size_t d = strlen(columns);
    ck_assert_msg(a->type == SB_F64 && sb_array_rows(a) == N && sb_array_width(a) == d, "%s: %zu x %zu", file,
                  sb_array_rows(a), sb_array_width(a));
    for (size_t j = 0; j < d; j++) {
        ck_assert_msg(a->column[j][0] == columns[j] && !a->column[j][1], "%s: column %zu is %s", file, j, a->column[j]);
        for (size_t i = 0; i < N; i++)
            ck_assert_msg(sb_array_at(a, i, j) == expected(i, columns[j]), "%s: %zu, %zu is %g", file, i, j,
                          sb_array_at(a, i, j));
    }
}

START_TEST(frames_read_back)
{
    static const char *const files[] = {"frame-2-none.rda",  "frame-2-gzip.rda", "frame-2-bzip2.rda",
                                        "frame-2-xz.rda",    "frame-3-none.rda", "frame-3-gzip.rda",
                                        "frame-3-bzip2.rda", "frame-3-xz.rda",   "frame.rds"};
    static const sb_option_text codes[] = {{"codes", "s"}};
    static const sb_option_text picked[] = {{"columns", "[b, x, 0]"}, {"member", "frame"}};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        sb_array a;
        ck_assert_ok(&t, read_file(files[k], no_text, 1, &a));
        check_columns(files[k], &a, "kxfb");
        ck_assert_str_eq(a.levels, "f: low|mid|high");
        ck_assert_ok(&t, read_file(files[k], codes, 1, &a));
        check_columns(files[k], &a, "kxfsb");
        ck_assert_str_eq(a.levels, "f: low|mid|high; s: t0|t1");
    }
    sb_array a;
    ck_assert_ok(&t, read_file("several.rda", picked, 2, &a));
    check_columns("several.rda", &a, "bxk");
}
END_TEST

START_TEST(factors_become_columns)
{
    static const sb_option_text option[] = {{"onehot", "all"}, {"columns", "[f, k]"}};
    static const sb_option_text given[] = {{"onehot", "[f=high|low|mid, s]"}, {"columns", "[f, s]"}};
    sb_array a;
    ck_assert_ok(&t, read_file("frame.rds", option, 2, &a));
    ck_assert(sb_array_width(&a) == 4 && strcmp(a.column[0], "f=low") == 0 && strcmp(a.column[2], "f=high") == 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < 4; j++)
            ck_assert(sb_array_at(&a, i, j) == (j < 3 ? (double)(i % 3 == j) : expected(i, 'k')));
    ck_assert_ok(&t, read_file("frame.rds", given, 2, &a));
    ck_assert(sb_array_width(&a) == 5 && strcmp(a.column[0], "f=high") == 0 && strcmp(a.column[4], "s=t1") == 0);
    for (size_t i = 0; i < N; i++) {
        const size_t rank = (i % 3 + 1) % 3; /* low, mid, high -> 1, 2, 0 */
        for (size_t j = 0; j < 5; j++)
            ck_assert(sb_array_at(&a, i, j) == (j < 3 ? (double)(rank == j) : (double)(i % 2 == j - 3)));
    }
}
END_TEST

START_TEST(matrices_and_compact_vectors_read_back)
{
    sb_array a;
    ck_assert_ok(&t, read_file("matrix.rds", NULL, 0, &a));
    ck_assert(sb_array_rows(&a) == 4 && sb_array_width(&a) == 3 && strcmp(a.column[2], "c") == 0);
    for (size_t i = 0; i < 12; i++) ck_assert(sb_array_at(&a, i / 3, i % 3) == expected(i, 'x'));
    ck_assert_ok(&t, read_file("integers.rds", NULL, 0, &a));
    ck_assert(sb_array_rows(&a) == 2 && sb_array_width(&a) == 3 && !a.column);
    for (size_t i = 0; i < 6; i++) ck_assert(sb_array_at(&a, i % 2, i / 2) == (double)i + 1);
    ck_assert_ok(&t, read_file("compact.rds", NULL, 0, &a));
    ck_assert(sb_array_rows(&a) == 100 && sb_array_width(&a) == 2);
    for (size_t i = 0; i < 100; i++) /* 7 i + 3 mod 50 takes each value twice in 100 rows */
        ck_assert(sb_array_at(&a, i, 0) == (double)(i / 2) && sb_array_at(&a, i, 1) == 2 * (double)i);
}
END_TEST

START_TEST(missing_values_follow_the_option)
{
    static const sb_option_text nan[] = {{"drop", "s"}, {"missing", "nan"}};
    static const sb_option_text skip[] = {{"columns", "b"}, {"missing", "skip"}};
    static const sb_option_text mean[] = {{"columns", "[x, f]"}, {"onehot", "f"}, {"missing", "mean"}};
    static const sb_option_text codes[] = {{"columns", "[x, f]"}, {"missing", "mean"}};
    sb_array a;
    ck_assert_fails(
        &t, read_file("incomplete.rda", no_text, 1, &a), SB_EDATA,
        "incomplete.rda' (rdata): column 2 'x': row 2: a missing value (option 'missing': nan, skip or mean)");
    ck_assert_ok(&t, read_file("incomplete.rda", nan, 2, &a));
    ck_assert(!a.impute);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < 4; j++) {
            const bool gone = (i == 1 && j == 1) || (i == 2 && j == 2) || (i == 3 && j == 0);
            const double got = sb_array_at(&a, i, j);
            ck_assert(gone ? isnan(got) : got == expected(i, "kxfb"[j]));
        }
    ck_assert_ok(&t, read_file("incomplete.rda", skip, 2, &a));
    ck_assert_uint_eq(sb_array_rows(&a), N - 3);
    ck_assert(sb_array_at(&a, 0, 0) == expected(0, 'b') && sb_array_at(&a, 1, 0) == expected(4, 'b'));
    ck_assert_ok(&t, read_file("incomplete.rda", mean, 3, &a)); /* who splits the rows puts the means */
    ck_assert(a.impute && sb_array_width(&a) == 4 && isnan(sb_array_at(&a, 1, 0)));
    for (size_t j = 1; j < 4; j++) ck_assert(isnan(sb_array_at(&a, 2, j)));
    ck_assert_fails(&t, read_file("incomplete.rda", codes, 2, &a), SB_EDATA,
                    "column 3 of codes lacks the value of row 3, and codes have no mean");
}
END_TEST

static const struct {
    const char *file;
    sb_option_text option; /* and drop: s where column f is what fails */
    sb_status status;
    const char *words;
} refused[] = {
    {"frame.rds", {"missing", "nan"}, SB_EDATA, "column 4 's': texts: name it in 'onehot' or 'codes'"},
    {"frame.rds", {"onehot", "f=low|mid"}, SB_EDATA, "column 3 'f': row 3: none of the levels low, mid"},
    {"frame.rds", {"codes", "f=low|low"}, SB_ECONFIG, "'low|low' are no levels: 'low' is twice in it"},
    {"frame.rds", {"columns", "y"}, SB_ECONFIG, "no column 'y' among 5, by name"},
    {"frame.rds", {"member", "frame"}, SB_ECONFIG, "no object 'frame'"},
    {"several.rda",
     {"missing", "nan"},
     SB_ECONFIG,
     "2 tables, name one with option 'member': note, other, frame, double"},
    {"several.rda", {"member", "note"}, SB_EDATA, "object 'note' is neither a data frame nor a matrix"},
    {"several.rda", {"member", "frme"}, SB_ECONFIG, "no object 'frme', there are: note, other, frame, double"},
    {"text.rds", {"missing", "nan"}, SB_EDATA, "no data frame and no matrix of numbers in it"},
    {"ascii.rda", {"missing", "nan"}, SB_EDATA, "R data in ASCII form: save them in R with ascii = FALSE"},
};

START_TEST(refusals_are_clear)
{
    sb_array a;
    const sb_option_text option[] = {refused[_i].option, {"drop", "s"}};
    const size_t options = strstr(refused[_i].words, "'f'") ? 2 : 1;
    ck_assert_fails(&t, read_file(refused[_i].file, option, options, &a), refused[_i].status, refused[_i].words);
}
END_TEST

static sb_status read_bytes(const char *bytes, size_t size, sb_array *a)
{
    const sb_reader *r = sb_reader_find("rdata", NULL);
    void *options = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    char *copy = SB_NEW(t.cx.arena, size, char); /* its end is the end of its memory */
    sb_stream *in = NULL;
    memcpy(copy, bytes, size);
    t.err.text[0] = '\0';
    sb_param_defaults(r->options, options, &t.cx);
    ck_assert_ok(&t, sb_param_set(r->options, options, "codes", "3", &t.cx));
    ck_assert_ok(&t, sb_stream_bytes(copy, size, "bytes", &t.cx, &in));
    const sb_status st = r->read(in, options, LIMIT, &t.cx, a);
    sb_stream_close(in);
    return st;
}

START_TEST(cut_and_flipped_files_do_no_harm)
{
    const char **file;
    size_t files, refusals = 0;
    volatile double sink = 0;
    sb_rng rng = sb_ctx_stream(&t.cx, "flips");
    ck_assert_ok(&t, sb_file_list(FOLDER, &t.cx, &file, &files));
    ck_assert_uint_ge(files, 15);
    for (size_t k = 0; k < files; k++) {
        char *bytes;
        size_t size;
        ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, FOLDER, file[k]), LIMIT, &t.cx, &bytes, &size));
        const size_t step = strstr(file[k], "none") || strstr(file[k], "several") ? 1 : 11;
        for (size_t round = 0; round < size / step + 150; round++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            const bool cut = round * step < size;
            char *copy = sb_str_copy(t.cx.arena, bytes, size);
            for (size_t f = 0; !cut && f < 3; f++) copy[sb_rng_below(&rng, size)] = (char)sb_rng_below(&rng, 256);
            sb_array a = {0};
            sb_arena_reset_peak(t.cx.arena);
            const sb_status st = read_bytes(copy, cut ? round * step : size, &a);
            ck_assert_msg(!cut || st != SB_OK, "%s cut at %zu is taken", file[k], round * step);
            ck_assert_msg(st == SB_OK || *t.err.text, "%s, round %zu: no message", file[k], round);
            ck_assert_uint_le(sb_arena_peak(t.cx.arena) - mark, 4 * LIMIT);
            refusals += st != SB_OK;
            for (size_t i = 0; st == SB_OK && i < sb_array_rows(&a); i++)
                for (size_t j = 0; j < sb_array_width(&a); j++) sink = sink + sb_array_at(&a, i, j);
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
    ck_assert_uint_ge(refusals, 3000);
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    static const sb_option_text option[] = {{"onehot", "[f, s]"}, {"member", "frame"}};
    static const char *const files[] = {"several.rda", "frame-3-xz.rda"};
    for (size_t k = 0; k < 2; k++)
        for (size_t at = 0;; at++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_array a;
            const char *path = sb_file_join(t.cx.arena, FOLDER, files[k]);
            sb_arena_fail_at(t.cx.arena, at);
            const sb_status st = sb_array_read(path, NULL, option, 2, LIMIT, &t.cx, &a);
            sb_arena_fail_at(t.cx.arena, SIZE_MAX);
            if (st == SB_OK) {
                ck_assert_uint_ge(at, 30);
                break;
            }
            ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", files[k], at, t.err.text);
            sb_arena_rewind(t.cx.arena, mark);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rdata");
    TCase *c = tcase_create("rdata");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, frames_read_back);
    tcase_add_test(c, factors_become_columns);
    tcase_add_test(c, matrices_and_compact_vectors_read_back);
    tcase_add_test(c, missing_values_follow_the_option);
    tcase_add_loop_test(c, refusals_are_clear, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(c, cut_and_flipped_files_do_no_harm);
    tcase_add_test(c, allocation_failures_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
