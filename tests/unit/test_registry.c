/* The tables of plug-ins: names are found or the nearest is named, and a plug-in made for another interface is refused.
 */
#include "test_main.h"

#include "registry.h"

START_TEST(names_are_found_or_the_nearest_is_named)
{
    test_ctx t;
    test_ctx_init(&t, "registry");
    const sb_method *found = NULL;
    const char *code = NULL;
    ck_assert_ok(&t, sb_method_get("uniform", &t.cx, &found, &code));
    ck_assert_str_eq(found->name, "uniform");
    ck_assert_uint_eq(strlen(code), 16);
    ck_assert_fails(&t, sb_method_get("unifrom", &t.cx, &found, &code), SB_ENOTFOUND, "did you mean 'uniform'?");
    ck_assert_fails(&t, sb_method_get("qwertyuiop", &t.cx, &found, &code), SB_ENOTFOUND, "selbench list methods");
    test_ctx_release(&t);
}
END_TEST

START_TEST(another_interface_is_refused_by_name)
{
    test_ctx t;
    test_ctx_init(&t, "registry");
    ck_assert_ok(&t, sb_abi_check("method", "mine", SB_METHOD_ABI, SB_METHOD_ABI, &t.cx));
    ck_assert_fails(&t, sb_abi_check("method", "mine", SB_METHOD_ABI - 1, SB_METHOD_ABI, &t.cx), SB_ECONFIG,
                    "method 'mine' was made for interface 1 of plug-ins, this is 2");
    ck_assert_uint_eq(offsetof(sb_method, abi), 0); /* it must be read before anything else can be trusted */
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("registry");
    TCase *t = tcase_create("registry");
    tcase_add_test(t, names_are_found_or_the_nearest_is_named);
    tcase_add_test(t, another_interface_is_refused_by_name);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)
