/* ARFF: numbers, nominal attributes, quotes, missing values, sparse rows; every refusal with its line. */
#include "npy.h"
#include "registry.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "arff"); }
static void tear_down(void) { test_ctx_release(&t); }

#define HEAD                                                                                                           \
    "% made by hand\n@relation 'a name'\n@attribute x numeric\n@ATTRIBUTE 'the class' {yes, no, 'not sure'} % one "    \
    "of\n"                                                                                                             \
    "@attribute\ty REAL\n\n@data\n"

/* options: "name=value;name=value" or NULL */
static sb_status read_text(const char *text, size_t size, const char *options, size_t limit, sb_array *a)
{
    const sb_reader *r = sb_reader_find("arff", NULL);
    void *set = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    char *copy = SB_NEW(t.cx.arena, size, char); /* its end is the end of its memory */
    sb_stream *in = NULL;
    t.err.text[0] = '\0';
    memcpy(copy, text, size);
    sb_param_defaults(r->options, set, &t.cx);
    for (const char *p = options; p && *p; p += *p == ';') {
        const size_t name = strcspn(p, "="), value = strcspn(p + name, ";") - 1;
        ck_assert_ok(&t, sb_param_set(r->options, set, sb_str_copy(t.cx.arena, p, name),
                                      sb_str_copy(t.cx.arena, p + name + 1, value), &t.cx));
        p += name + 1 + value;
    }
    ck_assert_ok(&t, sb_stream_bytes(copy, size, "text", &t.cx, &in));
    return r->read(in, set, limit, &t.cx, a);
}

#define N NAN
static const struct {
    const char *text, *options;
    size_t n, d;
    double value[10];
    const char *first, *last;
} good[] = {
    {HEAD "1,yes,2\n-3.5,no,4e1\n0, 'not sure' ,.5 % so it is\n",
     NULL,
     3,
     3,
     {1, 0, 2, -3.5, 1, 40, 0, 2, .5},
     "x",
     "y"},
    {HEAD "1,yes,2\r\n\r\n% nothing\r\n3,\"no\",4", NULL, 2, 3, {1, 0, 2, 3, 1, 4}, "x", "y"},
    {HEAD "1,yes,2\n3,no,4\n",
     "columns=[y, the class];onehot=all",
     2,
     4,
     {2, 1, 0, 0, 4, 0, 1, 0},
     "y",
     "the class=not sure"},
    {HEAD "1,yes,2\n3,no,4\n", "codes=[the class=no|yes];drop=x", 2, 2, {1, 2, 0, 4}, "the class", "y"},
    {HEAD "1,?,2\n?,no,4\n3,yes,?\n", "missing=nan", 3, 3, {1, N, 2, N, 1, 4, 3, 0, N}, "x", "y"},
    {HEAD "1,?,2\n5,no,4\n?,yes,7\n", "missing=skip;columns=y", 1, 1, {4}, "y", "y"},
    {HEAD "{0 1, 2 7}\n{}\n{1 no,2 -1}\n{ 1 'not sure' }\n",
     "columns=[x, the class, y];drop=y",
     4,
     2,
     {1, 0, 0, 0, 0, 1, 0, 2},
     "x",
     "the class"},
    {HEAD "{0 1, 2 7}\n{1 ?}\n", "missing=nan", 2, 3, {1, 0, 7, 0, N, 0}, "x", "y"},
    {HEAD "{0 1, 2 7}\n{2 5}\n", "columns=[y, x]", 2, 2, {7, 1, 5, 0}, "y", "x"},
    {HEAD "{0 1, 2 7}\n{}\n", "columns=2;onehot=y", 2, 2, {0, 1, 1, 0}, "y=0", "y=7"},
    {"@relation r\n@attribute s string\n@attribute d date 'yyyy-MM-dd'\n@attribute 'it\\'s \\\\n' "
     "integer\n@data\nb,'2020-01-01',1\n"
     "'a, b',?,2\n'?',x,3\n",
     "codes=s;drop=d",
     3,
     2,
     {2, 1, 1, 2, 0, 3},
     "s",
     "it's \\n"},
};

START_TEST(good_text_gives_its_values)
{
    sb_array a;
    ck_assert_ok(&t, read_text(good[_i].text, strlen(good[_i].text), good[_i].options, 1 << 20, &a));
    ck_assert_msg(a.type == SB_F64 && a.shape[0] == good[_i].n && a.shape[1] == good[_i].d, "%zu x %zu", a.shape[0],
                  a.shape[1]);
    for (size_t i = 0; i < a.shape[0] * a.shape[1]; i++) {
        const double want = good[_i].value[i], got = ((const double *)a.data)[i];
        ck_assert_msg(isnan(want) ? isnan(got) : got == want, "value %zu is %.17g, not %.17g", i, got, want);
    }
    ck_assert_str_eq(a.column[0], good[_i].first);
    ck_assert_str_eq(a.column[a.shape[1] - 1], good[_i].last);
}
END_TEST

