#include "chosen.h"

#include <stdlib.h>
#include <string.h>

#include "plane.h"
#include "store.h"

typedef struct choosing {
    sb_results *r;
    const char *dir;
    sb_ctx *cx;
    const int32_t **label; /* per landscape */
    sb_chosen *out;
} choosing;

static sb_status count_classes(const int32_t *label, sb_landscape *l, sb_ctx *cx)
{
    for (size_t i = 0; i < l->n; i++) {
        if (label[i] < 0 || label[i] > 1 << 20) SB_FAIL(cx->err, SB_EFORMAT, "class %d in a map", (int)label[i]);
        if ((size_t)label[i] >= l->c) l->c = (size_t)label[i] + 1;
    }
    double *const rows = SB_NEW(cx->arena, l->c, double);
    if (!rows) SB_FAIL(cx->err, SB_ENOMEM, "counts of %zu classes", l->c);
    for (size_t i = 0; i < l->n; i++) rows[label[i]]++;
    l->class_rows = rows;
    return SB_OK;
}

/* One landscape for each data set and embedding that has a map. */
static sb_status read_maps(choosing *c, const char *const *content)
{
    sb_results *const r = c->r;
    sb_landscape *const list = SB_NEW(c->cx->arena, r->settings, sb_landscape);
    size_t *const of = SB_NEW(c->cx->arena, r->settings, size_t), n = 0;
    c->label = SB_NEW(c->cx->arena, r->settings, const int32_t *);
    if (!list || !of || !c->label) SB_FAIL(c->cx->err, SB_ENOMEM, "maps of %zu settings", r->settings);
    for (size_t i = 0; i < r->settings; i++) {
        const sb_setting *const s = &r->setting[i];
        size_t at = 0;
        while (at < n && (strcmp(list[at].data, s->data) != 0 || strcmp(list[at].embedding, s->embedding) != 0)) at++;
        of[i] = at < n ? at : SIZE_MAX;
        if (at < n || !*content[i]) continue;
        sb_landscape *const l = &list[n];
        *l = (sb_landscape){.data = s->data, .embedding = s->embedding};
        SB_TRY(sb_plane_read(c->dir, content[i], c->cx, &l->n, &l->xy, &c->label[n], l->share));
        if (!l->n) continue;
        if (c->label[n]) SB_TRY(count_classes(c->label[n], l, c->cx));
        of[i] = n++;
    }
    r->landscape = list;
    r->landscapes = n;
    r->landscape_of = of;
    return SB_OK;
}

static int by_row(const void *a, const void *b)
{
    const uint32_t u = *(const uint32_t *)a, v = *(const uint32_t *)b;
    return (u > v) - (u < v);
}

/* The distinct rows of a selection, ascending. */
static sb_status keep_rows(const sb_selection *s, sb_ctx *cx, sb_chosen *to)
{
    uint32_t *const row = SB_NEW(cx->arena, s->m, uint32_t);
    if (!row) SB_FAIL(cx->err, SB_ENOMEM, "%zu chosen rows", s->m);
    memcpy(row, s->row, s->m * sizeof *row);
    qsort(row, s->m, sizeof *row, by_row);
    size_t n = 0;
    for (size_t i = 0; i < s->m; i++)
        if (i == 0 || row[i] != row[i - 1]) row[n++] = row[i];
    to->row = row;
    to->rows = n;
    return SB_OK;
}

static sb_status add_result(choosing *c, const sb_result *e, double *count)
{
    const size_t at = c->r->landscape_of[e->setting];
    const sb_landscape *const l = &c->r->landscape[at];
    sb_chosen *const to = &c->out[e->setting * c->r->methods + e->method];
    sb_selection s;
    const size_t mark = sb_arena_mark(c->cx->arena);
    SB_TRY(sb_subset_read(c->dir, e->subset, c->cx, &s));
    for (size_t i = 0; i < s.m; i++) {
        if (s.row[i] >= l->n)
            SB_FAIL(c->cx->err, SB_EFORMAT, "subset %.16s names row %u of %zu", e->subset, s.row[i], l->n);
        if (count) count[c->label[at][s.row[i]]]++;
    }
    to->repeats++;
    if (to->repeats > 1)
        sb_arena_rewind(c->cx->arena, mark);
    else
        SB_TRY(keep_rows(&s, c->cx, to));
    return SB_OK;
}

sb_status sb_chosen_collect(sb_results *r, const char *const *content, const char *dir, sb_ctx *cx)
{
    choosing c = {.r = r, .dir = dir, .cx = cx};
    SB_TRY(read_maps(&c, content));
    c.out = SB_NEW(cx->arena, r->settings * r->methods, sb_chosen);
    if (!c.out) SB_FAIL(cx->err, SB_ENOMEM, "chosen rows of %zu settings", r->settings);
    for (size_t i = 0; i < r->results; i++) {
        const sb_result *const e = &r->result[i];
        const size_t at = r->landscape_of[e->setting];
        if (at == SIZE_MAX || !*e->subset || strcmp(e->status, "ok") != 0) continue;
        sb_chosen *const to = &c.out[e->setting * r->methods + e->method];
        if (r->landscape[at].c && !to->of_class) to->of_class = SB_NEW(cx->arena, r->landscape[at].c, double);
        if (r->landscape[at].c && !to->of_class)
            SB_FAIL(cx->err, SB_ENOMEM, "counts of %zu classes", r->landscape[at].c);
        SB_TRY(add_result(&c, e, to->of_class));
    }
    for (size_t i = 0; i < r->settings * r->methods; i++)
        for (size_t k = 0; c.out[i].of_class && k < r->landscape[r->landscape_of[i / r->methods]].c; k++)
            c.out[i].of_class[k] /= (double)c.out[i].repeats;
    r->chosen = c.out;
    return SB_OK;
}
