#include "variance.h"

#include <math.h>
#include <string.h>

#include "escape.h"
#include "file.h"
#include "words.h"

/* What a reader calls them. */
static const char *const titles[SB_CHANCES] = {"split", "warm-up", "selection", "training"};

/* The metric in all repeats of the layout, in order; false where one is missing. */
static bool read_values(const sb_summary *s, const sb_variance *v, unsigned repeats, double *x)
{
    for (unsigned rep = 0; rep < repeats; rep++) {
        const sb_result *e = sb_summary_result(s, v->setting, v->method, rep);
        if (!e || !e->value || strcmp(e->status, "ok") != 0 || !isfinite(e->value[v->metric])) return false;
        x[rep] = e->value[v->metric];
    }
    return true;
}

sb_status sb_variances_find(const sb_summary *s, sb_ctx *cx, sb_variances *out)
{
    const sb_results *r = s->results;
    size_t room = 0, most = 0, n = 0;
    for (size_t i = 0; i < r->settings; i++) {
        const sb_vary vary = sb_results_vary(r, i);
        const unsigned repeats = sb_vary_repeats(&vary);
        if (sb_vary_any(&vary)) room += r->methods * s->primaries;
        if (repeats > most) most = repeats;
    }
    *out = (sb_variances){0};
    if (!room) return SB_OK;
    sb_variance *list = SB_NEW(cx->arena, room, sb_variance);
    double *x = SB_NEW(cx->arena, most, double);
    if (!list || !x) SB_FAIL(cx->err, SB_ENOMEM, "%zu variances", room);
    for (size_t i = 0; i < r->settings; i++) {
        const sb_vary vary = sb_results_vary(r, i);
        for (size_t m = 0; sb_vary_any(&vary) && m < r->methods; m++)
            for (size_t k = 0; k < r->metrics; k++) {
                sb_variance *v = &list[n];
                *v = (sb_variance){.setting = i, .method = m, .metric = k};
                if (!s->primary[k] || !read_values(s, v, sb_vary_repeats(&vary), x)) continue;
                sb_stat_nested(x, vary.level, SB_CHANCES, s->level, v->source);
                n++;
            }
    }
    *out = (sb_variances){list, n};
    return SB_OK;
}

static bool is_here(const sb_variance *v, const sb_group *g, size_t metric)
{
    return v->metric == metric && v->setting >= g->first && v->setting < g->first + g->count;
}

static const char *cell_text(const sb_component *c, sb_arena *a)
{
    if (isnan(c->share)) return "no variance";
    const sb_interval ci = {sqrt(c->ci.low), sqrt(c->ci.high), c->ci.level};
    const double sd = sqrt(fmax(0, c->variance));
    const int digits = sb_words_digits(ci.high > 0 ? ci.high : sd);
    /* of few draws a large share may be chance: of 3 x 3 draws that share nothing, 1 in 50 has more than 70% */
    return sb_str_format(a, "%.0f%%%s, sd %s [%s]", 100 * c->share, c->share > 0 && c->ci.low <= 0 ? " (may be 0)" : "",
                         sb_words_number(sd, digits).text, sb_words_interval(ci, digits).text);
}

/* "...: on average over 6 rows 61% warm-up, 39% selection" */
static const char *caption(const sb_summary *s, const sb_variances *v, const sb_group *g, size_t metric, sb_ctx *cx)
{
    const sb_vary vary = sb_results_vary(s->results, g->first);
    const char *where = sb_words_group(g, cx->arena), *before = ": ";
    double sum[SB_CHANCES] = {0};
    size_t n = 0;
    for (size_t i = 0; i < v->count; i++) {
        if (!is_here(&v->list[i], g, metric)) continue;
        const sb_component *c = v->list[i].source;
        bool any = false;
        for (int k = 0; k < SB_CHANCES; k++) any |= c[k].share > 0;
        n += any;
        for (int k = 0; any && k < SB_CHANCES; k++) sum[k] += isnan(c[k].share) ? 0 : c[k].share;
    }
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(
        &b,
        "%s on %s: where the variance between repeats comes from, as shares and standard deviations [%g%% interval]",
        s->results->metric[metric]->title, where ? where : "", 100 * s->level);
    for (int k = 0; n && k < SB_CHANCES; k++) {
        if (vary.level[k] < 2) continue;
        sb_buf_add(&b, "%s%s%s %.0f%%", before, before[0] == ':' ? "on average " : "", titles[k],
                   100 * sum[k] / (double)n);
        before = ", ";
    }
    return b.bad || !where ? NULL : b.text;
}

