/* What the methods choose: a map per method, rows per class, overlap. */
#include <math.h>
#include <string.h>

#include "chosen.h"
#include "escape.h"
#include "report_parts.h"
#include "words.h"

enum { SIDE = 1000, EDGE = 30, GROUND = 1500, PICKS = 800 };

/* From the plane to the drawing: one scale for both axes. */
typedef struct frame {
    double low[2], scale;
} frame;

static frame frame_of(const sb_landscape *l)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < 2 * l->n; i++) {
        const double v = (double)l->xy[i];
        if (v < low[i % 2]) low[i % 2] = v;
        if (v > high[i % 2]) high[i % 2] = v;
    }
    const double wide = fmax(high[0] - low[0], high[1] - low[1]);
    frame f = {.scale = wide > 0 ? (SIDE - 2 * EDGE) / wide : 0};
    for (size_t k = 0; k < 2; k++) f.low[k] = (low[k] + high[k]) / 2 - (f.scale > 0 ? SIDE / 2 / f.scale : 0);
    return f;
}

/* Up to `most` of n points, evenly spread over their order, as dots of a path with round caps. */
static void put_dots(const sb_landscape *l, const uint32_t *row, size_t n, size_t most, const frame *f, sb_buf *b)
{
    const size_t shown = n < most ? n : most;
    for (size_t i = 0; i < shown; i++) {
        const size_t at = i * n / shown, point = row ? row[at] : at;
        const int x = (int)lrint(((double)l->xy[2 * point] - f->low[0]) * f->scale);
        const int y = SIDE - (int)lrint(((double)l->xy[2 * point + 1] - f->low[1]) * f->scale);
        sb_buf_add(b, "M%d %dh0", x, y);
    }
}

static void put_map(const sb_report *r, size_t group, size_t setting, size_t method, const frame *f, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    const sb_landscape *const l = &e->landscape[e->landscape_of[setting]];
    const sb_chosen *const c = &e->chosen[setting * e->methods + method];
    sb_buf_add(b, "<figure><svg role=\"img\" viewBox=\"0 0 %d %d\"><title>", SIDE, SIDE);
    sb_escape_html(b, e->method[method].label);
    sb_buf_add(b, ": rows chosen on ");
    sb_escape_html(b, l->data);
    sb_buf_add(
        b,
        "</title><desc>%zu chosen rows over a sample of all rows; the table below says in numbers where they lie."
        "</desc><use class=\"ground\" href=\"#ground%zu\"/><path class=\"picks\" d=\"",
        c->rows, group);
    put_dots(l, c->row, c->rows, PICKS, f, b);
    sb_buf_add(b, "\"/></svg><figcaption>");
    sb_escape_html(b, e->method[method].label);
    sb_buf_add(b, "</figcaption></figure>\n");
}

static void put_maps(const sb_report *r, size_t group, size_t setting, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    const sb_landscape *const l = &e->landscape[e->landscape_of[setting]];
    const frame f = frame_of(l);
    const size_t shown = l->n < GROUND ? l->n : GROUND;
    sb_buf_add(b,
               "<p class=\"small soft\">Each dot is a row on the plane of the two leading principal components (%.0f%% "
               "and %.0f%% of the variance). Grey: %s of %s rows; in colour: those chosen at %s rows in the first "
               "repeat.</p>\n<svg class=\"hide\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs><path "
               "id=\"ground%zu\" d=\"",
               100 * l->share[0], 100 * l->share[1], sb_words_count(shown).text, sb_words_count(l->n).text,
               sb_words_count(e->setting[setting].m).text, group);
    put_dots(l, NULL, l->n, GROUND, &f, b);
    sb_buf_add(b, "\"/></defs></svg>\n<div class=\"maps\">\n");
    for (size_t k = 0; k < e->methods; k++) {
        const sb_chosen *const c = &e->chosen[setting * e->methods + k];
        if (c->rows && c->rows < l->n) put_map(r, group, setting, k, &f, b);
    }
    sb_buf_add(b, "</div>\n");
}

/* What is chosen does not depend on the model: shown once per data set and embedding. */
bool sb_report_chosen_here(const sb_summary *s, size_t group)
{
    for (size_t i = 0; i < group; i++)
        if (strcmp(s->group[i].data, s->group[group].data) == 0 &&
            strcmp(s->group[i].embedding, s->group[group].embedding) == 0)
            return false;
    return true;
}

size_t sb_report_chosen_setting(const sb_group *g) { return g->first + (g->count - 1) / 2; }

/* Full colour at twice the largest fair share, which is the first row: all rows together would outshine the rest. */
static double twice_fair(const sb_table *t)
{
    double top = 0;
    for (size_t i = 0; t->rows && i < t->columns; i++)
        if (t->value[i] > top) top = t->value[i];
    return 2 * top;
}

static void put_details(const sb_results *e, size_t setting, const char *what, bool open, const sb_table *t, double top,
                        sb_buf *b)
{
    if (!t->rows) return;
    sb_buf_add(b, "<details%s><summary>%s, %s rows</summary>\n", open ? " open" : "", what,
               sb_words_count(e->setting[setting].m).text);
    sb_html_shaded(t, top, b);
    sb_buf_add(b, "</details>\n");
}

static sb_status put_group(const sb_report *r, size_t group, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    const sb_group *const g = &r->s->group[group];
    const size_t shown = sb_report_chosen_setting(g);
    sb_table t;
    sb_html_element(b, "h3",
                    sb_words_group(&(sb_group){.data = g->data, .embedding = g->embedding, .model = ""}, cx->arena));
    if (e->chosen) {
        SB_TRY(sb_chosen_places(e, shown, cx, &t));
        if (t.rows) put_maps(r, group, shown, b);
        put_details(e, shown, "The map in numbers", false, &t, 0, b);
    }
    for (size_t i = 0; e->chosen && i < g->count; i++) {
        SB_TRY(sb_chosen_classes(e, g->first + i, cx, &t));
        put_details(e, g->first + i, "Rows per class", g->first + i == shown, &t, twice_fair(&t), b);
    }
    for (size_t i = 0; e->jaccard && i < g->count; i++) {
        SB_TRY(sb_table_overlap(e, g->first + i, cx, &t));
        put_details(e, g->first + i, "Overlap", g->first + i == shown, &t, 1, b);
    }
    return SB_OK;
}

sb_status sb_html_chosen(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    if (!e->jaccard && !e->chosen) return SB_OK;
    sb_buf_add(b, "<section id=\"chosen\">\n<h2>What the methods choose</h2>\n");
    for (size_t g = 0; g < r->s->groups; g++)
        if (sb_report_chosen_here(r->s, g)) SB_TRY(put_group(r, g, cx, b));
    if (!e->chosen) sb_buf_add(b, "<p>This run has no maps: run it again to get them.</p>\n");
    sb_buf_add(b, "</section>\n");
    return SB_OK;
}
