#include "selbench/param.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "str.h"

static void *field(const sb_param *row, void *opts) { return (char *)opts + row->offset; }
static const void *cfield(const sb_param *row, const void *opts) { return (const char *)opts + row->offset; }

static bool in_bounds(const sb_param *row, double v) { return v >= row->min && v <= row->max; }

static sb_status bad(const sb_param *row, const char *text, const char *want, sb_ctx *cx)
{
    SB_FAIL(cx->err, SB_ECONFIG, "'%s' is '%s', expected %s", row->name, text, want);
}

static sb_status out_of_bounds(const sb_param *row, double v, sb_ctx *cx)
{
    SB_FAIL(cx->err, SB_ECONFIG, "'%s' is %.10g, outside %.10g to %.10g", row->name, v, row->min, row->max);
}

static sb_status set_size(const sb_param *row, void *at, const char *text, sb_ctx *cx)
{
    unsigned long long v = 0;
    double real = 0;
    if (!sb_str_size(text, &v)) {
        if (!sb_str_real(text, &real) || real != floor(real) || !(fabs(real) < 9e15))
            return bad(row, text, "a whole number", cx);
        if (real < 0) return out_of_bounds(row, real, cx);
        v = (unsigned long long)real;
    }
    if (!in_bounds(row, (double)v)) return out_of_bounds(row, (double)v, cx);
    *(size_t *)at = (size_t)v;
    return SB_OK;
}

static sb_status set_real(const sb_param *row, double *at, const char *text, sb_ctx *cx)
{
    double v = 0;
    if (!sb_str_real(text, &v)) return bad(row, text, "a number", cx);
    if (!in_bounds(row, v)) return out_of_bounds(row, v, cx);
    *at = v;
    return SB_OK;
}

static sb_status set_bool(const sb_param *row, void *at, const char *text, sb_ctx *cx)
{
    const bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0) return bad(row, text, "true or false", cx);
    *(bool *)at = yes;
    return SB_OK;
}

static sb_status set_enum(const sb_param *row, void *at, const char *text, sb_ctx *cx)
{
    char words[512] = "";
    size_t used = 0;
    for (int i = 0; row->words[i]; i++) {
        if (strcmp(row->words[i], text) == 0) {
            *(int *)at = i;
            return SB_OK;
        }
        const int w = snprintf(words + used, sizeof words - used, "%s%s", i ? ", " : "one of ", row->words[i]);
        used = w > 0 && used + (size_t)w < sizeof words ? used + (size_t)w : sizeof words - 1;
    }
    return bad(row, text, words, cx);
}

/* "0.1", or "[0.1, 1, 10]" */
static sb_status set_reals(const sb_param *row, sb_reals *at, const char *text, sb_ctx *cx)
{
    sb_reals list = {0};
    if (*text != '[') {
        SB_TRY(set_real(row, &list.v[0], text, cx));
        list.n = 1;
        *at = list;
        return SB_OK;
    }
    for (const char *p = text + 1;;) {
        char item[64];
        const size_t blank = strspn(p, " ,");
        p += blank;
        const size_t size = strcspn(p, " ,]");
        if (size == 0) {
            if (*p != ']' || p[1] || list.n == 0) return bad(row, text, "a number or a list of numbers", cx);
            *at = list;
            return SB_OK;
        }
        if (size >= sizeof item || list.n == SB_REALS_MAX) return bad(row, text, "at most 32 numbers", cx);
        memcpy(item, p, size);
        item[size] = '\0';
        SB_TRY(set_real(row, &list.v[list.n++], item, cx));
        p += size;
    }
}

/* 100, 10%, 10%n, 20%m */
static sb_status set_count(const sb_param *row, sb_count *at, const char *text, sb_ctx *cx)
{
    static const char want[] = "a row count, a percentage of the rows (10%) or of the budget (20%m)";
    char number[64];
    const size_t size = strcspn(text, "%");
    if (size >= sizeof number) return bad(row, text, want, cx);
    memcpy(number, text, size);
    number[size] = '\0';
    sb_count c = {0, SB_COUNT_ROWS};
    if (!sb_str_real(number, &c.value)) return bad(row, text, want, cx);
    if (text[size] == '%') {
        const char *unit = text + size + 1;
        if (strcmp(unit, "") != 0 && strcmp(unit, "n") != 0 && strcmp(unit, "m") != 0) return bad(row, text, want, cx);
        c.of = *unit == 'm' ? SB_COUNT_OF_M : SB_COUNT_OF_N;
        if (!(c.value > 0 && c.value <= 100)) return bad(row, text, "a percentage above 0 and up to 100", cx);
        c.value /= 100;
    } else {
        if (c.value != floor(c.value)) return bad(row, text, want, cx);
        if (!in_bounds(row, c.value)) return out_of_bounds(row, c.value, cx);
    }
    *at = c;
    return SB_OK;
}

static sb_status set_row(const sb_param *row, void *opts, const char *text, sb_ctx *cx)
{
    void *at = field(row, opts);
    switch (row->type) {
    case SB_P_SIZE: return set_size(row, at, text, cx);
    case SB_P_REAL: return set_real(row, at, text, cx);
    case SB_P_BOOL: return set_bool(row, at, text, cx);
    case SB_P_ENUM: return set_enum(row, at, text, cx);
    case SB_P_REALS: return set_reals(row, at, text, cx);
    case SB_P_COUNT: return set_count(row, at, text, cx);
    case SB_P_TEXT: {
        const char *copy = sb_str_copy(cx->arena, text, strlen(text));
        if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "value of '%s'", row->name);
        *(const char **)at = copy;
        return SB_OK;
    }
    }
    SB_BUG("option '%s' has type %d", row->name, (int)row->type);
}

