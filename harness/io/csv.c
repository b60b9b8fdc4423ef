#include "selbench/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 17, RECORD_LIMIT = 1 << 24, END = -1 };

/* *c: the next byte, or END; not taken. */
static sb_status peek(sb_csv *s, int *c)
{
    if (s->at == s->size && !s->ended) {
        SB_TRY(sb_stream_read(s->in, s->block, BLOCK, &s->size, s->cx));
        s->at = 0;
        s->ended = s->size < BLOCK;
    }
    *c = s->at < s->size ? (unsigned char)s->block[s->at] : END;
    return SB_OK;
}

static bool is_line_end(int c) { return c == '\n' || c == '\r'; }
static bool is_blank(const sb_csv *s, int c) { return c == ' ' || (c == '\t' && s->delimiter != '\t'); }

/* Takes "\n", "\r" or "\r\n". */
static sb_status take_line_end(sb_csv *s, int c)
{
    s->at++;
    s->next_line++;
    int next = END;
    if (c == '\r') SB_TRY(peek(s, &next));
    if (next == '\n') s->at++;
    return SB_OK;
}

static sb_status put(sb_csv *s, int c)
{
    if (s->used == s->room) {
        if (s->room == RECORD_LIMIT)
            SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu: a record above %d bytes", s->line, RECORD_LIMIT);
        char *more = SB_NEW(s->cx->arena, 2 * s->room, char);
        if (!more) SB_FAIL(s->cx->err, SB_ENOMEM, "line %zu: a record of %zu bytes", s->line, 2 * s->room);
        memcpy(more, s->text, s->used);
        s->text = more;
        s->room *= 2;
    }
    s->text[s->used++] = (char)c;
    return SB_OK;
}

static sb_status begin_field(sb_csv *s)
{
    if (s->fields == s->begin_room) {
        const size_t room = 2 * s->begin_room;
        size_t *begin = SB_NEW(s->cx->arena, room, size_t);
        const char **field = SB_NEW(s->cx->arena, room, const char *);
        if (!begin || !field) SB_FAIL(s->cx->err, SB_ENOMEM, "line %zu: %zu fields", s->line, room);
        memcpy(begin, s->begin, s->fields * sizeof *begin);
        s->begin = begin;
        s->field = field;
        s->begin_room = room;
    }
    s->begin[s->fields++] = s->used;
    return SB_OK;
}

/* From behind the opening quote to behind the closing one. */
static sb_status quoted_field(sb_csv *s)
{
    const size_t line = s->next_line;
    int c;
    for (;;) {
        SB_TRY(peek(s, &c));
        if (c == END) SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu: a quote that is never closed", line);
        s->at++;
        if (c == '"') {
            SB_TRY(peek(s, &c));
            if (c != '"') break;
            s->at++;
        }
        s->next_line += c == '\n';
        if (c == '\0') SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu: a NUL byte, not a text", line);
        SB_TRY(put(s, c));
    }
    while (is_blank(s, c) && s->delimiter != ' ') {
        s->at++;
        SB_TRY(peek(s, &c));
    }
    const bool blank_ends = s->delimiter == ' ' && is_blank(s, c);
    if (c != END && c != s->delimiter && !is_line_end(c) && !blank_ends)
        SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu: text after a closing quote", s->next_line);
    return SB_OK;
}

static sb_status plain_field(sb_csv *s)
{
    const size_t begin = s->used;
    for (;;) {
        int c;
        SB_TRY(peek(s, &c));
        if (c == END || c == s->delimiter || is_line_end(c)) break;
        if (s->delimiter == ' ' && is_blank(s, c)) break;
        if (c == '\0') SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu: a NUL byte, not a text", s->next_line);
        SB_TRY(put(s, c));
        s->at++;
    }
    while (s->used > begin && is_blank(s, s->text[s->used - 1])) s->used--;
    return SB_OK;
}

static sb_status skip_blanks(sb_csv *s, int *c)
{
    for (;; s->at++) {
        SB_TRY(peek(s, c));
        if (!is_blank(s, *c)) return SB_OK;
    }
}

