/* A comparison for people (text, Markdown), for CI (JUnit XML) and for programs (JSON). */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "compare.h"
#include "escape.h"
#include "words.h"

static void put_lead(const sb_comparison *c, sb_buf *b)
{
    sb_buf_add(b, "%s", sb_sameness_words[c->verdict]);
    if (!c->row) {
        sb_buf_add(b, ": all %zu values have equal bits", c->values);
        return;
    }
    const char *before = ": ";
    for (size_t v = SB_C_COUNT; v-- > 0;)
        if (c->count[v]) {
            sb_buf_add(b, "%s%zu %s", before, c->count[v], sb_sameness_words[v]);
            before = ", ";
        }
    if (c->added) sb_buf_add(b, "; %zu rows are only in the run and were not judged", c->added);
}

/* What a row has to say, in words. */
static void put_finding(const sb_comparison *c, const sb_compare_row *r, sb_buf *b)
{
    if (*r->detail) sb_buf_add(b, "%s", r->detail);
    if (*r->detail || r->diff.pairs == 0 || r->verdict == SB_C_SAME) return;
    const double worth = r->diff.mean;
    sb_buf_add(b, "%.6g, was %.6g (%s%.3g", r->run, r->base, worth > 0 ? "+" : "", worth);
    if (!isnan(r->diff.ci.low))
        sb_buf_add(b, ", %g%% interval %.3g to %.3g", 100 * (1 - c->alpha), r->diff.ci.low, r->diff.ci.high);
    if (!isnan(r->p_adjusted)) sb_buf_add(b, ", adjusted p %s", sb_words_p(r->p_adjusted).text);
    sb_buf_add(b, "); %zu of %zu repeats differ, smallest effect of interest %.3g", r->differ, r->diff.pairs,
               r->effect);
    if (r->verdict != SB_C_UNDECIDED) return;
    if (r->needed == SIZE_MAX)
        sb_buf_add(b, "; a million repeats would not show that effect");
    else if (r->needed > r->diff.pairs)
        sb_buf_add(b, "; %zu repeats would show that effect", r->needed);
    else
        sb_buf_add(b, "; more repeats are needed");
}

/* A cell that is missing or not comparable is so in all its metrics: they are told as one. Rows that follow r and say
 * the same. */
static size_t followers(const sb_comparison *c, const sb_compare_row *r)
{
    size_t n = 0;
    if (r->verdict != SB_C_MISSING && r->verdict != SB_C_NOT_COMPARABLE) return 0;
    for (const sb_compare_row *e = r + 1; e < c->row + c->rows; e++, n++)
        if (e->verdict != r->verdict || strcmp(e->detail, r->detail) != 0 || strcmp(e->data, r->data) != 0 ||
            strcmp(e->embedding, r->embedding) != 0 || strcmp(e->model, r->model) != 0 ||
            strcmp(e->budget, r->budget) != 0 || strcmp(e->method, r->method) != 0)
            break;
    return n;
}

typedef void row_writer(const sb_comparison *, const sb_compare_row *, size_t more, sb_buf *);

/* Shows rows, heaviest verdict first, at most `most` lines; returns how many rows these stand for. */
static size_t each_shown(const sb_comparison *c, size_t most, row_writer *put, sb_buf *b)
{
    size_t left = most, shown = 0;
    for (size_t step = 0; step < SB_C_COUNT; step++) {
        const size_t v = step + 1 < SB_C_COUNT ? SB_C_COUNT - 1 - step : SB_C_NOTHING;
        if (v == SB_C_SAME) continue;
        for (size_t i = 0; i < c->rows && left; i++) {
            if (c->row[i].verdict != (sb_sameness)v) continue;
            const size_t more = followers(c, &c->row[i]);
            put(c, &c->row[i], more, b);
            i += more;
            shown += 1 + more;
            left--;
        }
    }
    return shown;
}

