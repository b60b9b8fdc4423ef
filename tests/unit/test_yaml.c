/* YAML: trees and places, every malformed kind with its line and column, limits, typed values, --set. */
#include <stdio.h>
#include <unistd.h>

#include "test_main.h"
#include "yaml.h"

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "yaml"); }
static void tear_down(void) { test_ctx_release(&t); }

static const sb_yaml *parse(const char *text)
{
    const sb_yaml *root = NULL;
    ck_assert_ok(&t, sb_yaml_parse(text, strlen(text), "a.yaml", &t.cx, &root));
    return root;
}

START_TEST(tree_knows_its_places)
{
    const sb_yaml *root =
        parse("# an experiment\nname: small\ndata:\n  - {rows: 10, 'own': \"x: y\"}\n  - é: 2\n\nnone:\n");
    ck_assert_int_eq(root->kind, SB_YAML_MAP);
    ck_assert_uint_eq(root->n, 3);
    ck_assert_str_eq(root->file, "a.yaml");
    ck_assert_uint_eq(root->line, 2);
    const sb_yaml *data = sb_yaml_get(root, "data");
    ck_assert_int_eq(data->kind, SB_YAML_LIST);
    ck_assert_uint_eq(data->n, 2);
    const sb_yaml *own = sb_yaml_get(data->item[0], "own");
    ck_assert_str_eq(own->text, "x: y");
    ck_assert(own->quoted && !sb_yaml_get(data->item[0], "rows")->quoted);
    ck_assert(own->line == 4 && own->column == 23);
    ck_assert(data->item[1]->key[0]->line == 5 && data->item[1]->key[0]->column == 5);
    ck_assert_uint_eq(data->item[1]->item[0]->column, 8); /* characters, not bytes */
    ck_assert_str_eq(sb_yaml_get(root, "none")->text, "");
    ck_assert_ptr_null(sb_yaml_get(root, "absent"));
    ck_assert_ptr_null(sb_yaml_get(own, "absent"));
    ck_assert_str_eq(parse("just a text")->text, "just a text");
    ck_assert_uint_eq(parse("\xef\xbb\xbf\x61: 1\r\nb: 2\r\n")->n, 2); /* byte order mark, CRLF */
}
END_TEST

static const struct {
    const char *text;
    size_t size; /* 0: strlen */
    const char *place, *words;
} malformed[] = {
    {"", 0, "a.yaml:1:1: ", "nothing in it"},
    {"# only a remark\n\n", 0, "a.yaml:1:1: ", "nothing in it"},
    {"---\n", 0, "a.yaml:2:1: ", "nothing in it"},
    {"a: 1\nb: 2\na: 3\n", 0, "a.yaml:3:1: ", "duplicate key 'a', first given at line 1"},
    {"b: 1\na: 1\nc: {x: 1, \"x\": 2}\n", 0, "a.yaml:3:11: ", "duplicate key 'x'"},
    {"y: 1\nz: 1\ny: 1\nz: 1\n", 0, "a.yaml:3:1: ", "duplicate key 'y', first given at line 1"},
    {"a: &x 1\nb: 2\n", 0, "a.yaml:1:4: ", "anchors (&x)"},
    {"a: &x [1]\n", 0, "a.yaml:1:4: ", "anchors (&x)"},
    {"a: &x {b: 1}\n", 0, "a.yaml:1:4: ", "anchors (&x)"},
    {"a: 1\nb: *x\n", 0, "a.yaml:2:4: ", "aliases"},
    {"a: !!python/object x\n", 0, "a.yaml:1:4: ", "tags"},
    {"a: 1\n---\nb: 1\n", 0, "a.yaml:2:1: ", "second document"},
    {"a: 1\n...\nb: 1\n", 0, "a.yaml:3:1: ", "did not find expected <document start>"},
    {"? [1, 2]\n: 3\n", 0, "a.yaml:1:3: ", "a key must be a text"},
    {"a:\n  ? {b: c}\n  : 3\n", 0, "a.yaml:2:5: ", "a key must be a text"},
    {": 3\n", 0, "a.yaml:1:1: ", "did not find expected key"},
    {"a: 1\n'': 3\n", 0, "a.yaml:2:1: ", "empty key"},
    {"{ ? : 3}\n", 0, "a.yaml:1:5: ", "empty key"},
    {"a: 1\n\tb: 2\n", 0, "a.yaml:2:1: ", "tab"},
    {"a:\n\t- b\n", 0, "a.yaml:2:1: ", "tab"},
    {"a: \xff\xfe\n", 0, "a.yaml:1:4: ", "UTF-8"},
    {"a: 1\nb: \xc3\x28\n", 0, "a.yaml:2:5: ", "UTF-8"},
    {"a: 1\nb: \xc3", 0, "a.yaml:2:4: ", "UTF-8"},
    {"a: 1\0b: 2\n", 10, "a.yaml:1:5: ", "control characters"},
    {"a: \"x\\0y\"\n", 0, "a.yaml:1:4: ", "NUL"},
    {"a: [1, 2\nb: 3\n", 0, "a.yaml:2:2: ", "(while parsing a flow sequence that begins at line 1)"},
    {"a: {b: 1\n", 0, "a.yaml:2:1: ", "while parsing a flow mapping"},
    {"a: 'open\n", 0, "a.yaml:2:1: ", "quoted scalar"},
    {"a: b: c\n", 0, "a.yaml:1:5: ", "mapping values are not allowed"},
    {"a: 1\n b: 2\n", 0, "a.yaml:2:3: ", "mapping values are not allowed"},
    {"a: 1\nb\n", 0, "a.yaml:3:1: ", "expected ':'"},
    {"- a\nb: 1\n", 0, "a.yaml:2:1: ", "expected '-'"},
    {"%YAML 3.0\n---\na: 1\n", 0, "a.yaml:1:1: ", "incompatible YAML"},
    {"a: @x\n", 0, "a.yaml:1:4: ", "cannot start any token"},
    {"a\xfe\xff", 0, "a.yaml:1:2: ", "UTF-8"},
    {"\xff\xfe\x61\0:\0", 6, "a.yaml:1:1: ", "UTF-8"}, /* UTF-16 */
};

