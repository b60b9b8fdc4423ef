#include <math.h>
#include <string.h>

#include "claim.h"
#include "escape.h"
#include "file.h"
#include "metric.h"
#include "stats.h"

enum { MOST_COLUMNS = 8, MOST_NUMBERS = 12 }; /* data sets with a column of their own; with tables of numbers */

/* Verdicts of the rows of one claim (NULL: all) on one data set (NULL: all). */
static void count(const sb_claim_row *row, size_t rows, const sb_claim_row *claim, const char *data, sb_buf *b)
{
    bool any = false;
    for (size_t v = 0; v < SB_CLAIM_VERDICTS; v++) {
        size_t n = 0;
        for (size_t i = 0; i < rows; i++) {
            const bool mine = !claim || strcmp(row[i].claim->id, claim->claim->id) == 0;
            const bool here = !data || (row[i].data && strcmp(row[i].data, data) == 0);
            n += mine && here && row[i].verdict == (sb_claim_verdict)v;
        }
        if (n) sb_buf_add(b, "%s%zu %s", any ? ", " : "", n, sb_claim_verdict_words[v]);
        any = any || n;
    }
}

void sb_claims_count(const sb_claim_row *row, size_t rows, sb_buf *b) { count(row, rows, NULL, NULL, b); }

size_t sb_claims_span(const sb_claim_row *row, size_t rows)
{
    size_t n = 0;
    while (n < rows && strcmp(row[n].claim->id, row->claim->id) == 0) n++;
    return n;
}

void sb_claims_text(const sb_claim_row *row, size_t rows, sb_buf *b)
{
    for (size_t i = 0; i < rows; i++) {
        const sb_claim_row *r = &row[i];
        if (i == 0 || strcmp(r->claim->id, row[i - 1].claim->id) != 0)
            sb_buf_add(b, "%s%s: %s\n", i ? "\n" : "", r->claim->id, r->claim->statement);
        sb_buf_add(b, "  %-19s %s, %s: %s", sb_claim_verdict_words[r->verdict], r->where, r->method, r->measured);
        if (r->claim->published) sb_buf_add(b, "; published %s", r->claim->published);
        sb_buf_add(b, " (%zu repeats%s%s)\n", r->repeats, *r->reason ? "; " : "", r->reason);
    }
    sb_buf_add(b, "\n");
    sb_claims_count(row, rows, b);
    sb_buf_add(b, "\n");
}

static void cell(const char *text, sb_buf *b)
{
    for (; *text; text++) sb_buf_add(b, "%s%c", *text == '|' ? "\\" : "", *text == '\n' ? ' ' : *text);
}

static void start_claim(const sb_claim *c, sb_buf *b)
{
    static const char *const standing[] = {"verified", "measured again by the specification",
                                           "recalled: second-hand, shown but not judged"};
    sb_buf_add(b, "\n## %s\n\n%s\n\n- Source: %s\n- The published value is %s.\n", c->id, c->statement, c->source,
               standing[c->established]);
    if (c->not_comparable) sb_buf_add(b, "- Not comparable: %s\n", c->not_comparable);
    sb_buf_add(b, "- Test: %s of `%s`", sb_claim_test_words[c->test], c->metric);
    if (c->against) sb_buf_add(b, " against %s", c->against);
    if (c->against_metric) sb_buf_add(b, " against `%s`", c->against_metric);
    if (c->effect == c->effect)
        sb_buf_add(b, ", smallest effect of interest %g%s", c->effect, c->log ? " (of the logarithm)" : "");
    if (c->above == c->above) sb_buf_add(b, ", share of repeats above %g", c->above);
    if (c->range[0] == c->range[0] && c->test != SB_TEST_INTERVAL)
        sb_buf_add(b, ", in %g to %g", c->range[0], c->range[1]);
    sb_buf_add(b, "\n\n| where | method | repeats | published | measured | verdict | why |\n"
                  "| :-- | :-- | --: | :-- | :-- | :-- | :-- |\n");
}

static bool first_setting_of(const sb_results *r, size_t setting, bool with_budget)
{
    const sb_setting *const s = &r->setting[setting];
    for (size_t i = 0; i < setting; i++)
        if (strcmp(r->setting[i].data, s->data) == 0 && (!with_budget || r->setting[i].m == s->m)) return false;
    return true;
}