/* The rule of make_arff.R, on its own. */
START_TEST(what_r_writes_reads_back)
{
    static const sb_option_text option[] = {{"codes", "s"}, {"onehot", "f"}, {"missing", "nan"}};
    static const char *const names[] = {"k", "x", "f=low", "f=in between", "f=it's high", "s"};
    sb_array a;
    ck_assert_ok(&t, sb_array_read(SB_SOURCE_DIR "/tests/data/arff/frame.arff", NULL, option, 3, 1 << 20, &t.cx, &a));
    ck_assert(sb_array_rows(&a) == 7 && sb_array_width(&a) == 6);
    ck_assert_str_eq(a.levels, "f: low|in between|it's high; s: t 0|t 1");
    for (size_t j = 0; j < 6; j++) ck_assert_str_eq(a.column[j], names[j]);
    for (size_t i = 0; i < 7; i++) {
        const double x = ((double)((7 * i + 3) % 50) - 20) / 8, got = sb_array_at(&a, i, 1);
        ck_assert(sb_array_at(&a, i, 0) == (double)i + 1 && sb_array_at(&a, i, 5) == (double)(i % 2));
        ck_assert(i == 1 ? isnan(got) : got == x);
        for (size_t v = 0; v < 3; v++)
            ck_assert(i == 2 ? isnan(sb_array_at(&a, i, 2 + v)) : sb_array_at(&a, i, 2 + v) == (double)(i % 3 == v));
    }
}
END_TEST

static const struct {
    const char *text, *options;
    size_t limit;
    sb_status status;
    const char *words;
} bad[] = {
    {"", NULL, 0, SB_EFORMAT, "line 1: the text ends before @data"},
    {"@relation r\n@data\n1\n", NULL, 0, SB_EFORMAT, "line 2: @data before any @attribute"},
    {"@relation r\n@attribute x numeric\n", NULL, 0, SB_EFORMAT, "the text ends before @data"},
    {"1,2,3\n", NULL, 0, SB_EFORMAT, "line 1: @relation, @attribute or @data expected, but '1,2,3' stands there"},
    {"@attribut x numeric\n", NULL, 0, SB_EFORMAT, "'@attribut', but only @relation, @attribute and @data are known"},
    {"@attribute x numeri\n", NULL, 0, SB_EDATA, "line 1: type 'numeri' cannot be read (numeric, real"},
    {"@attribute x relational\n", NULL, 0, SB_EDATA, "type 'relational' cannot be read"},
    {"@attribute x numeric y\n", NULL, 0, SB_EFORMAT, "the end of the line expected, but 'y' stands"},
    {"@attribute x\n", NULL, 0, SB_EFORMAT, "the attribute's type expected"},
    {"@attribute\n", NULL, 0, SB_EFORMAT, "the attribute's name expected"},
    {"@attribute x {a, b\n", NULL, 0, SB_EFORMAT, "',' or '}' expected between levels"},
    {"@attribute x {}\n", NULL, 0, SB_EFORMAT, "a level of the attribute expected, but '}' stands there"},
    {"@attribute x {a, a}\n@data\na\n", NULL, 0, SB_EFORMAT, "attribute 'x': two levels of a category are named 'a'"},
    {"@attribute 'x numeric\n", NULL, 0, SB_EFORMAT, "line 1: a quote that is never closed"},
    {"@attribute 'x\\", NULL, 0, SB_EFORMAT, "a quote that is never closed"},
    {HEAD "1,yes,2\n3,maybe,4\n", NULL, 0, SB_EDATA,
     "line 9, attribute 'the class': 'maybe': none of the levels yes, no, not sure"},
    {HEAD "1,yes,x\n", NULL, 0, SB_EFORMAT, "line 8, attribute 'y': 'x': not a finite number"},
    {HEAD "1,yes,inf\n", NULL, 0, SB_EFORMAT, "not a finite number"},
    {HEAD "1,?,2\n", NULL, 0, SB_EDATA,
     "line 8, attribute 'the class': '?': a missing value (option 'missing': nan, skip or mean)"},
    {HEAD "1,?,2\n", "missing=mean", 0, SB_EDATA, "codes have no mean"},
    {HEAD "1,yes\n", NULL, 0, SB_EFORMAT, "line 8: 2 values, 3 expected"},
    {HEAD "1,yes,2,3\n", NULL, 0, SB_EFORMAT, "line 8: more than 3 values"},
    {HEAD "1,yes,2,\n", NULL, 0, SB_EFORMAT, "a value expected"},
    {HEAD "1,,2\n", NULL, 0, SB_EFORMAT, "line 8: a value expected, but ',2' stands there"},
    {HEAD "1,'yes' 'no',2\n", NULL, 0, SB_EFORMAT, "line 8: 2 values, 3 expected"},
    {HEAD "{0 1, 0 2}\n", NULL, 0, SB_EFORMAT, "line 8: '0' is no rising index below 3"},
    {HEAD "{3 1}\n", NULL, 0, SB_EFORMAT, "'3' is no rising index below 3"},
    {HEAD "{-1 1}\n", NULL, 0, SB_EFORMAT, "'-1' is no rising index"},
    {HEAD "{0.5 1}\n", NULL, 0, SB_EFORMAT, "'0.5' is no rising index"},
    {HEAD "{0 1\n", NULL, 0, SB_EFORMAT, "',' or '}' expected"},
    {HEAD "{0}\n", NULL, 0, SB_EFORMAT, "'index value' expected"},
    {HEAD "{0 1} {5}\n", NULL, 0, SB_EFORMAT, "rows with weights are not read"},
    {HEAD "1,yes,2\n", "columns=z", 0, SB_ECONFIG, "no column 'z' among 3"},
    {HEAD "1,yes,2\n", "columns=x", 4, SB_ENOMEM, "above the limit"},
    {HEAD "{0 1}\n{0 2}\n", NULL, 140, SB_ENOMEM, "above the limit of 140 bytes"},
    {"@attribute s string\n@data\na\n", NULL, 0, SB_EDATA,
     "attribute 's': texts or dates: name it in 'onehot' or 'codes'"},
    {"@attribute s date\n@data\na\n", NULL, 0, SB_EDATA, "attribute 's': texts or dates: name it"},
    {"@attribute s string\n@data\n{}\n", "codes=s", 0, SB_EDATA,
     "line 3, attribute 's': a sparse row does not name it"},
};

