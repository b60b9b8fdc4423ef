/* The frame of every Check program: a context with its own arena, and main. */
#ifndef TEST_MAIN_H
#define TEST_MAIN_H

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selbench/ctx.h"

/* A fresh context per test; release it with test_ctx_release. */
typedef struct test_ctx {
    sb_ctx cx;
    sb_err err;
} test_ctx;

static inline void test_ctx_init(test_ctx *t, const char *path)
{
    memset(t, 0, sizeof *t);
    t->cx = (sb_ctx){.arena = sb_arena_new(0), .err = &t->err, .seed = 1, .path = path};
    ck_assert_ptr_nonnull(t->cx.arena);
}
static inline void test_ctx_release(test_ctx *t) { sb_arena_free(t->cx.arena); }

#define ck_assert_ok(t, call)                                                                      \
    do {                                                                                           \
        const sb_status ck_status_ = (call);                                                       \
        ck_assert_msg(ck_status_ == SB_OK, "%s: %s", sb_status_text(ck_status_), (t)->err.text);   \
    } while (0)
/* The call fails with this status and its message contains these words. */
#define ck_assert_fails(t, call, status, words)                                                    \
    do {                                                                                           \
        const sb_status ck_status_ = (call);                                                       \
        ck_assert_msg(ck_status_ == (status), "status %s, expected %s: %s", sb_status_text(ck_status_), \
                      sb_status_text(status), (t)->err.text);                                      \
        ck_assert_msg(strstr((t)->err.text, (words)) != NULL, "message '%s' lacks '%s'", (t)->err.text, (words)); \
    } while (0)

#define TEST_MAIN(suite_function)                                                                  \
    int main(void)                                                                                 \
    {                                                                                              \
        SRunner *const runner = srunner_create(suite_function());                                  \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        const int failed = srunner_ntests_failed(runner);                                          \
        srunner_free(runner);                                                                      \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                               \
    }

#endif