START_TEST(malformed_text_is_placed)
{
    const char *text = malformed[_i].text;
    const size_t size = malformed[_i].size ? malformed[_i].size : strlen(text);
    const sb_yaml *root = NULL;
    ck_assert_fails(&t, sb_yaml_parse(text, size, "a.yaml", &t.cx, &root), SB_ECONFIG, malformed[_i].words);
    ck_assert_msg(strncmp(t.err.text, malformed[_i].place, strlen(malformed[_i].place)) == 0, "'%s' is not at %s",
                  t.err.text, malformed[_i].place);
}
END_TEST

static char *repeated(const char *head, const char *unit, size_t count, const char *tail)
{
    const size_t a = strlen(head), b = strlen(unit), c = strlen(tail);
    char *text = SB_NEW(t.cx.arena, a + count * b + c + 1, char);
    ck_assert_ptr_nonnull(text);
    memcpy(text, head, a);
    for (size_t i = 0; i < count; i++) memcpy(text + a + i * b, unit, b);
    memcpy(text + a + count * b, tail, c);
    return text;
}

START_TEST(limits_hold)
{
    const sb_yaml *root = NULL;
    const char *deep = repeated("", "[", 64, "1");
    deep = repeated(deep, "]", 64, "");
    ck_assert_ok(&t, sb_yaml_parse(deep, strlen(deep), "a.yaml", &t.cx, &root));
    deep = repeated("", "[", 65, "1");
    deep = repeated(deep, "]", 65, "");
    ck_assert_fails(&t, sb_yaml_parse(deep, strlen(deep), "a.yaml", &t.cx, &root), SB_ECONFIG,
                    "a.yaml:1:65: nested more than 64 deep");
    const char *open = repeated("", "[", 1000000, "");
    ck_assert_fails(&t, sb_yaml_parse(open, strlen(open), "a.yaml", &t.cx, &root), SB_ECONFIG, "nested more than 64");
    open = repeated("", "- ", 1000000, "");
    ck_assert_fails(&t, sb_yaml_parse(open, strlen(open), "a.yaml", &t.cx, &root), SB_ECONFIG, "nested more than 64");
    const char *many = repeated("[", "1,", 131072, "]");
    ck_assert_fails(&t, sb_yaml_parse(many, strlen(many), "a.yaml", &t.cx, &root), SB_ECONFIG,
                    "more than 131072 values");
    many = repeated("[", "1,", 131071, "]");
    ck_assert_ok(&t, sb_yaml_parse(many, strlen(many), "a.yaml", &t.cx, &root));
    ck_assert_uint_eq(root->n, 131071);
    const char *large = repeated("a: '", "0123456789abcdef", 262144, "'");
    ck_assert_fails(&t, sb_yaml_parse(large, strlen(large), "a.yaml", &t.cx, &root), SB_ECONFIG,
                    "a.yaml:1:1: 4194309 bytes, above the limit of 4194304");
}
END_TEST