START_TEST(bad_text_is_placed)
{
    sb_array a;
    const size_t limit = bad[_i].limit ? bad[_i].limit : 1 << 20;
    ck_assert_fails(&t, read_text(bad[_i].text, strlen(bad[_i].text), bad[_i].options, limit, &a), bad[_i].status,
                    bad[_i].words);
    ck_assert_fails(&t, read_text("@attribute x real\n@data\n1\0\n", 26, NULL, 100, &a), SB_EFORMAT, "NUL");
}
END_TEST

START_TEST(sparse_rows_are_dense_up_to_a_limit)
{
    sb_array a;
    sb_buf b = {.arena = t.cx.arena};
    for (size_t k = 0; k < 1024; k++) sb_buf_add(&b, "@attribute a%zu real\n", k);
    sb_buf_add(&b, "@data\n");
    for (size_t i = 0; i < 128; i++) sb_buf_add(&b, "{%zu 1}\n", i); /* 1 MiB */
    ck_assert_ok(&t, read_text(b.text, b.size, "dense_mib=1", 1 << 24, &a));
    ck_assert(a.shape[0] == 128 && a.shape[1] == 1024 && sb_array_at(&a, 127, 127) == 1 &&
              sb_array_at(&a, 127, 126) == 0);
    sb_buf_add(&b, "{}\n");
    ck_assert_fails(&t, read_text(b.text, b.size, "dense_mib=1", 1 << 24, &a), SB_ENOMEM,
                    "line 1154: 129 x 1024 values from sparse rows are above the limit of 1 MiB (option 'dense_mib')");
    ck_assert_ok(&t, read_text(b.text, b.size, "dense_mib=2", 1 << 24, &a));
}
END_TEST

START_TEST(cut_text_and_failed_allocations_are_clean)
{
    static const char text[] = HEAD "1,yes,2\n{0 1, 2 7}\n-3.5,'not sure',4e1\n";
    sb_array a;
    for (size_t cut = 0; cut < sizeof text; cut++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        const sb_status st = read_text(text, cut, "onehot=all", 1 << 20, &a);
        ck_assert_msg(st == SB_OK || *t.err.text, "cut at %zu: no message", cut);
        sb_arena_rewind(t.cx.arena, mark);
    }
    const sb_reader *r = sb_reader_find("arff", NULL);
    for (size_t k = 0;; k++) {
        void *set = sb_arena_alloc(t.cx.arena, 1, r->option_size);
        sb_stream *in = NULL;
        sb_param_defaults(r->options, set, &t.cx);
        ck_assert_ok(&t, sb_param_set(r->options, set, "onehot", "all", &t.cx));
        ck_assert_ok(&t, sb_stream_bytes(text, sizeof text - 1, "text", &t.cx, &in));
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = r->read(in, set, 1 << 20, &t.cx, &a);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        if (st == SB_OK) {
            ck_assert_uint_ge(k, 15);
            break;
        }
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s", k, t.err.text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("arff");
    TCase *c = tcase_create("arff");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, good_text_gives_its_values, 0, (int)(sizeof good / sizeof *good));
    tcase_add_test(c, what_r_writes_reads_back);
    tcase_add_loop_test(c, bad_text_is_placed, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(c, sparse_rows_are_dense_up_to_a_limit);
    tcase_add_test(c, cut_text_and_failed_allocations_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
