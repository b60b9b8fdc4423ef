/* Word vectors in text: what is read, the log rank, what is refused, cut and flipped texts, failing allocations. */
#include <math.h>
#include <string.h>

#include "registry.h"
#include "stream.h"
#include "test_main.h"

enum { LIMIT = 1 << 16 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "wordvec"); }
static void tear_down(void) { test_ctx_release(&t); }

/* Reads bytes that end where their memory ends. */
static sb_status read_bytes(const char *bytes, size_t size, const char *header, sb_array *a)
{
    const sb_reader *r = sb_reader_find("wordvec", NULL);
    void *options = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    char *copy = SB_NEW(t.cx.arena, size, char);
    sb_stream *in = NULL;
    if (!options || !copy) SB_FAIL(t.cx.err, SB_ENOMEM, "test");
    memcpy(copy, bytes, size);
    sb_param_defaults(r->options, options, &t.cx);
    SB_TRY(sb_param_set(r->options, options, "header", header, &t.cx));
    SB_TRY(sb_stream_bytes(copy, size, "bytes", &t.cx, &in));
    return r->read(in, options, LIMIT, &t.cx, a);
}

/* Quotes, commas, bytes of UTF-8 and numbers are words; blanks of several kinds; no newline at the end. */
static const char glove[] = "the 0.25 -1.5 3\n, 1e-3 2 .5\n\" -0 4 5\r\n\303\251t\303\251\t1  2 3 \n7 8 9 1e1";
static const float want[5][3] = {{0.25F, -1.5F, 3}, {1e-3F, 2, .5F}, {0, 4, 5}, {1, 2, 3}, {8, 9, 10}};

START_TEST(vectors_and_log_ranks)
{
    sb_array a;
    for (int header = 0; header < 2; header++) {
        char text[100] = "5 3\n";
        if (!header) *text = '\0';
        strcat(text, glove);
        ck_assert_ok(&t, read_bytes(text, strlen(text), header ? "yes" : "no", &a));
        ck_assert(a.type == SB_F32 && sb_array_rows(&a) == 5 && sb_array_width(&a) == 4);
        for (size_t i = 0; i < 5; i++) {
            for (size_t j = 0; j < 3; j++) ck_assert(sb_array_at(&a, i, j) == (double)want[i][j]);
            ck_assert(sb_array_at(&a, i, 3) == (double)logf((float)i + 1)); /* ranks 1 to 5: the same in float */
        }
    }
}
END_TEST

static const struct {
    const char *text, *header;
    sb_status status;
    const char *words;
} bad[] = {
    {"a 1 2\nb 1\n", "no", SB_EFORMAT, "line 2 has 1 values behind its word, the first one 2"},
    {"a 1 2\n\n", "no", SB_EFORMAT, "line 2 has 0 values"},
    {"a 1 x\n", "no", SB_EFORMAT, "line 1: 'x' is no finite number"},
    {"a 1 nan\n", "no", SB_EFORMAT, "'nan'"},
    {"a 1 -inf\n", "no", SB_EFORMAT, "'-inf'"},
    {"a 1 0x10\n", "no", SB_EFORMAT, "'0x10'"},
    {"a 1 1e39\n", "no", SB_EFORMAT, "'1e39'"}, /* above the largest float */
    {"a 1 1,5\n", "no", SB_EFORMAT, "'1,5'"},
    {"a\n", "no", SB_EFORMAT, "line 1 is no word with values"},
    {"", "no", SB_EFORMAT, "no word"},
    {"3 2\na 1 2\nb 3 4\n", "yes", SB_EFORMAT, "line 1 says 3 x 2 vectors, but 2 x 2 follow"},
    {"x\na 1 2\n", "yes", SB_EFORMAT, "says 0 x 0"},
};

START_TEST(others_are_refused)
{
    sb_array a;
    ck_assert_fails(&t, read_bytes(bad[_i].text, strlen(bad[_i].text), bad[_i].header, &a), bad[_i].status,
                    bad[_i].words);
}
END_TEST

START_TEST(limits_and_nul_bytes)
{
    sb_array a;
    static char wide[4 * 9000];
    for (size_t i = 0; i < 9000; i++) memcpy(wide + 4 * i, "a 1\n", 4);
    ck_assert_fails(&t, read_bytes(wide, sizeof wide, "no", &a), SB_ENOMEM,
                    "9000 vectors of 1 values, above the limit");
    ck_assert_fails(&t, read_bytes("a 1\0\n", 5, "no", &a), SB_EFORMAT, "NUL");
}
END_TEST

START_TEST(cut_and_flipped_texts_do_no_harm)
{
    sb_rng rng = sb_ctx_stream(&t.cx, "flips");
    volatile double sink = 0;
    size_t refused = 0;
    for (size_t round = 0; round < sizeof glove + 2000; round++) {
        const size_t mark = sb_arena_mark(t.cx.arena), size = round < sizeof glove ? round : sizeof glove - 1;
        char text[sizeof glove];
        memcpy(text, glove, sizeof glove);
        for (size_t f = 0; round >= sizeof glove && f < 3; f++)
            text[sb_rng_below(&rng, size)] = (char)sb_rng_below(&rng, 256);
        sb_array a = {0};
        t.err.text[0] = '\0';
        const sb_status st = read_bytes(text, size, round % 2 ? "yes" : "no", &a);
        ck_assert_msg(st == SB_OK || *t.err.text, "round %zu: no message", round);
        refused += st != SB_OK;
        for (size_t i = 0; st == SB_OK && i < sb_array_rows(&a); i++)
            for (size_t j = 0; j < sb_array_width(&a); j++) sink = sink + sb_array_at(&a, i, j);
        sb_arena_rewind(t.cx.arena, mark);
    }
    ck_assert_uint_ge(refused, 1000);
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    for (size_t at = 0;; at++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_array a;
        sb_arena_fail_at(t.cx.arena, at);
        const sb_status st = read_bytes(glove, sizeof glove - 1, "no", &a);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s", at, t.err.text);
        sb_arena_rewind(t.cx.arena, mark);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("wordvec");
    TCase *c = tcase_create("wordvec");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, vectors_and_log_ranks);
    tcase_add_loop_test(c, others_are_refused, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(c, limits_and_nul_bytes);
    tcase_add_test(c, cut_and_flipped_texts_do_no_harm);
    tcase_add_test(c, allocation_failures_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