START_TEST(unknown_keys_name_the_nearest)
{
    static const char *const allowed[] = {"name", "budgets", "repeats", NULL};
    const sb_yaml *root = parse("name: x\nbudget: 3\n");
    ck_assert_fails(&t, sb_yaml_keys(root, allowed, &t.cx), SB_ECONFIG,
                    "a.yaml:2:1: unknown key 'budget', did you mean 'budgets'? (allowed: name, budgets, repeats)");
    root = parse("name: x\nzzzzzz: 3\n");
    ck_assert_fails(&t, sb_yaml_keys(root, allowed, &t.cx), SB_ECONFIG,
                    "a.yaml:2:1: unknown key 'zzzzzz' (allowed: name, budgets, repeats)");
    ck_assert_fails(&t, sb_yaml_keys(root, (const char *const[]){NULL}, &t.cx), SB_ECONFIG, "(allowed: none)");
    ck_assert_ok(&t, sb_yaml_keys(parse("repeats: 1\nname: 2\n"), allowed, &t.cx));
    ck_assert_fails(&t, sb_yaml_keys(parse("[1]"), allowed, &t.cx), SB_ECONFIG, "a.yaml:1:1: expected a map");
}
END_TEST

START_TEST(values_have_bounds)
{
    const sb_yaml *m =
        parse("n: 12\ne: 1e3\nneg: -1\nfrac: 1.5\nbig: 99999999999999999999\nr: 2.5\nnan: .nan\nnan2: nan\n"
              "yes: yes\nno: false\nblank:\nempty: ''\nlist: [1]\nmap: {}\nword: abc\n");
    size_t n = 7;
    double r = 7;
    bool b = false;
    const char *text = "kept";
    ck_assert_ok(&t, sb_yaml_size(m, "absent", 1, 20, &t.cx, &n));
    ck_assert_ok(&t, sb_yaml_real(m, "absent", 1, 20, &t.cx, &r));
    ck_assert_ok(&t, sb_yaml_bool(m, "absent", &t.cx, &b));
    ck_assert_ok(&t, sb_yaml_text(m, "absent", &t.cx, &text));
    ck_assert(n == 7 && r == 7 && !b && strcmp(text, "kept") == 0);
    ck_assert_ok(&t, sb_yaml_size(m, "n", 12, 12, &t.cx, &n));
    ck_assert_uint_eq(n, 12);
    ck_assert_ok(&t, sb_yaml_size(m, "e", 1, 1000, &t.cx, &n));
    ck_assert_uint_eq(n, 1000);
    ck_assert_fails(&t, sb_yaml_size(m, "n", 13, 20, &t.cx, &n), SB_ECONFIG, "a.yaml:1:4: 'n' is 12, outside 13 to 20");
    ck_assert_fails(&t, sb_yaml_size(m, "n", 1, 11, &t.cx, &n), SB_ECONFIG, "outside 1 to 11");
    ck_assert_fails(&t, sb_yaml_size(m, "neg", 0, 11, &t.cx, &n), SB_ECONFIG, "a.yaml:3:6: 'neg' is -1, outside");
    ck_assert_fails(&t, sb_yaml_size(m, "frac", 0, 11, &t.cx, &n), SB_ECONFIG, "a whole number");
    ck_assert_fails(&t, sb_yaml_size(m, "big", 0, SIZE_MAX, &t.cx, &n), SB_ECONFIG, "a whole number");
    ck_assert_fails(&t, sb_yaml_size(m, "word", 0, 11, &t.cx, &n), SB_ECONFIG, "'word' is 'abc'");
    ck_assert_fails(&t, sb_yaml_size(m, "list", 0, 11, &t.cx, &n), SB_ECONFIG, "must be one value, not a list");
    ck_assert_fails(&t, sb_yaml_size(m, "blank", 0, 11, &t.cx, &n), SB_ECONFIG, "'blank' has no value");
    ck_assert_uint_eq(n, 1000);
    ck_assert_ok(&t, sb_yaml_real(m, "r", 2.5, 2.5, &t.cx, &r));
    ck_assert(r == 2.5);
    ck_assert_fails(&t, sb_yaml_real(m, "r", 3, 4, &t.cx, &r), SB_ECONFIG, "'r' is 2.5, outside 3 to 4");
    ck_assert_fails(&t, sb_yaml_real(m, "nan", -INFINITY, INFINITY, &t.cx, &r), SB_ECONFIG, "expected a number");
    ck_assert_fails(&t, sb_yaml_real(m, "nan2", -INFINITY, INFINITY, &t.cx, &r), SB_ECONFIG, "outside");
    ck_assert_fails(&t, sb_yaml_real(m, "map", 0, 1, &t.cx, &r), SB_ECONFIG, "not a map");
    ck_assert_ok(&t, sb_yaml_bool(m, "yes", &t.cx, &b));
    ck_assert(b);
    ck_assert_ok(&t, sb_yaml_bool(m, "no", &t.cx, &b));
    ck_assert(!b);
    ck_assert_fails(&t, sb_yaml_bool(m, "n", &t.cx, &b), SB_ECONFIG, "expected true or false");
    ck_assert_ok(&t, sb_yaml_text(m, "empty", &t.cx, &text));
    ck_assert_str_eq(text, "");
    ck_assert_fails(&t, sb_yaml_text(parse("x"), "a", &t.cx, &text), SB_ECONFIG, "expected a map");
}
END_TEST

