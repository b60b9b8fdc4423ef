#include <math.h>
#include <string.h>

#include "claim_page.h"
#include "escape.h"
#include "file.h"
#include "provenance.h"

enum { MOST_COLUMNS = 8 /* data sets with a column of their own */, MOST_LINES = 12 /* of a table that stays open */ };

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
    static const char *const standing[] = {
        [SB_VERIFIED] = "Published, and read at its source (verified).",
        [SB_RERUN] = "Measured before by other programs of ours that follow the specification (rerun).",
        [SB_DERIVED] = "Follows from formulas; nobody published it (derived).",
        [SB_OURS] = "Our own question: nothing is published, and either answer is fine (ours).",
        [SB_RECALLED] = "Second-hand: shown, not judged (recalled).",
    };
    sb_buf_add(b, "\n## %s\n\n%s\n\n- Source: %s\n- %s\n", c->id, c->statement, c->source, standing[c->established]);
    if (c->not_comparable) sb_buf_add(b, "- Not comparable: %s\n", c->not_comparable);
    sb_buf_add(b, "- Test: %s of `%s`", sb_claim_test_words[c->test], c->metric);
    if (c->against) sb_buf_add(b, " against %s", c->against);
    if (c->against_metric) sb_buf_add(b, " against `%s`", c->against_metric);
    if (c->effect == c->effect && c->log)
        sb_buf_add(b, ", smallest effect of interest a factor %.4g", exp(c->effect));
    else if (c->effect == c->effect)
        sb_buf_add(b, ", smallest effect of interest %g", c->effect);
    if (c->above == c->above) sb_buf_add(b, ", share of repeats above %g", c->above);
    if (c->range[0] == c->range[0] && c->test != SB_TEST_INTERVAL)
        sb_buf_add(b, ", in %g to %g", c->range[0], c->range[1]);
    sb_buf_add(b, "\n");
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool first_setting_of(const sb_results *r, size_t setting, bool with_budget)
{
    const sb_setting *const s = &r->setting[setting];
    for (size_t i = 0; i < setting; i++)
        if (strcmp(r->setting[i].data, s->data) == 0 && (!with_budget || strcmp(r->setting[i].budget, s->budget) == 0))
            return false;
    return true;
}

/* Repeats of this data set and budget: planned, and done without a failure by the model and method that has fewest and
 * most of them. A method that is skipped there does not count. */
static void repeats_of(const sb_results *r, size_t setting, size_t *low, size_t *high, size_t *planned)
{
    const sb_setting *const s = &r->setting[setting];
    *low = SIZE_MAX;
    *high = *planned = 0;
    for (size_t i = 0, n = 0; i < r->results; i += n) {
        const sb_result *const e = &r->result[i];
        size_t done = 0, skipped = 0;
        for (n = 0; i + n < r->results && e[n].setting == e->setting && e[n].method == e->method; n++) {
            done += strcmp(e[n].status, "ok") == 0;
            skipped += strcmp(e[n].status, "skipped") == 0;
        }
        const sb_setting *const here = &r->setting[e->setting];
        if (strcmp(here->data, s->data) != 0 || strcmp(here->budget, s->budget) != 0 || skipped == n) continue;
        *low = done < *low ? done : *low;
        *high = done > *high ? done : *high;
        *planned = n > *planned ? n : *planned;
    }
}

