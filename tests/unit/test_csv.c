/* Delimited text: values, quotes, line ends, columns, categories, missing values; every refusal with its line and
 * column. */
#include <stdio.h>

#include "registry.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "csv"); }
static void tear_down(void) { test_ctx_release(&t); }

/* options: "name=value;name=value" or NULL */
static sb_status read_text(const char *text, size_t size, const char *options, sb_array *a)
{
    const sb_reader *r = sb_reader_find("csv", NULL);
    void *set = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    sb_stream *in = NULL;
    t.err.text[0] = '\0';
    sb_param_defaults(r->options, set, &t.cx);
    for (const char *p = options; p && *p; p += *p == ';') {
        const size_t name = strcspn(p, "="), value = strcspn(p + name, ";") - 1;
        ck_assert_ok(&t, sb_param_set(r->options, set, sb_str_copy(t.cx.arena, p, name),
                                      sb_str_copy(t.cx.arena, p + name + 1, value), &t.cx));
        p += name + 1 + value;
    }
    SB_TRY(sb_stream_bytes(text, size, "text", &t.cx, &in));
    return r->read(in, set, 1 << 24, &t.cx, a);
}

#define N NAN
static const struct {
    const char *text, *options;
    size_t n, d;
    double value[8];
    const char *first, *last; /* names of columns, or NULL */
} good[] = {
    {"1,2\n3,4\n", NULL, 2, 2, {1, 2, 3, 4}, NULL, NULL},
    {"1,2\r\n3,4", NULL, 2, 2, {1, 2, 3, 4}, NULL, NULL},
    {"1,2\r3,4\r\r\r", NULL, 2, 2, {1, 2, 3, 4}, NULL, NULL},
    {"\xef\xbb\xbf"
     "1;-2.5e-1\n3;+.5\n\n \n",
     NULL,
     2,
     2,
     {1, -.25, 3, .5},
     NULL,
     NULL},
    {"a,\"b, \"\"c\"\"\"\n 1 ,\" 2 \"  \n", "header=yes;columns=a", 1, 1, {1}, "a", "a"},
    {"a,\"b, \"\"c\"\"\"\n1, \"2\" \n", NULL, 1, 2, {1, 2}, "a", "b, \"c\""},
    {"\"multi\nline\",b\n1,2\n", NULL, 1, 2, {1, 2}, "multi\nline", "b"},
    {"a\tb\tc\n1\t2\t3\n4\t5\t6\n", "columns=[c, 0]", 2, 2, {3, 1, 6, 4}, "c", "a"},
    {"1,2,3,4\n", "columns=-1", 1, 1, {4}, NULL, NULL},
    {"1,2,3,4\n", "drop=-1", 1, 3, {1, 2, 3}, NULL, NULL},
    {"1,2,3,4\n", "columns=1-3;drop=2", 1, 2, {2, 4}, NULL, NULL},
    {"1,2,3,4\n", "columns=[3, -4--3]", 1, 3, {4, 1, 2}, NULL, NULL},
    {"1,2,3,\n", "drop=3", 1, 3, {1, 2, 3}, NULL, NULL},
    {"  1   2\t3  \n4 5 6\n", "delimiter=space", 2, 3, {1, 2, 3, 4, 5, 6}, NULL, NULL},
    {"1 2\n", "delimiter=space", 1, 2, {1, 2}, NULL, NULL},
    {"7\n8\n", NULL, 2, 1, {7, 8}, NULL, NULL},
    {"1,?\n,2\nNA,nan\n", "missing=nan", 3, 2, {1, N, N, 2, N, N}, NULL, NULL},
    {"1,2,\n4,5,6\n?,7,8\n9,10,11\n", "missing=skip;columns=1", 2, 1, {5, 10}, NULL, NULL},
    {"1,?\n,2\n", "missing=mean", 2, 2, {1, N, N, 2}, NULL, NULL}, /* filled when the rows are split */
    /* categories: sorted by their bytes, or in the order given; a missing mark may be a level */
    {"x,y\n1,dog\n2,cat\n3,dog\n", "header=yes;codes=y", 3, 2, {1, 1, 2, 0, 3, 1}, "x", "y"},
    {"1,dog\n2,cat\n", "header=no;codes=-1", 2, 2, {1, 1, 2, 0}, NULL, NULL},
    {"1,dog\n2,cat\n", "header=no;codes=1=dog|cat", 2, 2, {1, 0, 2, 1}, NULL, NULL},
    {"y,x\nb,1\na,2\n", "header=yes;onehot=y", 2, 3, {0, 1, 1, 1, 0, 2}, "y=a", "x"},
    {"b,1\na,2\n", "header=no;onehot=0=b|a|c;drop=1", 2, 3, {1, 0, 0, 0, 1, 0}, "0=b", "0=c"},
    {"y,z\n10,u\n9,v\n", "header=yes;onehot=y;codes=z", 2, 3, {1, 0, 0, 0, 1, 1}, "y=10", "z"},
    {"a,1\n?,2\n", "header=no;onehot=0;missing=nan", 2, 2, {1, 1, N, 2}, "0=a", "1"},
    {"a,1\n?,2\n", "header=no;onehot=0=?|a;missing=skip", 2, 3, {0, 1, 1, 1, 0, 2}, "0=?", "1"},
    {"\"a, b\",1\nc,2\n", "header=no;codes=0", 2, 2, {0, 1, 1, 2}, NULL, NULL},
    {"x,y,z\n1,cat,2\n", "drop=y", 1, 2, {1, 2}, "x", "z"},
    {"made by hand\n# really\n1,2\n", "skip=2", 1, 2, {1, 2}, NULL, NULL},
    {"1,2\n", "header=yes", 0, 2, {0}, "1", "2"},
    {"0,1\n", "header=no", 1, 2, {0, 1}, NULL, NULL},
    /* digits that need one correct rounding: 2^53 + 1, the largest double, a subnormal, many digits */
    {"9007199254740993,1.7976931348623157e308,4.9e-324,0.1\n",
     NULL,
     1,
     4,
     {9007199254740992.0, 1.7976931348623157e308, 4.9e-324, 0.1},
     NULL,
     NULL},
    {"123456789.123456,0.000001,1234567890123.45,3.14159265358979323846\n",
     NULL,
     1,
     4,
     {123456789.123456, 0.000001, 1234567890123.45, 3.14159265358979323846},
     NULL,
     NULL},
};