START_TEST(lists_become_option_text)
{
    const sb_yaml *m = parse("a: 1\nb: [1, 2.5, x]\nc: []\nd: [[1]]\ne: {a: 1}\nf: ['a,b']\ng: ['']\n");
    const char *text = NULL;
    ck_assert_ok(&t, sb_yaml_flat(sb_yaml_get(m, "a"), &t.cx, &text));
    ck_assert_str_eq(text, "1");
    ck_assert_ok(&t, sb_yaml_flat(sb_yaml_get(m, "b"), &t.cx, &text));
    ck_assert_str_eq(text, "[1, 2.5, x]");
    ck_assert_ok(&t, sb_yaml_flat(sb_yaml_get(m, "c"), &t.cx, &text));
    ck_assert_str_eq(text, "[]");
    ck_assert_fails(&t, sb_yaml_flat(sb_yaml_get(m, "d"), &t.cx, &text), SB_ECONFIG, "a.yaml:4:5: ");
    ck_assert_fails(&t, sb_yaml_flat(sb_yaml_get(m, "e"), &t.cx, &text), SB_ECONFIG, "a.yaml:5:4: ");
    ck_assert_fails(&t, sb_yaml_flat(sb_yaml_get(m, "f"), &t.cx, &text), SB_ECONFIG, "a.yaml:6:5: ");
    ck_assert_fails(&t, sb_yaml_flat(sb_yaml_get(m, "g"), &t.cx, &text), SB_ECONFIG, "empty");
}
END_TEST

START_TEST(set_changes_a_copy)
{
    const sb_yaml *root = parse("a: {b: [1, {c: 2}, 3], d: 4}\ne: 5\nblank:\n");
    const sb_yaml *n = NULL;
    ck_assert_ok(&t, sb_yaml_set(root, "a.b.1.c", "[7, 8]", &t.cx, &n));
    const sb_yaml *list = sb_yaml_get(sb_yaml_get(n, "a"), "b");
    const sb_yaml *set = sb_yaml_get(list->item[1], "c");
    ck_assert_uint_eq(set->n, 2);
    ck_assert_str_eq(set->item[1]->text, "8");
    ck_assert_str_eq(set->file, "--set");
    ck_assert_str_eq(list->item[0]->text, "1");
    ck_assert_str_eq(list->item[2]->text, "3");
    ck_assert_ptr_eq(sb_yaml_get(n, "e"), sb_yaml_get(root, "e"));
    const sb_yaml *old = sb_yaml_get(sb_yaml_get(root, "a"), "b")->item[1];
    ck_assert_str_eq(sb_yaml_get(old, "c")->text, "2"); /* the old tree stays */

    ck_assert_ok(&t, sb_yaml_set(root, "x.y.z", "true", &t.cx, &n));
    ck_assert_uint_eq(n->n, 4);
    ck_assert_uint_eq(root->n, 3);
    ck_assert_str_eq(sb_yaml_get(sb_yaml_get(sb_yaml_get(n, "x"), "y"), "z")->text, "true");
    ck_assert_str_eq(n->key[3]->text, "x");
    ck_assert_ok(&t, sb_yaml_set(root, "blank.k", "3", &t.cx, &n));
    ck_assert_str_eq(sb_yaml_get(sb_yaml_get(n, "blank"), "k")->text, "3");
    ck_assert_ok(&t, sb_yaml_set(root, "a", "''", &t.cx, &n));
    ck_assert(sb_yaml_get(n, "a")->kind == SB_YAML_SCALAR && sb_yaml_get(n, "a")->quoted);

    ck_assert_fails(&t, sb_yaml_set(root, "e.f", "1", &t.cx, &n), SB_ECONFIG, "inside the value '5' (a.yaml:2:4)");
    ck_assert_fails(&t, sb_yaml_set(root, "a.b.3", "1", &t.cx, &n), SB_ECONFIG,
                    "beyond the list at a.yaml:1:8, which has 3");
    ck_assert_fails(&t, sb_yaml_set(root, "a.b.x", "1", &t.cx, &n), SB_ECONFIG, "'x' is no position");
    ck_assert_fails(&t, sb_yaml_set(root, "a..b", "1", &t.cx, &n), SB_ECONFIG, "a name is missing");
    ck_assert_fails(&t, sb_yaml_set(root, "", "1", &t.cx, &n), SB_ECONFIG, "a name is missing");
    ck_assert_fails(&t, sb_yaml_set(root, "a", "", &t.cx, &n), SB_ECONFIG, "value of a: --set:1:1: nothing in it");
    ck_assert_fails(&t, sb_yaml_set(root, "a", "[1", &t.cx, &n), SB_ECONFIG, "value of a: --set:2:1: ");
    ck_assert_fails(&t, sb_yaml_set(root, repeated("x", ".x", 64, ""), "1", &t.cx, &n), SB_ECONFIG, "64 steps");
}
END_TEST