sb_status sb_variances_table(const sb_summary *s, const sb_variances *v, const sb_group *g, size_t metric, sb_ctx *cx,
                             sb_table *out)
{
    const sb_results *r = s->results;
    const sb_vary vary = sb_results_vary(r, g->first);
    size_t rows = 0, columns = 2, at = 0;
    for (size_t i = 0; i < v->count; i++) rows += is_here(&v->list[i], g, metric);
    for (int k = 0; k < SB_CHANCES; k++) columns += vary.level[k] > 1;
    SB_TRY(sb_table_new(rows, columns, caption(s, v, g, metric, cx), cx, out));
    bool bad = false;
    out->head[0] = "method";
    out->head[1] = "budget";
    for (int k = 0, c = 2; k < SB_CHANCES; k++)
        if (vary.level[k] > 1) out->head[c++] = titles[k];
    for (size_t i = 0; i < v->count; i++) {
        const sb_variance *e = &v->list[i];
        if (!is_here(e, g, metric)) continue;
        const char **cell = &out->cell[columns * at++];
        *cell++ = r->method[e->method].label;
        *cell = sb_str_format(cx->arena, "%s", sb_words_count(r->setting[e->setting].m).text);
        bad |= !*cell++;
        for (int k = 0; k < SB_CHANCES; k++) {
            if (vary.level[k] < 2) continue;
            *cell = cell_text(&e->source[k], cx->arena);
            bad |= !*cell++;
        }
    }
    if (bad) SB_FAIL(cx->err, SB_ENOMEM, "texts of variances");
    return SB_OK;
}

static void put_lines(const sb_summary *s, const sb_variance *v, sb_buf *b)
{
    const sb_setting *x = &s->results->setting[v->setting];
    for (int k = 0; k < SB_CHANCES; k++) {
        const sb_component *c = &v->source[k];
        const char *const text[] = {x->data, x->embedding, x->model, x->budget};
        const double value[] = {c->df, c->ms, c->variance, c->ci.low, c->ci.high, c->share};
        if (c->df == 0) continue;
        for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
            sb_escape_csv(b, text[i]);
            sb_buf_add(b, ",");
        }
        sb_buf_add(b, "%zu,", x->m);
        sb_escape_csv(b, s->results->method[v->method].label);
        sb_buf_add(b, ",%s,%s,%u", s->results->metric[v->metric]->name, sb_chance_words[k],
                   sb_results_vary(s->results, v->setting).level[k]);
        for (size_t i = 0; i < sizeof value / sizeof *value; i++) sb_table_csv_real(b, value[i]);
        sb_buf_add(b, "\n");
    }
}

sb_status sb_variances_write(const sb_summary *s, const sb_variances *v, const char *run_dir, sb_ctx *cx)
{
    const char *folder = sb_file_join(cx->arena, run_dir, "tables");
    sb_buf md = {.arena = cx->arena}, csv = md, tex = md;
    if (!folder) SB_FAIL(cx->err, SB_ENOMEM, "folder of the tables");
    if (!v->count) return SB_OK;
    sb_buf_add(&csv,
               "data,embedding,model,budget,m,method,metric,source,levels,df,mean_square,variance,low,high,share\n");
    for (size_t i = 0; i < v->count; i++) put_lines(s, &v->list[i], &csv);
    for (size_t g = 0; g < s->groups; g++)
        for (size_t k = 0; k < s->results->metrics; k++) {
            sb_table t;
            SB_TRY(sb_variances_table(s, v, &s->group[g], k, cx, &t));
            if (t.rows) SB_TRY(sb_table_append(s, &s->group[g], k, "variance", &t, &md, &tex, cx));
        }
    SB_TRY(sb_table_save(folder, "variance.md", &md, cx));
    SB_TRY(sb_table_save(folder, "variance.csv", &csv, cx));
    return sb_table_save(folder, "variance.tex", &tex, cx);
}
