#include "frame_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { FIRST_ROOM = 16, SHOWN = 8 };

/* FNV-1a: the place in the table only, never in a result. */
static size_t place(const char *text, size_t size)
{
    uint64_t h = 14695981039346656037u;
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 1099511628211u;
    return (size_t)(h % size);
}

/* The slot of text, or the empty one where it belongs. */
static uint32_t *slot_of(const sb_frame_levels *l, const char *text)
{
    const size_t slots = 2 * l->room;
    for (size_t at = place(text, slots);; at = at + 1 < slots ? at + 1 : 0)
        if (!l->slot[at] || strcmp(l->level[l->slot[at] - 1], text) == 0) return &l->slot[at];
}

static sb_status grow(sb_frame_levels *l, size_t room, sb_ctx *cx)
{
    const char **level = SB_NEW(cx->arena, room, const char *);
    uint32_t *slot = SB_NEW(cx->arena, 2 * room, uint32_t);
    if (!level || !slot) SB_FAIL(cx->err, SB_ENOMEM, "category of %zu levels", room);
    if (l->n) memcpy(level, l->level, l->n * sizeof *level);
    l->level = level;
    l->slot = slot;
    l->room = room;
    for (size_t k = 0; k < l->n; k++) *slot_of(l, l->level[k]) = (uint32_t)k + 1;
    return SB_OK;
}

sb_status sb_levels_new(sb_ctx *cx, sb_frame_levels **out)
{
    *out = SB_NEW(cx->arena, 1, sb_frame_levels);
    if (!*out) SB_FAIL(cx->err, SB_ENOMEM, "category");
    return grow(*out, FIRST_ROOM, cx);
}

bool sb_levels_find(const sb_frame_levels *l, const char *text, uint32_t *code)
{
    const uint32_t found = *slot_of(l, text);
    *code = found - 1;
    return found != 0;
}

static sb_status add(sb_frame_levels *l, const char *text, size_t size, sb_ctx *cx)
{
    if (l->n == SB_LEVELS_MAX)
        SB_FAIL(cx->err, SB_EDATA, "the category has more than %d levels: is it one?", SB_LEVELS_MAX);
    if (l->n == l->room) SB_TRY(grow(l, 2 * l->room, cx));
    const char *copy = sb_str_copy(cx->arena, text, size);
    if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "level of a category");
    l->level[l->n++] = copy;
    *slot_of(l, copy) = (uint32_t)l->n;
    return SB_OK;
}

sb_status sb_levels_declare(sb_frame_levels *l, const char *const *level, size_t levels, sb_ctx *cx)
{
    for (size_t k = 0; k < levels; k++) {
        uint32_t code;
        if (sb_levels_find(l, level[k], &code))
            SB_FAIL(cx->err, SB_EFORMAT, "two levels of a category are named '%.80s'", level[k]);
        SB_TRY(add(l, level[k], strlen(level[k]), cx));
    }
    return SB_OK;
}

sb_status sb_levels_give(sb_frame_levels *l, const char *text, sb_ctx *cx)
{
    l->given = true;
    for (const char *p = text;; p++) {
        const size_t size = strcspn(p, "|");
        const char *level = sb_str_copy(cx->arena, p, size);
        uint32_t code;
        if (!level) SB_FAIL(cx->err, SB_ENOMEM, "level of a category");
        if (!size || sb_levels_find(l, level, &code))
            SB_FAIL(cx->err, SB_ECONFIG, "'%.80s' are no levels: '%.40s' is %s", text, level,
                    size ? "twice in it" : "empty");
        SB_TRY(add(l, level, size, cx));
        p += size;
        if (!*p) return SB_OK;
    }
}

static sb_status no_level(const sb_frame_levels *l, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    for (size_t k = 0; k < l->n && k < SHOWN; k++) sb_buf_add(&b, "%s%.40s", k ? ", " : "", l->level[k]);
    if (l->n > SHOWN) sb_buf_add(&b, ", ... (%zu in all)", l->n);
    SB_FAIL(cx->err, SB_EDATA, "none of the levels %s", b.text && !b.bad ? b.text : "(there are none)");
}

sb_status sb_levels_code(sb_frame_levels *l, const char *text, sb_ctx *cx, uint32_t *code)
{
    if (sb_levels_find(l, text, code)) return SB_OK;
    if (l->given || l->declared) return no_level(l, cx);
    *code = (uint32_t)l->n;
    return add(l, text, strlen(text), cx);
}

static int by_bytes(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

sb_status sb_levels_sort(sb_frame_levels *l, double *value, size_t n, size_t stride, sb_ctx *cx)
{
    if (l->given || l->declared || !l->n) return SB_OK;
    const char **sorted = SB_NEW(cx->arena, l->n, const char *);
    uint32_t *rank = SB_NEW(cx->arena, l->n, uint32_t);
    if (!sorted || !rank) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu levels", l->n);
    memcpy(sorted, l->level, l->n * sizeof *sorted);
    qsort(sorted, l->n, sizeof *sorted, by_bytes);
    for (size_t k = 0; k < l->n; k++) {
        uint32_t code;
        (void)sb_levels_find(l, sorted[k], &code);
        rank[code] = (uint32_t)k;
    }
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i * stride])) value[i * stride] = (double)rank[(size_t)value[i * stride]];
    l->level = sorted; /* the table is not used any more */
    return SB_OK;
}

sb_status sb_levels_column(const sb_frame *f, size_t j, const char **name)
{
    *name = f->name ? f->name[f->pick[j]] : sb_str_format(f->cx->arena, "%zu", f->pick[j]);
    if (!*name) SB_FAIL(f->cx->err, SB_ENOMEM, "name of a column");
    return SB_OK;
}

sb_status sb_levels_name(const char *column, const char *level, sb_ctx *cx, const char **name)
{
    *name = sb_str_format(cx->arena, "%s=%s", column, level);
    if (!*name) SB_FAIL(cx->err, SB_ENOMEM, "name of a column");
    return SB_OK;
}

sb_status sb_levels_text(const sb_frame *f, const char **text)
{
    sb_buf b = {.arena = f->cx->arena};
    for (size_t j = 0; j < f->d; j++) {
        if (!f->category[j]) continue;
        const char *name = NULL;
        SB_TRY(sb_levels_column(f, j, &name));
        sb_buf_add(&b, "%s%s:", b.size ? "; " : "", name);
        for (size_t k = 0; k < f->category[j]->n; k++) sb_buf_add(&b, "%s%s", k ? "|" : " ", f->category[j]->level[k]);
    }
    if (b.bad) SB_FAIL(f->cx->err, SB_ENOMEM, "levels of categories");
    *text = b.text;
    return SB_OK;
}
