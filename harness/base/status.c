#include "selbench/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sb_status_text(sb_status code)
{
    static const char *const text[] = {
#define SB_X(name, words) [SB_##name] = words,
        SB_STATUS_LIST(SB_X)
#undef SB_X
    };
    return code < SB_STATUS_COUNT ? text[code] : "unknown status";
}

sb_status sb_err_set(sb_err *err, sb_status code, const char *file, int line, const char *format, ...)
{
    if (!err) return code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = code;
    err->file = file;
    err->line = line;
    return code;
}

sb_status sb_err_in(sb_err *err, sb_status code, const char *format, ...)
{
    if (!err) return code;
    char context[SB_ERR_TEXT], whole[SB_ERR_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(context, sizeof context, format, args);
    va_end(args);
    const size_t used = strnlen(context, sizeof context - 1);
    memcpy(whole, context, used);
    (void)snprintf(whole + used, sizeof whole - used, ": %s", err->text);
    memcpy(err->text, whole, sizeof whole);
    err->code = code;
    return code;
}

void sb_bug(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "selbench: defect at %s:%d: ", file, line);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    abort();
}