void sb_param_defaults(const sb_param *rows, void *opts, sb_ctx *cx)
{
    for (const sb_param *row = rows; row && row->name; row++) {
        if (row->type == SB_P_TEXT)
            *(const char **)field(row, opts) = row->fallback;
        else if (set_row(row, opts, row->fallback, cx) != SB_OK)
            SB_BUG("bad default: %s", cx->err->text);
    }
}

sb_status sb_param_set(const sb_param *rows, void *opts, const char *name, const char *text, sb_ctx *cx)
{
    const char *names[64];
    size_t n = 0;
    for (const sb_param *row = rows; row && row->name; row++) {
        if (strcmp(row->name, name) == 0) return set_row(row, opts, text, cx);
        if (n < 63) names[n++] = row->name;
    }
    names[n] = NULL;
    if (n == 0) SB_FAIL(cx->err, SB_ECONFIG, "unknown option '%s': there are no options", name);
    const char *near = sb_nearest(name, names);
    char all[512] = "";
    for (size_t i = 0, used = 0; i < n && used + 1 < sizeof all; i++) {
        const int w = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
        used += w > 0 ? (size_t)w : 0;
    }
    SB_FAIL(cx->err, SB_ECONFIG, "unknown option '%s'%s%s%s (%s)", name, near ? ", did you mean '" : "",
            near ? near : "", near ? "'?" : "", all);
}

/* The shortest of %.15g to %.17g that reads back to the same bits. */
static const char *real_text(sb_arena *arena, double v)
{
    for (int digits = 15; digits < 17; digits++) {
        const size_t mark = sb_arena_mark(arena);
        const char *text = sb_str_format(arena, "%.*g", digits, v);
        double back = 0;
        if (!text || (sb_str_real(text, &back) && back == v)) return text;
        sb_arena_rewind(arena, mark);
    }
    return sb_str_format(arena, "%.17g", v);
}

static const char *reals_text(sb_arena *arena, const sb_reals *list)
{
    if (list->n == 1) return real_text(arena, list->v[0]);
    sb_buf b = {.arena = arena};
    sb_buf_add(&b, "[");
    for (size_t i = 0; i < list->n; i++) {
        const char *one = real_text(arena, list->v[i]);
        if (!one) return NULL;
        sb_buf_add(&b, "%s%s", i ? ", " : "", one);
    }
    sb_buf_add(&b, "]");
    return b.bad ? NULL : b.text;
}

const char *sb_param_text(const sb_param *row, const void *opts, sb_arena *arena)
{
    const void *at = cfield(row, opts);
    switch (row->type) {
    case SB_P_SIZE: return sb_str_format(arena, "%zu", *(const size_t *)at);
    case SB_P_REAL: return real_text(arena, *(const double *)at);
    case SB_P_BOOL: return *(const bool *)at ? "true" : "false";
    case SB_P_ENUM: return row->words[*(const int *)at];
    case SB_P_REALS: return reals_text(arena, at);
    case SB_P_TEXT: return *(const char *const *)at;
    case SB_P_COUNT: {
        const sb_count *c = at;
        if (c->of == SB_COUNT_ROWS) return sb_str_format(arena, "%.0f", c->value);
        return sb_str_format(arena, "%.15g%%%s", c->value * 100, c->of == SB_COUNT_OF_M ? "m" : "");
    }
    }
    SB_BUG("option '%s' has type %d", row->name, (int)row->type);
}

size_t sb_count_rows(sb_count c, size_t n, size_t m)
{
    const double of = c.of == SB_COUNT_OF_N ? (double)n : c.of == SB_COUNT_OF_M ? (double)m : 1.0;
    const double rows = floor(c.value * of + 0.5);
    return rows < 1 ? 1 : (size_t)rows;
}

sb_status sb_option_within(const char *option, size_t value, size_t limit, const char *of, sb_ctx *cx)
{
    if (value <= limit) return SB_OK;
    SB_FAIL(cx->err, SB_SKIP, "'%s' is %zu, above the %zu %s", option, value, limit, of);
}

sb_status sb_work_within(double need, double a_second, double limit, sb_ctx *cx)
{
    if (need <= limit) return SB_OK;
    SB_FAIL(cx->err, SB_SKIP, "may need %.2g multiply-adds (some %.0f s), above work = %.2g", need, need / a_second,
            limit);
}

enum { NAME_MAX_LENGTH = 63 };

static size_t edit_distance(const char *a, const char *b)
{
    const size_t na = strlen(a), nb = strlen(b);
    if (na > NAME_MAX_LENGTH || nb > NAME_MAX_LENGTH) return SIZE_MAX;
    size_t row[NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= nb; j++) row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const size_t swap = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            const size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = step < swap ? step : swap;
        }
    }
    return row[nb];
}

const char *sb_nearest_of(const char *name, const char *const *names, size_t n)
{
    const size_t length = strlen(name);
    size_t best = length / 3 + 2; /* at most a third of the letters, and one, may differ */
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const size_t e = edit_distance(name, names[i]);
        if (e < best && e < strlen(names[i])) {
            best = e;
            found = names[i];
        }
    }
    return found;
}

const char *sb_nearest(const char *name, const char *const *names)
{
    size_t n = 0;
    while (names[n]) n++;
    return sb_nearest_of(name, names, n);
}
