#include <string.h>

#include "claim_page.h"
#include "cli.h"
#include "collect.h"
#include "file.h"

static sb_status judge(cli *c, const char *dir, const char *from, const char *pages, bool md, bool *contradicted,
                       bool *open, sb_buf *b)
{
    sb_results r;
    sb_claims claims;
    sb_claim_row *row = NULL;
    size_t rows = 0;
    SB_TRY(sb_results_collect(dir, &c->cx, &r));
    const char *path = from ? from : sb_file_join(c->cx.arena, dir, "config.yaml");
    if (!path) SB_FAIL(&c->err, SB_ENOMEM, "name of the config");
    SB_TRY(sb_claims_read(path, &c->cx, &claims));
    if (!claims.n) SB_FAIL(&c->err, SB_ENOTFOUND, "'%s' has no claims", path);
    SB_TRY(sb_claims_apply(&claims, &r, &c->cx, &row, &rows));
    for (size_t i = 0; i < rows; i++) {
        const bool ours = row[i].claim->established == SB_OURS; /* no answer to our own question is wrong */
        *contradicted = *contradicted || row[i].verdict == SB_C_CONTRADICTED;
        *open = *open || (row[i].verdict == SB_C_UNDECIDED && !ours) || row[i].verdict == SB_C_NOT_MEASURED;
    }
    if (md)
        SB_TRY(sb_claims_markdown(&r, row, rows, NULL, &c->cx, b));
    else
        sb_claims_text(row, rows, b);
    if (b->bad) SB_FAIL(&c->err, SB_ENOMEM, "table of claims");
    if (pages) SB_TRY(sb_claims_page(&r, row, rows, pages, &c->cx));
    if (!md) return SB_OK;
    const char *page = sb_file_join(c->cx.arena, dir, "claims.md");
    if (!page) SB_FAIL(&c->err, SB_ENOMEM, "name of the page");
    return sb_file_write(page, b->text, b->size, &c->cx);
}

int cmd_claims(cli *c, int argc, char **argv)
{
    const char *dir = NULL, *format = "text", *from = NULL, *pages = NULL;
    bool strict = false, contradicted = false, open = false;
    const cli_option options[] = {
        {"--format", NULL, "text|md", "md: Markdown, written to RUN/claims.md too", CLI_TEXT, &format},
        {"--from", NULL, "CONFIG", "take the claims of this config, not those stored with the run", CLI_TEXT, &from},
        {"--page", NULL, "DIR", "write DIR/NAME.md with a plot for each claim in DIR/NAME", CLI_TEXT, &pages},
        {"--strict", NULL, NULL, "undecided and not measured count as contradicted", CLI_FLAG, &strict},
        {0},
    };
    const int code = cli_parse(c, "claims", options, argc, argv, &dir, 1, 1);
    if (code >= 0) return code;
    const bool md = strcmp(format, "md") == 0;
    if (!md && strcmp(format, "text") != 0) {
        (void)fprintf(stderr, "selbench claims: --format is text or md, not '%s'\n", format);
        return CLI_USAGE;
    }
    sb_buf b = {.arena = c->cx.arena};
    const sb_status st = judge(c, dir, from, pages, md, &contradicted, &open, &b);
    if (st != SB_OK) return cli_fail(c, st);
    (void)fputs(b.text, stdout);
    return contradicted || (strict && open) ? CLI_CONTRADICTED : CLI_OK;
}