static void put_text_row(const sb_comparison *c, const sb_compare_row *r, size_t more, sb_buf *b)
{
    sb_buf_add(b, "  %-14s  %s, %s, %s, %s rows, %s, %s", sb_sameness_words[r->verdict], r->data, r->embedding,
               r->model, r->budget, r->method, *r->metric == '-' ? "status" : r->metric);
    if (more) sb_buf_add(b, " and %zu other metrics", more);
    sb_buf_add(b, ": ");
    put_finding(c, r, b);
    sb_buf_add(b, "\n");
}

static void put_changes(const sb_comparison *c, const char *bullet, bool markdown, sb_buf *b)
{
    for (const char *p = c->changed; *p; p += strcspn(p, "\n") + 1) {
        const char *line = sb_str_copy(b->arena, p, strcspn(p, "\n"));
        sb_buf_add(b, "%s", bullet);
        if (!line)
            b->bad = true;
        else if (markdown)
            sb_escape_markdown(b, line);
        else
            sb_buf_add(b, "%s", line);
        sb_buf_add(b, "\n");
    }
}

void sb_compare_text(const sb_comparison *c, size_t most, sb_buf *b)
{
    put_lead(c, b);
    sb_buf_add(b, "\n");
    const size_t left = c->rows - c->count[SB_C_SAME] - each_shown(c, most, put_text_row, b);
    if (left) sb_buf_add(b, "  and %zu more rows (--rows, --format json)\n", left);
    if (!*c->changed) return;
    sb_buf_add(b, "besides values, not the same as in %s:\n", c->base);
    put_changes(c, "  ", false, b);
}

static void put_markdown_row(const sb_comparison *c, const sb_compare_row *r, size_t more, sb_buf *b)
{
    sb_buf finding = {.arena = b->arena};
    const char *const cells[] = {r->data, r->embedding, r->model, r->budget, r->method, r->metric};
    put_finding(c, r, &finding);
    if (finding.bad) b->bad = true;
    sb_buf_add(b, "| **%s** |", sb_sameness_words[r->verdict]);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        sb_buf_add(b, " ");
        sb_escape_markdown(b, cells[i]);
        sb_buf_add(b, " |");
    }
    sb_buf_add(b, " ");
    if (more) sb_buf_add(b, "and %zu other metrics: ", more);
    sb_escape_markdown(b, finding.text ? finding.text : "");
    sb_buf_add(b, " |\n");
}

void sb_compare_markdown(const sb_comparison *c, size_t most, sb_buf *b)
{
    sb_buf lead = {.arena = b->arena};
    put_lead(c, &lead);
    if (lead.bad) b->bad = true;
    sb_buf_add(b, "### Selection quality: ");
    sb_escape_markdown(b, lead.text ? lead.text : "");
    sb_buf_add(b, "\n\n");
    if (c->rows > c->count[SB_C_SAME]) {
        sb_buf_add(b, "| verdict | data | embedding | model | budget | method | metric | finding |\n"
                      "|---|---|---|---|---|---|---|---|\n");
        const size_t left = c->rows - c->count[SB_C_SAME] - each_shown(c, most, put_markdown_row, b);
        if (left) sb_buf_add(b, "\nand %zu more rows\n", left);
        sb_buf_add(b, "\n");
    }
    if (!*c->changed) return;
    sb_buf_add(b, "Besides values, not the same:\n\n");
    put_changes(c, "- ", true, b);
}

static bool is_failure(const sb_compare_row *r, const bool accepted[SB_C_COUNT])
{
    return r->gated && r->verdict > SB_C_CHANGED && !accepted[r->verdict];
}