START_TEST(failing_allocations_are_clean)
{
    static const char text[] = "a: {b: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\nc: d\n";
    size_t failures = 0;
    for (size_t k = 0;; k++) {
        const sb_yaml *root = NULL, *changed = NULL;
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_arena_fail_at(t.cx.arena, k);
        sb_status st = sb_yaml_parse(text, sizeof text - 1, "a.yaml", &t.cx, &root);
        if (st == SB_OK) st = sb_yaml_set(root, "a.x.y", "1", &t.cx, &changed);
        const char *flat = NULL;
        if (st == SB_OK) st = sb_yaml_flat(sb_yaml_get(sb_yaml_get(root, "a"), "b"), &t.cx, &flat);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
        failures++;
        sb_arena_rewind(t.cx.arena, mark);
    }
    sb_arena_fail_at(t.cx.arena, SIZE_MAX);
    ck_assert_uint_ge(failures, 30);
}
END_TEST

START_TEST(files_are_read_and_missing_ones_named)
{
    const sb_yaml *root = NULL;
    ck_assert_fails(&t, sb_yaml_read("no/such.yaml", &t.cx, &root), SB_ENOTFOUND, "no/such.yaml");
    ck_assert_fails(&t, sb_yaml_read("/", &t.cx, &root), SB_EIO, "'/'");
    char path[] = "/tmp/test_yaml_XXXXXX";
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "a: 1\na: 2\n", 10), 10);
    const sb_status st = sb_yaml_read(path, &t.cx, &root);
    ck_assert_int_eq(ftruncate(fd, 5 << 20), 0);
    char text[SB_ERR_TEXT];
    memcpy(text, t.err.text, sizeof text);
    const sb_status large = sb_yaml_read(path, &t.cx, &root);
    (void)close(fd);
    (void)unlink(path);
    ck_assert_int_eq(st, SB_ECONFIG);
    ck_assert_ptr_nonnull(strstr(text, "/tmp/test_yaml_"));
    ck_assert_ptr_nonnull(strstr(text, ":2:1: duplicate key 'a'"));
    ck_assert_fails(&t, large, SB_ECONFIG, ":1:1: ");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("yaml");
    TCase *c = tcase_create("yaml");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, tree_knows_its_places);
    tcase_add_loop_test(c, malformed_text_is_placed, 0, (int)(sizeof malformed / sizeof *malformed));
    tcase_add_test(c, limits_hold);
    tcase_add_test(c, unknown_keys_name_the_nearest);
    tcase_add_test(c, values_have_bounds);
    tcase_add_test(c, lists_become_option_text);
    tcase_add_test(c, set_changes_a_copy);
    tcase_add_test(c, failing_allocations_are_clean);
    tcase_add_test(c, files_are_read_and_missing_ones_named);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