/* One line's fields; s->fields == 0: nothing but blanks on it. *more: the input goes on. */
static sb_status read_line(sb_csv *s, bool *more)
{
    int c;
    s->fields = s->used = 0;
    s->line = s->next_line;
    SB_TRY(skip_blanks(s, &c));
    *more = c != END;
    if (c == END) return SB_OK;
    while (!is_line_end(c) || s->fields) {
        SB_TRY(begin_field(s));
        if (c == '"') {
            s->at++;
            SB_TRY(quoted_field(s));
        } else {
            SB_TRY(plain_field(s));
        }
        SB_TRY(put(s, '\0'));
        if (s->delimiter == ' ')
            SB_TRY(skip_blanks(s, &c));
        else
            SB_TRY(peek(s, &c));
        if (c == END || is_line_end(c)) break;
        if (s->delimiter == ' ') continue;
        s->at++;
        SB_TRY(skip_blanks(s, &c));
    }
    return c == END ? SB_OK : take_line_end(s, c);
}

sb_status sb_csv_next(sb_csv *s)
{
    size_t empty = 0;
    for (bool more = true; more;) {
        SB_TRY(read_line(s, &more));
        if (!s->fields) {
            if (more && !empty) empty = s->line;
            continue;
        }
        if (empty) SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu is empty, but others follow", empty);
        for (size_t k = 0; k < s->fields; k++) s->field[k] = s->text + s->begin[k];
        return SB_OK;
    }
    return SB_OK;
}

static char likeliest(const char *text, size_t size)
{
    static const char candidate[] = "\t;,";
    size_t count[4] = {0}, best = 3;
    bool quoted = false, blank = false;
    for (size_t i = 0; i < size && !is_line_end(text[i]); i++) {
        quoted ^= text[i] == '"';
        const char *c = text[i] && !quoted ? strchr(candidate, text[i]) : NULL;
        if (c)
            count[c - candidate]++;
        else
            blank |= !quoted && text[i] == ' ' && i;
    }
    for (size_t k = 0; k < 3; k++)
        if (count[k] > count[best]) best = k;
    return best < 3 ? candidate[best] : blank ? ' ' : ',';
}

sb_status sb_csv_begin(sb_csv *s, sb_stream *in, char delimiter, size_t skip, sb_ctx *cx)
{
    *s = (sb_csv){.in = in, .cx = cx, .delimiter = delimiter, .next_line = 1, .room = 4096, .begin_room = 64};
    s->block = SB_NEW(cx->arena, BLOCK, char);
    s->text = SB_NEW(cx->arena, s->room, char);
    s->begin = SB_NEW(cx->arena, s->begin_room, size_t);
    s->field = SB_NEW(cx->arena, s->begin_room, const char *);
    if (!s->block || !s->text || !s->begin || !s->field) SB_FAIL(cx->err, SB_ENOMEM, "buffers for delimited text");
    int c;
    SB_TRY(peek(s, &c));
    if (s->size >= 3 && memcmp(s->block, "\xef\xbb\xbf", 3) == 0) s->at = 3;
    while (skip) {
        SB_TRY(peek(s, &c));
        if (c == END) break;
        if (is_line_end(c)) {
            SB_TRY(take_line_end(s, c));
            skip--;
        } else {
            s->at++;
        }
    }
    SB_TRY(peek(s, &c));
    if (!delimiter) s->delimiter = likeliest(s->block + s->at, s->size - s->at);
    return SB_OK;
}

/* Up to 2^53 and 10^22 both parts are exact, so that one rounding is
 * left and the result is strtod's (Clinger 1990). */
bool sb_csv_number(const char *text, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *p = text + (*text == '-' || *text == '+');
    uint64_t whole = 0;
    size_t digits = 0, behind = 0;
    for (; *p >= '0' && *p <= '9'; p++, digits++) whole = 10 * whole + (uint64_t)(*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, digits++, behind++) whole = 10 * whole + (uint64_t)(*p - '0');
    if (!digits) return false;
    if (!*p && digits <= 15) {
        const double v = (double)whole / power[behind];
        *value = *text == '-' ? -v : v;
        return true;
    }
    if (text[strspn(text, "+-.0123456789eE")]) return false;
    char *end = NULL;
    *value = strtod(text, &end);
    return !*end && isfinite(*value);
}
