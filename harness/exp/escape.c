#include "escape.h"

#include <string.h>

typedef struct change {
    const char *from, *to;
} change;

/* Copies text with the first row of the table that matches at each place; table ended by .from == NULL. */
static void replace(sb_buf *b, const char *text, const change *table, bool keep_lines)
{
    while (*text) {
        const change *c = table;
        while (c->from && strncmp(text, c->from, strlen(c->from)) != 0) c++;
        if (c->from) {
            sb_buf_put(b, c->to, strlen(c->to));
            text += strlen(c->from);
            continue;
        }
        const unsigned char byte = (unsigned char)*text;
        const bool control = byte < 32 || byte == 127;
        sb_buf_put(b, control && !(keep_lines && (byte == '\n' || byte == '\t')) ? " " : text, 1);
        text++;
    }
}

void sb_escape_html(sb_buf *b, const char *text)
{
    static const change table[] = {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"},
                                   {NULL, NULL}};
    replace(b, text, table, true);
}

void sb_escape_markdown(sb_buf *b, const char *text)
{
    static const change table[] = {{"\\", "\\\\"}, {"|", "\\|"}, {"*", "\\*"}, {"_", "\\_"}, {"`", "\\`"}, {"](",
        "\\]("},
                                   {"<", "&lt;"}, {">", "&gt;"}, {"&", "&amp;"}, {"~", "\\~"}, {NULL, NULL}};
    replace(b, text, table, false);
}

void sb_escape_latex(sb_buf *b, const char *text)
{
    static const change table[] = {{"\\", "\\textbackslash{}"}, {"{", "\\{"}, {"}", "\\}"}, {"$", "\\$"}, {"&", "\\&"},
                                   {"%", "\\%"}, {"#", "\\#"}, {"_", "\\_"}, {"~", "\\textasciitilde{}"},
                                   {"^", "\\textasciicircum{}"}, {"<", "$<$"}, {">", "$>$"}, {"|", "$|$"},
                                   {"\"", "''"}, {"\xe2\x88\x92", "$-$"}, {"\xc3\x97", "$\\times$"},
                                   {"\xe2\x80\x93", "--"}, {"\xe2\x89\xa4", "$\\le$"}, {"\xc2\xb1", "$\\pm$"},
                                   {"\xc2\xb5", "$\\mu$"}, {"\xe2\x86\x92", "$\\to$"}, {NULL, NULL}};
    replace(b, text, table, false);
}

void sb_escape_csv(sb_buf *b, const char *text)
{
    static const change table[] = {{"\"", "\"\""}, {NULL, NULL}};
    if (!strpbrk(text, ",\"\n\r")) {
        replace(b, text, table, false);
        return;
    }
    sb_buf_put(b, "\"", 1);
    replace(b, text, table, true);
    sb_buf_put(b, "\"", 1);
}

void sb_escape_gnuplot(sb_buf *b, const char *text)
{
    static const change table[] = {{"'", "''"}, {NULL, NULL}};
    sb_buf_put(b, "'", 1);
    for (; *text == '\''; text++) sb_buf_add(b, "\xe2\x80\x99"); /* gnuplot misreads three quotes at the start */
    replace(b, text, table, false);
    sb_buf_put(b, "'", 1);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

void sb_escape_file(sb_buf *b, const char *text)
{
    bool gap = false;
    for (const char *c = text; *c; c++) {
        if (!is_plain(*c)) {
            gap = true;
            continue;
        }
        if (gap && b->size && b->text[b->size - 1] != '-') sb_buf_put(b, "-", 1);
        gap = false;
        sb_buf_put(b, c, 1);
    }
}
