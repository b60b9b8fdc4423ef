/* Section of both reports: where the variance between repeats comes from. */
#include "escape.h"
#include "report_parts.h"

sb_status sb_report_variance(const sb_report *r, bool html, sb_ctx *cx, sb_buf *b)
{
    if (!r->variances.count) return SB_OK;
    sb_buf_add(b, html ? "<section><h2>Where the variance comes from</h2>\n" : "\n## Where the variance comes from\n");
    for (size_t g = 0; g < r->s->groups; g++)
        for (size_t k = 0; k < r->s->results->metrics; k++) {
            sb_table t;
            SB_TRY(sb_variances_table(r->s, &r->variances, &r->s->group[g], k, cx, &t));
            if (!t.rows) continue;
            if (html) {
                sb_html_table(&t, b);
                continue;
            }
            sb_buf_add(b, "\n");
            sb_escape_markdown(b, t.caption);
            sb_buf_add(b, "\n\n");
            sb_table_markdown(&t, b);
        }
    sb_buf_add(b, html ? "</section>\n" : "");
    return SB_OK;
}
