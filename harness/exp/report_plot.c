/* Rankings and the drawings of gnuplot inside report.html. */
#include <string.h>

#include "escape.h"
#include "file.h"
#include "report_parts.h"
#include "words.h"

/* Names inside one drawing must not meet those of another: each gets the drawing's number in front. */
static void put_renamed(const char *svg, size_t number, sb_buf *b)
{
    static const char *const before[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#", NULL};
    while (*svg) {
        size_t k = 0;
        while (before[k] && strncmp(svg, before[k], strlen(before[k])) != 0) k++;
        if (!before[k]) {
            sb_buf_put(b, svg++, 1);
            continue;
        }
        sb_buf_add(b, "%sp%zu", before[k], number);
        svg += strlen(before[k]);
    }
}

sb_status sb_html_drawing(const sb_report *r, const char *stem, size_t number, const char *title, const char *caption,
                          sb_ctx *cx, sb_buf *b)
{
    const char *const path = sb_str_format(cx->arena, "%s/plots/%s.svg", r->drawings, stem);
    if (!path || !title || !caption) SB_FAIL(cx->err, SB_ENOMEM, "name of a plot");
    char *text = NULL;
    size_t size = 0;
    SB_TRY(sb_file_read(path, (size_t)1 << 26, cx, &text, &size));
    const char *svg = strstr(text, "<svg"), *const head_end = svg ? strchr(svg, '>') : NULL;
    if (!head_end) SB_FAIL(cx->err, SB_EFORMAT, "'%s' holds no drawing", path);
    const char *const head = sb_str_copy(cx->arena, svg + 4, (size_t)(head_end - svg) - 4);
    if (!head) SB_FAIL(cx->err, SB_ENOMEM, "drawing of %zu bytes", size);
    sb_buf_add(b, "<figure><div class=\"plot\" tabindex=\"0\"><svg role=\"img\"%s>", head);
    sb_html_element(b, "title", title);
    sb_html_element(b, "desc", caption);
    /* gnuplot's own title and description say "Gnuplot" */
    const char *const end = strstr(head_end, "</desc>");
    put_renamed(end ? end + strlen("</desc>") : head_end + 1, number, b);
    sb_buf_add(b, "</div><figcaption>");
    sb_escape_html(b, caption);
    sb_buf_add(b, " <code>plots/");
    sb_escape_html(b, stem);
    sb_buf_add(b, ".tsv</code></figcaption></figure>\n");
    return SB_OK;
}

/* What is drawn: "METRIC by budget; bands: 95% intervals of the mean. Breaks even ...". */
static const char *caption(const sb_report *r, const sb_plot *p, sb_ctx *cx)
{
    const sb_group *const g = &r->s->group[p->group];
    const bool single = g->count == 1;
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(&b, "%s ", r->s->results->metric[p->metric]->title);
    if (p->cost != SIZE_MAX)
        sb_buf_add(&b, single ? "by cost" : "by cost, through the budgets");
    else if (single)
        sb_buf_add(&b, "at %s rows", sb_words_count(r->s->results->setting[g->first].m).text);
    else
        sb_buf_add(&b, "by budget");
    if (p->intervals)
        sb_buf_add(&b, "; %s: %g%% intervals of the mean.", single || p->cost != SIZE_MAX ? "bars" : "bands",
                   100 * r->s->level);
    else
        sb_buf_add(&b, "; too few repeats for intervals.");
    if (*p->unseen) sb_buf_add(&b, " O%s.", p->unseen + 1); /* a capital: it begins a sentence */
    if (*p->crossings) sb_buf_add(&b, " Breaks even with the reference: %s.", p->crossings);
    return b.bad ? NULL : b.text;
}

sb_status sb_html_plot(const sb_report *r, const sb_plot *p, sb_ctx *cx, sb_buf *b)
{
    if (!p->drawn) return SB_OK;
    const char *const metric = r->s->results->metric[p->metric]->title;
    return sb_html_drawing(r, p->stem, (size_t)(p - r->plots->plot),
                           sb_str_format(cx->arena, "%s, %s", metric, p->title), caption(r, p, cx), cx, b);
}

sb_status sb_html_standings(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "<section id=\"ranking\">\n<h2>The methods ranked: what each needs, costs and gives</h2>\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        sb_table t;
        SB_TRY(sb_standing_table(r->s, &r->standing[g], cx, &t));
        if (t.rows) sb_html_table(&t, b);
    }
    sb_buf_add(b,
               "<p class=\"small soft\">Ranks are made within a repeat, where all methods share the draws of split and "
               "warm-up. No rank: anchors, and methods without a value somewhere. Costs of everything else: <a "
               "href=\"#costs\">below</a>.</p>\n</section>\n");
    return SB_OK;
}

sb_status sb_html_ranks(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    if (!r->rankings) return SB_OK;
    sb_buf_add(b, "<section id=\"ranks\">\n<h2>Over data sets</h2>\n");
    for (size_t i = 0; i < r->rankings; i++) {
        const sb_ranking *const k = &r->ranking[i];
        const char *const metric = r->s->results->metric[k->metric]->title;
        sb_table t;
        if (k->drawn)
            SB_TRY(sb_html_drawing(
                r, k->stem, r->plots->count + i, sb_str_format(cx->arena, "critical-difference diagram: %s", metric),
                sb_str_format(
                    cx->arena,
                    "%s: mean ranks over %zu data sets, 1 is best; a bar joins methods whose ranks are closer "
                    "than the critical difference %.2f.",
                    metric, k->sets, k->test.critical),
                cx, b));
        SB_TRY(sb_rank_table(r->s, k, cx, &t));
        sb_html_table(&t, b);
    }
    sb_buf_add(b, "<p class=\"small soft\">Wins and losses count data sets with more verdicts better or worse than the "
                  "reference. Performance profiles: <code>tables/profiles.csv</code>.</p>\n</section>\n");
    return SB_OK;
}
