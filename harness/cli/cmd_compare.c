#include <string.h>

#include "cli.h"
#include "compare.h"
#include "file.h"
#include "golden.h"
#include "str.h"

/* Exit codes by verdict; README of results/ lists them. */
static const int codes[SB_C_COUNT] = {
    [SB_C_SAME] = 0,   [SB_C_EQUIVALENT] = 10, [SB_C_CHANGED] = 10,        [SB_C_BETTER] = 11, [SB_C_UNDECIDED] = 12,
    [SB_C_WORSE] = 13, [SB_C_MISSING] = 14,    [SB_C_NOT_COMPARABLE] = 15, [SB_C_NOTHING] = 16};

static int mistake(const char *what, const char *value)
{
    (void)fprintf(stderr, "selbench compare: %s '%s'\n", what, value);
    return CLI_USAGE;
}

/* "equivalent,better" */
static int read_accepted(const char *text, bool accepted[SB_C_COUNT])
{
    accepted[SB_C_SAME] = true;
    for (const char *p = text; p && *p;) {
        const size_t size = strcspn(p, ",");
        bool known = false;
        for (size_t v = 0; v < SB_C_COUNT; v++) {
            if (strlen(sb_sameness_words[v]) != size || memcmp(sb_sameness_words[v], p, size) != 0) continue;
            accepted[v] = known = true;
        }
        if (!known) return mistake("--accept takes verdicts (equivalent, better, ...), not", p);
        p += size + (p[size] == ',');
    }
    return -1;
}

static const char *const formats[] = {"text", "markdown", "junit", "json", NULL};

static bool known_format(const char *name)
{
    for (size_t i = 0; formats[i]; i++)
        if (strcmp(formats[i], name) == 0) return true;
    return false;
}

static sb_status show(cli *c, const sb_comparison *k, const char *format, size_t rows, const bool *accepted,
                      const char *out)
{
    sb_buf b = {.arena = c->cx.arena};
    switch (*format == 'j' ? format[1] : *format) {
    case 'm': sb_compare_markdown(k, rows, &b); break;
    case 'u': sb_compare_junit(k, accepted, &b); break;
    case 's': sb_compare_json(k, &b); break;
    default: sb_compare_text(k, rows, &b); break;
    }
    if (b.bad) SB_FAIL(&c->err, SB_ENOMEM, "text of the comparison");
    if (out) return sb_file_write(out, b.text, b.size, &c->cx);
    (void)fwrite(b.text, 1, b.size, stdout);
    return SB_OK;
}

/* A folder, or the name of a golden. */
static const char *find_base(cli *c, const char *name)
{
    if (sb_file_is_dir(name) || strchr(name, '/')) return name;
    return sb_str_format(c->cx.arena, "%s/results/golden/%s", c->places.home, name);
}

int cmd_compare(cli *c, int argc, char **argv)
{
    const char *side[2] = {0}, *format = "text", *out = NULL, *accept = NULL, *alpha = NULL;
    size_t rows = 40;
    bool update = false, despite = false, memory = false, accepted[SB_C_COUNT] = {0};
    cli_list effects = {0};
    const cli_option options[] = {
        {"--format", NULL, "FORMAT", "text (default), markdown, junit or json", CLI_TEXT, &format},
        {"--out", "-o", "FILE", "write there instead of to the standard output", CLI_TEXT, &out},
        {"--effect", NULL, "METRIC=SIZE",
         "smallest effect of interest (again for more; default 0.005 for fractions, else 2%)", CLI_TEXTS, &effects},
        {"--accept", NULL, "VERDICTS", "exit with 0 for these too: equivalent (with changed), better, ...", CLI_TEXT,
         &accept},
        {"--alpha", NULL, "P", "level of the tests (default 0.05)", CLI_TEXT, &alpha},
        {"--rows", NULL, "N", "show at most N rows as text or Markdown (default 40)", CLI_SIZE, &rows},
        {"--despite", NULL, NULL, "compare even where data, options, warm-up or seed differ", CLI_FLAG, &despite},
        {"--memory", NULL, NULL, "compare peak memory too (smallest effect of interest: 10%); a golden must have it",
         CLI_FLAG, &memory},
        {"--update-golden", NULL, NULL, "make B a golden of run A, and say what moved", CLI_FLAG, &update},
        {0},
    };
    int code = cli_parse(c, "compare", options, argc, argv, side, 2, 2);
    sb_compare_options o = {.effects = effects.n, .despite = despite, .memory = memory};
    sb_effect *effect = NULL;
    if (code < 0) code = cli_effects(c, "compare", &effects, &effect);
    if (code < 0) code = read_accepted(accept, accepted);
    if (code < 0 && !known_format(format)) code = mistake("--format takes text, markdown, junit or json, not", format);
    if (code < 0 && alpha && (!sb_str_real(alpha, &o.alpha) || !(o.alpha > 0 && o.alpha < 1)))
        code = mistake("--alpha takes a number between 0 and 1, not", alpha);
    if (code >= 0) return code;
    o.effect = effect;
    const char *base = find_base(c, side[1]);
    sb_comparison k = {0};
    if (!base) return CLI_FAILURE;
    sb_status st = SB_OK;
    const bool fresh = update && !sb_file_is_dir(base);
    if (!fresh) st = sb_compare(side[0], base, &o, &c->cx, &k);
    if (st == SB_OK && !fresh) st = show(c, &k, format, rows, accepted, out);
    if (st == SB_OK && update) st = sb_golden_write(side[0], base, &o, &c->cx);
    if (st != SB_OK) return cli_fail(c, st);
    if (update) {
        (void)printf("%s %s\n", fresh ? "wrote" : "updated", base);
        return CLI_OK;
    }
    return accepted[k.verdict] || (k.verdict == SB_C_EQUIVALENT && accepted[SB_C_CHANGED]) ? CLI_OK : codes[k.verdict];
}