void sb_compare_junit(const sb_comparison *c, const bool accepted[SB_C_COUNT], sb_buf *b)
{
    size_t failures = 0;
    for (size_t i = 0; i < c->rows; i++) failures += is_failure(&c->row[i], accepted);
    const bool whole = c->row == NULL, nothing = c->verdict == SB_C_NOTHING && !accepted[SB_C_NOTHING];
    sb_buf_add(b,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"selbench compare\" "
               "tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
               whole || nothing ? c->rows + 1 : c->rows, failures + nothing, c->count[SB_C_NOTHING]);
    if (whole && !nothing) sb_buf_add(b, "<testcase classname=\"selbench\" name=\"all values\"/>\n");
    if (nothing)
        sb_buf_add(b, "<testcase classname=\"selbench\" name=\"anything measured\"><failure message=\"nothing "
                      "measured\"/></testcase>\n");
    for (size_t i = 0; i < c->rows; i++) {
        const sb_compare_row *r = &c->row[i];
        sb_buf finding = {.arena = b->arena};
        const char *const names[] = {r->data, r->embedding, r->model, r->budget};
        put_finding(c, r, &finding);
        sb_buf_add(b, "<testcase classname=\"");
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            sb_buf_add(b, k ? "/" : "");
            sb_escape_html(b, names[k]);
        }
        sb_buf_add(b, "\" name=\"");
        sb_escape_html(b, r->method);
        sb_buf_add(b, " ");
        sb_escape_html(b, r->metric);
        sb_buf_add(b, "\">");
        const char *const tag = is_failure(r, accepted) ? "failure" : r->verdict == SB_C_NOTHING ? "skipped" : NULL;
        if (tag) {
            sb_buf_add(b, "<%s message=\"%s: ", tag, sb_sameness_words[r->verdict]);
            sb_escape_html(b, finding.text ? finding.text : "");
            sb_buf_add(b, "\"/>");
        }
        sb_buf_add(b, "</testcase>\n");
        if (finding.bad) b->bad = true;
    }
    if (*c->changed) {
        sb_buf_add(b, "<system-out>besides values, not the same:\n");
        sb_escape_html(b, c->changed);
        sb_buf_add(b, "</system-out>\n");
    }
    sb_buf_add(b, "</testsuite>\n</testsuites>\n");
}

static json_t *real(double v) { return isfinite(v) ? json_real(v) : json_null(); }

static json_t *row_json(const sb_compare_row *r)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "data", r->data, "embedding", r->embedding,
                          "model", r->model, "budget", r->budget, "method", r->method, "metric", r->metric, "verdict",
                          sb_sameness_words[r->verdict], "counts", (int)r->gated, "detail", r->detail);
    (void)json_object_set_new(o, "run", real(r->run));
    (void)json_object_set_new(o, "base", real(r->base));
    (void)json_object_set_new(o, "pairs", json_integer((json_int_t)r->diff.pairs));
    (void)json_object_set_new(o, "differ", json_integer((json_int_t)r->differ));
    if (isnan(r->effect)) return o; /* no difference was taken */
    (void)json_object_set_new(o, "difference", real(r->diff.mean));
    (void)json_object_set_new(o, "low", real(r->diff.ci.low));
    (void)json_object_set_new(o, "high", real(r->diff.ci.high));
    (void)json_object_set_new(o, "effect", real(r->effect));
    (void)json_object_set_new(o, "p_adjusted", real(r->p_adjusted));
    if (r->needed && r->needed != SIZE_MAX)
        (void)json_object_set_new(o, "repeats_needed", json_integer((json_int_t)r->needed));
    return o;
}

void sb_compare_json(const sb_comparison *c, sb_buf *b)
{
    json_t *rows = json_array(), *count = json_object();
    for (size_t i = 0; i < c->rows; i++) (void)json_array_append_new(rows, row_json(&c->row[i]));
    for (size_t v = 0; v < SB_C_COUNT; v++)
        (void)json_object_set_new(count, sb_sameness_words[v], json_integer((json_int_t)c->count[v]));
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:f, s:s, s:o, s:o}", "run", c->run, "base", c->base, "verdict",
                          sb_sameness_words[c->verdict], "values", (json_int_t)c->values, "added", (json_int_t)c->added,
                          "alpha", c->alpha, "changed", c->changed, "count", count, "rows", rows);
    const size_t flags = JSON_INDENT(1) | JSON_SORT_KEYS, size = o ? json_dumpb(o, NULL, 0, flags) : 0;
    char *text = SB_NEW(b->arena, size + 1, char);
    if (text && size) (void)json_dumpb(o, text, size, flags);
    json_decref(o);
    if (!text || !size)
        b->bad = true;
    else
        sb_buf_put(b, text, size);
    sb_buf_add(b, "\n");
}
