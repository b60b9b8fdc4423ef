/* Status codes and error texts: every call that can fail returns sb_status and writes one sentence to an sb_err. */
#ifndef SELBENCH_STATUS_H
#define SELBENCH_STATUS_H

/* code, short text; the one list from which enum and names come */
#define SB_STATUS_LIST(X)                                                                          \
    X(OK, "ok")                                                                                    \
    X(SKIP, "does not apply")              /* a method or model declines; the text says why */     \
    X(EARG, "bad argument")                                                                        \
    X(ECONFIG, "bad configuration")                                                                \
    X(EFORMAT, "malformed input")                                                                  \
    X(EDATA, "unusable data")              /* NaN, one class, wrong checksum, wrong shape */       \
    X(EIO, "input or output failed")                                                               \
    X(ENUM, "numerical failure")                                                                   \
    X(ENOMEM, "memory limit reached")                                                              \
    X(ENOTFOUND, "not found")                                                                      \
    X(EINTERRUPT, "interrupted")

typedef enum sb_status {
#define SB_X(name, text) SB_##name,
    SB_STATUS_LIST(SB_X)
#undef SB_X
    SB_STATUS_COUNT
} sb_status;

enum { SB_ERR_TEXT = 1024 };

/* Caller-owned error text. `text` is one sentence, lower case, no full stop, value and limit named. */
typedef struct sb_err {
    sb_status code;
    char text[SB_ERR_TEXT];
    const char *file; /* where it was first raised */
    int line;
} sb_err;

#if defined(__GNUC__)
#define SB_CHECKED __attribute__((warn_unused_result))
#define SB_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define SB_NORETURN __attribute__((noreturn))
#else
#define SB_CHECKED
#define SB_PRINTF(f, a)
#define SB_NORETURN
#endif

/* Short text of a code ("malformed input"); never NULL. */
const char *sb_status_text(sb_status code);

/* Writes the text into *err (NULL is allowed) and returns code; use SB_FAIL, which adds file and line. */
sb_status sb_err_set(sb_err *err, sb_status code, const char *file, int line, const char *format, ...)
    SB_PRINTF(5, 6);

/* Puts the caller's context in front of the text, "context: text", and returns code. */
sb_status sb_err_in(sb_err *err, sb_status code, const char *format, ...) SB_PRINTF(3, 4);

/* Reports a defect of selbench itself on stderr and aborts. */
void sb_bug(const char *file, int line, const char *format, ...) SB_PRINTF(3, 4) SB_NORETURN;

#define SB_FAIL(err, code, ...) return sb_err_set((err), (code), __FILE__, __LINE__, __VA_ARGS__)
#define SB_BUG(...) sb_bug(__FILE__, __LINE__, __VA_ARGS__)
/* Returns a failure unchanged: only where nothing but arena memory is held. */
#define SB_TRY(call)                                                                               \
    do {                                                                                           \
        const sb_status sb_try_status_ = (call);                                                   \
        if (sb_try_status_ != SB_OK) return sb_try_status_;                                        \
    } while (0)

#endif