START_TEST(good_text_gives_its_values)
{
    sb_array a;
    ck_assert_ok(&t, read_text(good[_i].text, strlen(good[_i].text), good[_i].options, &a));
    ck_assert_msg(a.type == SB_F64 && a.dims == 2 && a.shape[0] == good[_i].n && a.shape[1] == good[_i].d, "%zu x %zu",
                  a.shape[0], a.shape[1]);
    for (size_t i = 0; i < a.shape[0] * a.shape[1]; i++) {
        const double want = good[_i].value[i], got = ((const double *)a.data)[i];
        ck_assert_msg(isnan(want) ? isnan(got) : got == want, "value %zu is %.17g, not %.17g", i, got, want);
    }
    ck_assert_int_eq(a.column != NULL, good[_i].first != NULL);
    if (!a.column) return;
    ck_assert_str_eq(a.column[0], good[_i].first);
    ck_assert_str_eq(a.column[a.shape[1] - 1], good[_i].last);
}
END_TEST

static const struct {
    const char *text;
    size_t size; /* 0: strlen */
    const char *options;
    sb_status status;
    const char *words;
} bad[] = {
    {"", 0, NULL, SB_EFORMAT, "no line in it"},
    {"\n\n", 0, NULL, SB_EFORMAT, "no line in it"},
    {"1,2\n3,x y\n", 0, NULL, SB_EFORMAT, "line 2, column 2: 'x y': not a finite number"},
    {"a,b\n1,2\n3,x\n", 0, NULL, SB_EFORMAT, "line 3, column 2 'b': 'x': not a finite number"},
    {"1,2\n3,\n", 0, NULL, SB_EDATA, "line 2, column 2: '': a missing value (option 'missing': nan, skip or mean)"},
    {"1,2\n3,nan\n", 0, NULL, SB_EDATA, "line 2, column 2: 'nan': a missing value"},
    {"a,1\n?,2\n", 0, "header=no;codes=0;missing=mean", SB_EDATA, "column 1 of codes lacks the value of row 2"},
    {"a,1\n,2\n", 0, "header=no;codes=0", SB_EDATA, "line 2, column 1: '': a missing value"},
    {"a,1\nb,2\n", 0, "header=no;codes=0=a|c", SB_EDATA, "line 2, column 1: 'b': none of the levels a, c"},
    {"a,1\nb,2\n", 0, "codes=0", SB_ECONFIG, "'header' must be yes or no"},
    {"a,1\nb,2\n", 0, "header=no;onehot=all", SB_ECONFIG, "declares its categories"},
    {"a,1\nb,2\n", 0, "header=no;onehot=0;codes=0-1", SB_ECONFIG, "column '0' is named twice in 'onehot' and 'codes'"},
    {"a,1\nb,2\n", 0, "header=no;onehot=2=a|b", SB_ECONFIG, "no column '2' among 2 without names"},
    {"a,1\nb,2\n", 0, "header=no;onehot=0=a||b", SB_ECONFIG, "'' is empty"},
    {"1,2\n3,inf\n", 0, "missing=nan", SB_EFORMAT, "line 2, column 2: 'inf': not a finite number"},
    {"1,2\n3,-Infinity\n", 0, NULL, SB_EFORMAT, "'-Infinity': not a finite number"},
    {"1,2\n3,1e999\n", 0, NULL, SB_EFORMAT, "'1e999': not a finite number"},
    {"1,2\n3,0x10\n", 0, NULL, SB_EFORMAT, "'0x10': not"},
    {"1,2\n3,1.2.3\n", 0, NULL, SB_EFORMAT, "'1.2.3': not"},
    {"1,2\n3,1e\n", 0, NULL, SB_EFORMAT, "'1e': not"},
    {"1,2\n3,-\n", 0, NULL, SB_EFORMAT, "'-': not"},
    {"1,2\n3,1 2\n", 0, NULL, SB_EFORMAT, "'1 2': not"},
    {"1,2\n3\n", 0, NULL, SB_EFORMAT, "line 2: 1 fields, 2 expected"},
    {"1,2\n3,4,5\n", 0, NULL, SB_EFORMAT, "line 2: 3 fields, 2 expected"},
    {"1,2\n\n3,4\n", 0, NULL, SB_EFORMAT, "line 2 is empty, but others follow"},
    {"1,2\n3,\"4\n5,6\n", 0, NULL, SB_EFORMAT, "line 2: a quote that is never closed"},
    {"1,2\n3,\"4\"5\n", 0, NULL, SB_EFORMAT, "line 2: text after a closing quote"},
    {"1,2\n3,\0\n", 9, NULL, SB_EFORMAT, "line 2: a NUL byte"},
    {"1,2\n3,\"\0\"\n", 11, NULL, SB_EFORMAT, "line 2: a NUL byte"},
    {"\"a\nb\",c\n1,x\n", 0, NULL, SB_EFORMAT, "line 3, column 2 'c'"},
    {"a,b\n1,2\n", 0, "columns=c", SB_ECONFIG, "no column 'c' among 2, by name or by position"},
    {"1,2\n", 0, "columns=2", SB_ECONFIG, "no column '2' among 2 without names"},
    {"1,2\n", 0, "columns=-3", SB_ECONFIG, "no column '-3'"},
    {"1,2\n", 0, "columns=1-0", SB_ECONFIG, "no column '1-0'"},
    {"1,2\n", 0, "columns=0-5", SB_ECONFIG, "no column '0-5'"},
    {"1,2\n", 0, "columns=99999999999999999999", SB_ECONFIG, "no column '99999999999999999999'"},
    {"1,2\n", 0, "columns=-99999999999999999999", SB_ECONFIG, "no column"},
    {"1,2\n", 0, "columns=[0, -2]", SB_ECONFIG, "column '-2' is named twice"},
    {"1,2\n", 0, "drop=[0, 1]", SB_ECONFIG, "no column is left of 2"},
};

