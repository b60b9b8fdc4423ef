/* Published statements in the report: verdicts first, then the rows. A run whose config claims nothing has no such
 * section. The numbers are those of `selbench claims`. */
#include "claim_page.h"
#include "escape.h"
#include "file.h"
#include "report_parts.h"

static sb_status judged(const sb_report *r, sb_ctx *cx, sb_claim_row **row, size_t *rows)
{
    sb_claims claims;
    const char *config = sb_file_join(cx->arena, r->run_dir, "config.yaml");
    if (!config) SB_FAIL(cx->err, SB_ENOMEM, "name of the config");
    *rows = 0;
    if (!sb_file_exists(config)) return SB_OK;
    SB_TRY(sb_claims_read(config, cx, &claims));
    return claims.n ? sb_claims_apply(&claims, r->s->results, cx, row, rows) : SB_OK;
}

static void put_cell(const char *text, sb_buf *b)
{
    sb_buf_add(b, "<td>");
    sb_escape_html(b, text);
    sb_buf_add(b, "</td>");
}

static void put_rows(const sb_claim_row *row, size_t n, sb_buf *b)
{
    sb_html_table_open(b, row->claim->id, "");
    sb_escape_html(b, row->claim->id);
    sb_buf_add(b,
               "</caption>\n<thead><tr><th scope=\"col\">where</th><th scope=\"col\">method</th><th scope=\"col\">"
               "published</th><th scope=\"col\">measured</th><th scope=\"col\">verdict</th><th scope=\"col\">why</th>"
               "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        sb_buf_add(b, "<tr><th scope=\"row\">");
        sb_escape_html(b, row[i].where);
        sb_buf_add(b, "</th>");
        put_cell(row[i].method, b);
        put_cell(row[i].claim->published ? row[i].claim->published : "", b);
        put_cell(row[i].measured, b);
        put_cell(sb_claim_verdict_words[row[i].verdict], b);
        put_cell(row[i].reason, b);
        sb_buf_add(b, "</tr>\n");
    }
    sb_buf_add(b, "</tbody></table></div>\n");
}

sb_status sb_html_claims(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_claim_row *row = NULL;
    size_t rows = 0;
    SB_TRY(judged(r, cx, &row, &rows));
    if (!rows) return SB_OK;
    sb_buf_add(b,
               "<section id=\"claims\">\n<h2>Claims</h2>\n<p>Published statements against this run. A number that is "
               "only recalled is shown and never judged.</p>\n");
    for (size_t i = 0, n = 0; i < rows; i += n) {
        n = sb_claims_span(row + i, rows - i);
        sb_buf_add(b, "<details><summary>");
        sb_escape_html(b, row[i].claim->statement);
        sb_buf_add(b, ": ");
        sb_claims_count(row + i, n, b);
        sb_buf_add(b, "</summary>\n<p>");
        sb_escape_html(b, row[i].claim->source);
        sb_buf_add(b, "</p>\n");
        put_rows(row + i, n, b);
        sb_buf_add(b, "</details>\n");
    }
    sb_buf_add(b, "</section>\n");
    return SB_OK;
}

sb_status sb_text_claims(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_claim_row *row = NULL;
    size_t rows = 0;
    SB_TRY(judged(r, cx, &row, &rows));
    if (!rows) return SB_OK;
    sb_buf_add(b, "\n## Claims\n\nPublished statements against this run; their rows are in `claims.md`.\n\n");
    for (size_t i = 0, n = 0; i < rows; i += n) {
        n = sb_claims_span(row + i, rows - i);
        sb_buf_add(b, "- ");
        sb_escape_markdown(b, row[i].claim->statement);
        sb_buf_add(b, ": ");
        sb_claims_count(row + i, n, b);
        sb_buf_add(b, "\n");
    }
    return SB_OK;
}