static void done_of(const sb_results *r, size_t setting, size_t *done, size_t *planned)
{
    *done = *planned = 0;
    for (size_t i = 0; i < r->results; i++) {
        if (r->result[i].setting != setting) continue;
        *planned += 1;
        *done += strcmp(r->result[i].status, "missing") != 0;
    }
}

/* Repeats per data set and budget, counted from what is stored: a page from part of a run says so. */
static void what_was_run(const sb_results *r, sb_buf *b)
{
    sb_buf_add(b, "\n## What was run\n\n| data | rows selected: repeats done |\n| :-- | :-- |\n");
    for (size_t s = 0; s < r->settings; s++) {
        if (!first_setting_of(r, s, false)) continue;
        sb_buf_add(b, "| ");
        cell(r->setting[s].data, b);
        sb_buf_add(b, " |");
        for (size_t k = s; k < r->settings; k++) {
            if (strcmp(r->setting[k].data, r->setting[s].data) != 0 || !first_setting_of(r, k, true)) continue;
            size_t repeats = 0, done = 0, planned = 0;
            for (size_t i = 0; i < r->results; i++)
                if (r->result[i].setting == k && r->result[i].method == 0) repeats++;
            done_of(r, k, &done, &planned);
            if (done < planned)
                sb_buf_add(b, " %s: %zu of %zu;", r->setting[k].budget, repeats * done / planned, repeats);
            else
                sb_buf_add(b, " %s: %zu;", r->setting[k].budget, repeats);
        }
        sb_buf_add(b, " |\n");
    }
}

static void verdict_table(const sb_results *r, const sb_claim_row *row, size_t rows, sb_buf *b)
{
    size_t columns = 0;
    for (size_t s = 0; s < r->settings; s++) columns += first_setting_of(r, s, false);
    const bool apart = columns > 1 && columns <= MOST_COLUMNS;
    sb_buf_add(b, "\n## Verdicts\n\n| claim |");
    for (size_t s = 0; apart && s < r->settings; s++)
        if (first_setting_of(r, s, false)) sb_buf_add(b, " %s |", r->setting[s].data);
    sb_buf_add(b, "%s\n| :-- |", apart ? "" : " verdicts |");
    for (size_t k = 0; k < (apart ? columns : 1); k++) sb_buf_add(b, " :-- |");
    sb_buf_add(b, "\n");
    for (size_t i = 0; i < rows; i += sb_claims_span(row + i, rows - i)) {
        sb_buf_add(b, "| ");
        cell(row[i].claim->id, b);
        sb_buf_add(b, " |");
        for (size_t s = 0; apart && s < r->settings; s++) {
            if (!first_setting_of(r, s, false)) continue;
            sb_buf_add(b, " ");
            count(row, rows, &row[i], r->setting[s].data, b);
            sb_buf_add(b, " |");
        }
        if (!apart) {
            sb_buf_add(b, " ");
            count(row, rows, &row[i], NULL, b);
            sb_buf_add(b, " |");
        }
        sb_buf_add(b, "\n");
    }
}

static void claim_row(const sb_claim_row *e, sb_buf *b)
{
    const char *const column[] = {e->where, e->method};
    sb_buf_add(b, "|");
    for (size_t k = 0; k < 2; k++) {
        sb_buf_add(b, " ");
        cell(column[k], b);
        sb_buf_add(b, " |");
    }
    sb_buf_add(b, " %zu | %s%s | %s | **%s** | ", e->repeats, e->claim->published ? e->claim->published : "",
               e->claim->published && e->verdict == SB_C_UNCONFIRMED ? " (unconfirmed)" : "", e->measured,
               sb_claim_verdict_words[e->verdict]);
    cell(e->reason, b);
    sb_buf_add(b, " |\n");
}