/* Counted from what is stored: a page from part of a run says so. */
static void what_was_run(const sb_results *r, sb_buf *b)
{
    sb_buf_add(b, "\n## What was run\n\n| data | rows selected: repeats of every method |\n| :-- | :-- |\n");
    for (size_t s = 0; s < r->settings; s++) {
        if (!first_setting_of(r, s, false)) continue;
        sb_buf_add(b, "| ");
        cell(r->setting[s].data, b);
        sb_buf_add(b, " |");
        for (size_t k = s; k < r->settings; k++) {
            size_t low, high, planned;
            if (strcmp(r->setting[k].data, r->setting[s].data) != 0 || !first_setting_of(r, k, true)) continue;
            repeats_of(r, k, &low, &high, &planned);
            sb_buf_add(b, " %s: ", r->setting[k].budget);
            if (low < high) sb_buf_add(b, "%zu to ", low);
            sb_buf_add(b, low < planned ? "%zu of %zu;" : "%zu;", high, planned);
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
        sb_buf_add(b, apart && !row[i].data ? " (not measured) |" : " |");
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
    sb_buf_add(b,
               "\nWhat is only recalled is never judged: it stands beside our measurement as \"unconfirmed "
               "source\". Orderings are paired by repeat,\ntested by sign flips and corrected for all orderings on "
               "this page (Benjamini and Hochberg); one is reproduced when the 95%%\ninterval of the gain lies above "
               "the smallest effect, and contradicted when the order is reversed. Intervals in brackets are 95%%.\n");
}

/* Rows that say the same at other budgets are one line. */
static bool same_line(const sb_results *r, const sb_claim_row *a, const sb_claim_row *b)
{
    if (a->setting == SIZE_MAX || b->setting == SIZE_MAX) return false;
    const sb_setting *const s = &r->setting[a->setting], *const t = &r->setting[b->setting];
    return same_text(s->data, t->data) && same_text(s->embedding, t->embedding) && same_text(s->model, t->model) &&
           same_text(a->method, b->method) && same_text(a->measured, b->measured) && a->verdict == b->verdict &&
           same_text(a->reason, b->reason) && same_text(a->claim->published, b->claim->published);
}

static void numbers_or_range(const sb_claim_row *row, const size_t *line, size_t i, size_t n, const sb_results *r,
                             sb_buf *b)
{
    size_t low = SIZE_MAX, high = 0, shown = 0;
    for (size_t k = i; k < n; k++) {
        if (line[k] != i) continue;
        low = row[k].repeats < low ? row[k].repeats : low;
        high = row[k].repeats > high ? row[k].repeats : high;
        if (row[k].setting != SIZE_MAX && row[k].claim->test != SB_TEST_SLOPE)
            sb_buf_add(b, "%s%zu", shown++ ? ", " : "", r->setting[row[k].setting].m);
    }
    sb_buf_add(b, " | ");
    if (low < high) sb_buf_add(b, "%zu to ", low);
    sb_buf_add(b, "%zu |", high);
}

static void claim_line(const sb_results *r, const sb_claim_row *row, const size_t *line, size_t i, size_t n,
                       bool published, sb_buf *b)
{
    const sb_claim_row *const e = &row[i];
    const sb_setting *const s = e->setting == SIZE_MAX ? NULL : &r->setting[e->setting];
    sb_buf_add(b, "| ");
    cell(s ? s->data : e->where, b);
    if (s) {
        sb_buf_add(b, " (");
        cell(s->embedding, b);
        sb_buf_add(b, ", ");
        cell(s->model, b);
        sb_buf_add(b, ")");
    }
    sb_buf_add(b, " | ");
    cell(e->method, b);
    sb_buf_add(b, " | ");
    numbers_or_range(row, line, i, n, r, b);
    if (published)
        sb_buf_add(b, " %s%s |", e->claim->published ? e->claim->published : "",
                   e->claim->published && e->verdict == SB_C_UNCONFIRMED ? " (unconfirmed)" : "");
    sb_buf_add(b, " %s | **%s** | ", e->measured, sb_claim_verdict_words[e->verdict]);
    cell(e->reason, b);
    sb_buf_add(b, " |\n");
}

static sb_status claim_table(const sb_results *r, const sb_claim_row *row, size_t n, sb_ctx *cx, sb_buf *b)
{
    size_t *line = SB_NEW(cx->arena, n + 1, size_t), lines = 0; /* the row that a row is told with */
    bool published = false;
    if (!line) SB_FAIL(cx->err, SB_ENOMEM, "lines of a claim");
    for (size_t i = 0; i < n; i++) {
        line[i] = i;
        for (size_t k = i; k-- > 0;)
            if (line[k] == k && same_line(r, &row[k], &row[i])) line[i] = k;
        lines += line[i] == i;
        published = published || row[i].claim->published;
    }
    if (lines > MOST_LINES) {
        sb_buf_add(b, "\n<details><summary>%zu rows: ", n);
        sb_claims_count(row, n, b);
        sb_buf_add(b, "</summary>\n");
    }
    sb_buf_add(b, "\n| where | method | rows selected | repeats |%s measured | verdict | why |\n",
               published ? " claimed |" : "");
    sb_buf_add(b, "| :-- | :-- | :-- | --: |%s :-- | :-- | :-- |\n", published ? " :-- |" : "");
    for (size_t i = 0; i < n; i++)
        if (line[i] == i) claim_line(r, row, line, i, n, published, b);
    if (lines > MOST_LINES) sb_buf_add(b, "\n</details>\n");
    return SB_OK;
}

sb_status sb_claims_markdown(const sb_results *r, const sb_claim_row *row, size_t rows, const char *plots, sb_ctx *cx,
                             sb_buf *b)
{
    sb_buf_add(b, *r->title ? "# Claims: %s\n\n%s\n" : "# Claims: %s%s\n", r->name, r->title);
    SB_TRY(sb_claims_answer(r, row, rows, cx, b));
    what_was_run(r, b);
    verdict_table(r, row, rows, b);
    for (size_t i = 0, n = 0; i < rows; i += n) {
        n = sb_claims_span(row + i, rows - i);
        start_claim(row[i].claim, b);
        sb_buf drawn = {.arena = cx->arena};
        if (plots && sb_claims_plot(r, row + i, n, &drawn)) {
            sb_buf_add(b, "\n![%s](%s/", row[i].claim->id, plots);
            sb_escape_file(b, row[i].claim->id);
            sb_buf_add(b, ".svg)\n");
        }
        SB_TRY(claim_table(r, row + i, n, cx, b));
    }
    if (b->bad) SB_FAIL(cx->err, SB_ENOMEM, "page of claims");
    return SB_OK;
}

static sb_status write_plots(const sb_results *r, const sb_claim_row *row, size_t rows, const char *folder, sb_ctx *cx)
{
    SB_TRY(sb_file_mkdirs(folder, cx));
    for (size_t i = 0, n = 0; i < rows; i += n) {
        n = sb_claims_span(row + i, rows - i);
        sb_buf name = {.arena = cx->arena}, svg = {.arena = cx->arena};
        if (!sb_claims_plot(r, row + i, n, &svg)) continue;
        sb_escape_file(&name, row[i].claim->id);
        sb_buf_add(&name, ".svg");
        const char *path = name.bad ? NULL : sb_file_join(cx->arena, folder, name.text);
        if (!path || svg.bad) SB_FAIL(cx->err, SB_ENOMEM, "plot of the claim '%s'", row[i].claim->id);
        SB_TRY(sb_file_write(path, svg.text, svg.size, cx));
    }
    return SB_OK;
}

/* Both binaries, and whether their source can be found again. */
static void versions(const sb_results *r, sb_buf *b)
{
    const char *const page = sb_version_text();
    sb_buf_add(
        b,
        "\n## How this page was made\n\n`selbench run configs/papers/%s.yaml%s --out RUN`, then `selbench claims "
        "RUN --page results/papers`.\nNothing on it is written by hand. Judged and written by selbench %s.",
        r->name, r->changes ? r->changes : "", page);
    if (strstr(page, "-dirty")) sb_buf_add(b, " **That binary had changes that no commit has.**");
    if (strstr(r->provenance, "-dirty\""))
        sb_buf_add(b,
                   "\n**The run's binary had changes that no commit has (\"dirty\" below): its commit alone does not "
                   "make these numbers again.**");
    sb_buf_add(b, "\nThe run's software:\n\n```json\n%s\n```\n", r->provenance);
}

sb_status sb_claims_page(const sb_results *r, const sb_claim_row *row, size_t rows, const char *dir, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    const char *folder = sb_file_join(cx->arena, dir, r->name);
    const char *page = folder ? sb_str_format(cx->arena, "%s.md", folder) : NULL;
    if (!page) SB_FAIL(cx->err, SB_ENOMEM, "name of a page");
    SB_TRY(write_plots(r, row, rows, folder, cx));
    SB_TRY(sb_claims_markdown(r, row, rows, r->name, cx, &b));
    SB_TRY(sb_claims_numbers(r, row, rows, folder, cx, &b));
    versions(r, &b);
    if (b.bad) SB_FAIL(cx->err, SB_ENOMEM, "page of claims");
    return sb_file_write(page, b.text, b.size, cx);
}

sb_status sb_claims_write(const sb_results *r, const char *dir, sb_ctx *cx)
{
    sb_claims c;
    sb_claim_row *row = NULL;
    size_t rows = 0;
    sb_buf b = {.arena = cx->arena};
    const char *config = sb_file_join(cx->arena, dir, "config.yaml"), *page = sb_file_join(cx->arena, dir, "claims.md");
    if (!config || !page) SB_FAIL(cx->err, SB_ENOMEM, "name of the page of claims");
    SB_TRY(sb_claims_read(config, cx, &c));
    if (!c.n) return SB_OK;
    SB_TRY(sb_claims_apply(&c, r, cx, &row, &rows));
    SB_TRY(sb_claims_markdown(r, row, rows, NULL, cx, &b));
    return sb_file_write(page, b.text, b.size, cx);
}