START_TEST(bad_text_is_placed)
{
    sb_array a;
    const size_t size = bad[_i].size ? bad[_i].size : strlen(bad[_i].text);
    ck_assert_fails(&t, read_text(bad[_i].text, size, bad[_i].options, &a), bad[_i].status, bad[_i].words);
}
END_TEST

/* More rows than one block, more fields than the first room, a record above the input block; strtod is the oracle. */
START_TEST(large_text_reads_whole)
{
    enum { ROWS = 700, COLUMNS = 300 };
    sb_rng rng = sb_ctx_stream(&t.cx, "values");
    sb_buf b = {.arena = t.cx.arena};
    double *want = SB_NEW(t.cx.arena, ROWS * COLUMNS, double);
    sb_array a;
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%.*g", (int)(1 + sb_rng_below(&rng, 17)),
                       sb_rng_normal(&rng) * pow(10, (double)sb_rng_below(&rng, 30) - 15));
        want[i] = strtod(text, NULL);
        sb_buf_add(&b, "%s%c", text, i % COLUMNS == COLUMNS - 1 ? '\n' : ',');
    }
    ck_assert_ok(&t, read_text(b.text, b.size, NULL, &a));
    ck_assert(a.shape[0] == ROWS && a.shape[1] == COLUMNS);
    size_t wrong = 0;
    for (size_t i = 0; i < ROWS * COLUMNS; i++) wrong += ((const double *)a.data)[i] != want[i];
    ck_assert_uint_eq(wrong, 0);
    char *huge = SB_NEW(t.cx.arena, (1 << 24) + 10, char);
    memset(huge, '1', (1 << 24) + 10);
    ck_assert_fails(&t, read_text(huge, (1 << 24) + 10, NULL, &a), SB_EFORMAT, "line 1: a record above 16777216 bytes");
}
END_TEST