void sb_claims_markdown(const sb_results *r, const sb_claim_row *row, size_t rows, const char *plots, sb_buf *b)
{
    sb_buf_add(b, "# Claims: %s\n\n%s\n\n%zu rows: ", r->name, r->title, rows);
    sb_claims_count(row, rows, b);
    sb_buf_add(b, "\n\nA published value that is only recalled is never judged: it stands beside our measurement as "
                  "\"unconfirmed source\".\nOrderings are paired by repeat, tested by sign flips and corrected for all "
                  "orderings on this page (Benjamini and Hochberg).\n");
    what_was_run(r, b);
    verdict_table(r, row, rows, b);
    for (size_t i = 0; i < rows;) {
        const size_t n = sb_claims_span(row + i, rows - i);
        start_claim(row[i].claim, b);
        for (size_t k = i; k < i + n; k++) claim_row(&row[k], b);
        bool shown = false;
        for (size_t k = i; k < i + n; k++) shown = shown || isfinite(row[k].value);
        if (plots && shown) {
            sb_buf_add(b, "\n![%s](%s/", row[i].claim->id, plots);
            sb_escape_file(b, row[i].claim->id);
            sb_buf_add(b, ".svg)\n");
        }
        i += n;
    }
}

/* Metrics whose size a claim is about, not a ratio of two metrics or a count of iterations. */
static bool has_numbers(const sb_claim_row *row, size_t rows, const sb_metric *m)
{
    for (size_t i = 0; i < rows; i++) {
        const sb_claim_test t = row[i].claim->test;
        const bool size =
            t == SB_TEST_INTERVAL || t == SB_TEST_ORDERING || t == SB_TEST_RATIO || t == SB_TEST_DIFFERENCE;
        if (size && strcmp(row[i].claim->metric, m->name) == 0) return true;
    }
    return false;
}

/* Median [quartiles], mean and sample sd of one cell. */
static void number_cell(const sb_results *r, size_t setting, size_t method, size_t metric, double *x, sb_buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < r->results; i++) {
        const sb_result *const e = &r->result[i];
        if (e->setting != setting || e->method != method || strcmp(e->status, "ok") != 0) continue;
        if (!isnan(e->value[metric])) x[n++] = e->value[metric];
    }
    if (!n) return;
    const double mean = sb_stat_mean(x, n), sd = sb_stat_sd(x, n);
    sb_stat_sort(x, n);
    sb_buf_add(b, "%.4g", sb_stat_quantile(x, n, 0.5));
    if (x[0] < x[n - 1])
        sb_buf_add(b, " [%.3g, %.3g]; %.3g +- %.2g", sb_stat_quantile(x, n, 0.25), sb_stat_quantile(x, n, 0.75), mean,
                   sd);
}

/* DIR/NAME/curve-....svg and the line that shows it. */
static sb_status curve(const sb_results *r, size_t first, size_t last, size_t metric, const char *folder, sb_ctx *cx,
                       sb_buf *b)
{
    const sb_setting *const s = &r->setting[first];
    sb_buf svg = {.arena = cx->arena}, name = svg;
    bool drawn = false;
    if (r->metric[metric]->group == SB_M_COST) return SB_OK;
    SB_TRY(sb_claims_curve(r, first, last, metric, cx, &svg, &drawn));
    if (!drawn) return SB_OK;
    const char *what = sb_str_format(cx->arena, "curve-%s-%s-%s", s->data, s->model, r->metric[metric]->name);
    if (what) sb_escape_file(&name, what);
    const char *path = what && !name.bad ? sb_str_format(cx->arena, "%s/%s.svg", folder, name.text) : NULL;
    if (!path || svg.bad) SB_FAIL(cx->err, SB_ENOMEM, "a curve");
    sb_buf_add(b, "\n![median %s](%s/%s.svg)\n", r->metric[metric]->name, r->name, name.text);
    return sb_file_write(path, svg.text, svg.size, cx);
}

