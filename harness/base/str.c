#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_va(sb_arena *a, const char *format, va_list args) SB_PRINTF(2, 0);
static char *format_va(sb_arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int size = vsnprintf(NULL, 0, format, args);
    char *text = size < 0 ? NULL : SB_NEW(a, (size_t)size + 1, char);
    if (text) (void)vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

char *sb_str_format(sb_arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_va(a, format, args);
    va_end(args);
    return text;
}

char *sb_str_copy(sb_arena *a, const char *text, size_t size)
{
    char *copy = SB_NEW(a, size + 1, char);
    if (copy && size) memcpy(copy, text, size);
    return copy;
}

static bool begins_number(const char *text) { return *text && !isspace((unsigned char)*text); }

bool sb_str_real(const char *text, double *value)
{
    if (!begins_number(text)) return false;
    char *end = NULL;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

bool sb_str_size(const char *text, unsigned long long *value)
{
    if (!isdigit((unsigned char)*text)) return false;
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

bool sb_str_ends(const char *text, const char *tail)
{
    const size_t a = strlen(text), b = strlen(tail);
    return a >= b && memcmp(text + a - b, tail, b) == 0;
}

void sb_buf_put(sb_buf *b, const char *bytes, size_t size)
{
    if (b->bad) return;
    if (b->size + size + 1 > b->room) {
        size_t room = b->room ? 2 * b->room : 256;
        while (room < b->size + size + 1) room *= 2;
        char *text = SB_NEW(b->arena, room, char);
        if (!text) {
            b->bad = true;
            return;
        }
        if (b->size) memcpy(text, b->text, b->size);
        b->text = text;
        b->room = room;
    }
    if (size) memcpy(b->text + b->size, bytes, size);
    b->size += size;
    b->text[b->size] = '\0';
}

void sb_buf_add(sb_buf *b, const char *format, ...)
{
    if (b->bad) return;
    char small[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int size = vsnprintf(small, sizeof small, format, args);
    if (size >= 0 && (size_t)size < sizeof small) {
        sb_buf_put(b, small, (size_t)size);
    } else {
        const char *text = format_va(b->arena, format, again);
        if (text)
            sb_buf_put(b, text, strlen(text));
        else
            b->bad = true;
    }
    va_end(again);
    va_end(args);
}