/* Many levels, so that the table grows: codes are the ranks of the texts, whatever the order they come in. */
START_TEST(many_levels_are_ranked)
{
    enum { ROWS = 5000, LEVELS = 1000 };
    sb_rng rng = sb_ctx_stream(&t.cx, "levels");
    sb_buf b = {.arena = t.cx.arena};
    size_t *level = SB_NEW(t.cx.arena, ROWS, size_t), wrong = 0;
    sb_array a;
    for (size_t i = 0; i < ROWS; i++) {
        level[i] = i < LEVELS ? LEVELS - 1 - i : sb_rng_below(&rng, LEVELS);
        sb_buf_add(&b, "w%04zu\n", level[i]); /* of one length: bytes rank as numbers do */
    }
    ck_assert_ok(&t, read_text(b.text, b.size, "header=no;codes=0", &a));
    for (size_t i = 0; i < ROWS; i++) wrong += sb_array_at(&a, i, 0) != (double)level[i];
    ck_assert_uint_eq(wrong, 0);
    ck_assert_fails(&t, read_text(b.text, b.size, "header=no;onehot=0", &a), SB_ENOMEM,
                    "5000 x 1000 values with 'onehot' are above the limit of 16777216 bytes");
    sb_buf c = {.arena = t.cx.arena};
    for (size_t i = 0; i <= 1 << 16; i++) sb_buf_add(&c, "%zu\n", i);
    ck_assert_fails(&t, read_text(c.text, c.size, "header=no;codes=0", &a), SB_EDATA, "more than 65536 levels");
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    static const char text[] = "a,b,c\n1,2,3\n4,cat,6\n";
    size_t failures = 0;
    for (;; failures++) {
        const sb_reader *r = sb_reader_find("csv", NULL);
        void *set = sb_arena_alloc(t.cx.arena, 1, r->option_size);
        sb_stream *in = NULL;
        sb_array a;
        sb_param_defaults(r->options, set, &t.cx);
        ck_assert_ok(&t, sb_param_set(r->options, set, "onehot", "b", &t.cx));
        ck_assert_ok(&t, sb_param_set(r->options, set, "header", "yes", &t.cx));
        ck_assert_ok(&t, sb_stream_bytes(text, sizeof text - 1, "text", &t.cx, &in));
        sb_arena_fail_at(t.cx.arena, failures);
        const sb_status st = r->read(in, set, 1 << 20, &t.cx, &a);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
    }
    ck_assert_uint_ge(failures, 10);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("csv");
    TCase *c = tcase_create("csv");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, good_text_gives_its_values, 0, (int)(sizeof good / sizeof *good));
    tcase_add_loop_test(c, bad_text_is_placed, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(c, large_text_reads_whole);
    tcase_add_test(c, many_levels_are_ranked);
    tcase_add_test(c, allocation_failures_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