static sb_status number_table(const sb_results *r, size_t first, size_t metric, const char *folder, double *x,
                              sb_ctx *cx, sb_buf *b)
{
    const sb_setting *const s = &r->setting[first];
    size_t last = first;
    while (last < r->settings && strcmp(r->setting[last].data, s->data) == 0 &&
           strcmp(r->setting[last].embedding, s->embedding) == 0 && strcmp(r->setting[last].model, s->model) == 0)
        last++;
    sb_buf_add(b, "\n### %s (%s, %s): %s\n", s->data, s->embedding, s->model, r->metric[metric]->name);
    SB_TRY(curve(r, first, last, metric, folder, cx, b));
    sb_buf_add(b, "\n| method |");
    for (size_t k = first; k < last; k++) sb_buf_add(b, " %s |", r->setting[k].budget);
    sb_buf_add(b, "\n| :-- |");
    for (size_t k = first; k < last; k++) sb_buf_add(b, " :-- |");
    sb_buf_add(b, "\n");
    for (size_t i = 0; i < r->methods; i++) {
        sb_buf_add(b, "| ");
        cell(r->method[i].label, b);
        sb_buf_add(b, " |");
        for (size_t k = first; k < last; k++) {
            sb_buf_add(b, " ");
            number_cell(r, k, i, metric, x, b);
            sb_buf_add(b, " |");
        }
        sb_buf_add(b, "\n");
    }
    return SB_OK;
}

static sb_status numbers(const sb_results *r, const sb_claim_row *row, size_t rows, const char *folder, sb_ctx *cx,
                         sb_buf *b)
{
    double *x = SB_NEW(cx->arena, r->results + 1, double);
    if (!x) SB_FAIL(cx->err, SB_ENOMEM, "%zu values", r->results);
    size_t sets = 0;
    for (size_t s = 0; s < r->settings; s++) sets += first_setting_of(r, s, false);
    if (sets > MOST_NUMBERS) return SB_OK; /* the rows of the claims say enough */
    sb_buf_add(
        b, "\n## Numbers\n\nMedian [quartiles]; mean +- sample standard deviation. Means of what explodes (risks of "
           "missed clusters, fits near singular) say little: read the median.\n");
    for (size_t m = 0; m < r->metrics; m++) {
        if (!has_numbers(row, rows, r->metric[m])) continue;
        for (size_t s = 0; s < r->settings; s++) {
            const sb_setting *const e = &r->setting[s], *const before = s ? e - 1 : NULL;
            const bool first = !before || strcmp(before->data, e->data) != 0 ||
                               strcmp(before->embedding, e->embedding) != 0 || strcmp(before->model, e->model) != 0;
            if (first) SB_TRY(number_table(r, s, m, folder, x, cx, b));
        }
    }
    return SB_OK;
}

static sb_status write_plots(const sb_claim_row *row, size_t rows, const char *folder, sb_ctx *cx)
{
    SB_TRY(sb_file_mkdirs(folder, cx));
    for (size_t i = 0, n = 0; i < rows; i += n) {
        n = sb_claims_span(row + i, rows - i);
        sb_buf name = {.arena = cx->arena}, svg = {.arena = cx->arena};
        if (!sb_claims_plot(row + i, n, &svg)) continue;
        sb_escape_file(&name, row[i].claim->id);
        sb_buf_add(&name, ".svg");
        const char *path = name.bad ? NULL : sb_file_join(cx->arena, folder, name.text);
        if (!path || svg.bad) SB_FAIL(cx->err, SB_ENOMEM, "plot of the claim '%s'", row[i].claim->id);
        SB_TRY(sb_file_write(path, svg.text, svg.size, cx));
    }
    return SB_OK;
}

sb_status sb_claims_page(const sb_results *r, const sb_claim_row *row, size_t rows, const char *dir, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    const char *folder = sb_file_join(cx->arena, dir, r->name);
    const char *page = folder ? sb_str_format(cx->arena, "%s.md", folder) : NULL;
    if (!page) SB_FAIL(cx->err, SB_ENOMEM, "name of a page");
    SB_TRY(write_plots(row, rows, folder, cx));
    sb_claims_markdown(r, row, rows, r->name, &b);
    SB_TRY(numbers(r, row, rows, folder, cx, &b));
    sb_buf_add(
        &b,
        "\n## How this page was made\n\n`selbench run configs/papers/%s.yaml --out RUN`, then `selbench claims RUN "
        "--page results/papers`.\nNothing on it is written by hand. The run's software:\n\n```json\n%s\n```\n",
        r->name, r->provenance);
    if (b.bad) SB_FAIL(cx->err, SB_ENOMEM, "page of claims");
    return sb_file_write(page, b.text, b.size, cx);
}
