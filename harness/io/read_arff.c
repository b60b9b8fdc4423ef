/* Weka's ARFF, dense and sparse rows. The text is held in memory and walked once. */
#include <string.h>
#include <strings.h>

#include "selbench/csv.h"
#include "selbench/frame.h"

enum { FIRST_ROOM = 64, LEVELS_ROOM = 16 };

typedef struct arff_options {
    sb_frame_options frame;
    size_t dense_mib;
} arff_options;

static const sb_param params[] = {
    SB_FRAME_ROWS(arff_options),
    {"dense_mib", "refuse sparse rows that need more MiB than this when dense", "4096", SB_P_SIZE,
     offsetof(arff_options, dense_mib), 1, 1e9, NULL},
    {0},
};

typedef struct attribute {
    const char *name;
    enum { NUMBER, NOMINAL, TEXT } type; /* TEXT: dates too */
    const char **level;                  /* NOMINAL */
    size_t levels, room;
    size_t place; /* its column in the frame, or SIZE_MAX */
} attribute;

typedef struct arff {
    const arff_options *options;
    sb_ctx *cx;
    sb_frame frame;
    const char *at; /* the text that is left, ended by a 0 byte */
    size_t line, width, room;
    attribute *attribute;
    bool *named; /* by a sparse row */
    char *word;  /* the last token, without its quotes; room for the longest line */
    bool quoted; /* it had quotes: a '?' in them is no missing value */
} arff;

static sb_status fail(const arff *a, const char *what)
{
    const int size = (int)strcspn(a->at, "\r\n");
    SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: %s, but '%.*s' stands there", a->line, what, size < 40 ? size : 40,
            a->at);
}

static sb_status no_memory(const arff *a) { SB_FAIL(a->cx->err, SB_ENOMEM, "line %zu: attributes", a->line); }
static void skip_blanks(arff *a) { a->at += strspn(a->at, " \t"); }
static bool at_line_end(const arff *a) { return !*a->at || *a->at == '\n' || *a->at == '\r' || *a->at == '%'; }

/* To the next line that has something on it, or to where something is left on this one; false at the end. */
static bool next_line(arff *a)
{
    for (;;) {
        skip_blanks(a);
        if (*a->at == '%') a->at += strcspn(a->at, "\r\n");
        if (!*a->at) return false;
        if (*a->at != '\n' && *a->at != '\r') return true;
        a->at += a->at[0] == '\r' && a->at[1] == '\n' ? 2 : 1;
        a->line++;
    }
}

static char unescaped(char c) { return (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c); }

static sb_status quoted_word(arff *a)
{
    const char quote = *a->at++;
    char *to = a->word;
    for (; *a->at != quote; a->at++) {
        const bool escaped = *a->at == '\\';
        a->at += escaped;
        if (!*a->at || *a->at == '\n' || *a->at == '\r') return fail(a, "a quote that is never closed");
        *to++ = escaped ? unescaped(*a->at) : *a->at;
    }
    *to = '\0';
    a->at++;
    return SB_OK;
}

/* One token: in quotes, or up to one of `stops` or the line's end. Empty only in quotes. */
static sb_status take_word(arff *a, const char *stops, const char *what)
{
    skip_blanks(a);
    a->quoted = *a->at == '\'' || *a->at == '"';
    if (a->quoted) {
        SB_TRY(quoted_word(a));
    } else {
        size_t size = strcspn(a->at, stops);
        if (!size || at_line_end(a)) return fail(a, what);
        memcpy(a->word, a->at, size);
        a->at += size;
        while (size && (a->word[size - 1] == ' ' || a->word[size - 1] == '\t')) size--;
        a->word[size] = '\0';
    }
    skip_blanks(a);
    return SB_OK;
}

static sb_status keep_word(const arff *a, const char **text)
{
    const size_t size = strlen(a->word);
    char *copy = SB_NEW(a->cx->arena, size + 1, char);
    if (!copy) return no_memory(a);
    memcpy(copy, a->word, size);
    *text = copy;
    return SB_OK;
}

static sb_status add_level(arff *a, attribute *t)
{
    if (t->levels == t->room) {
        const size_t room = t->room ? 2 * t->room : LEVELS_ROOM;
        const char **level = SB_NEW(a->cx->arena, room, const char *);
        if (!level) return no_memory(a);
        if (t->levels) memcpy(level, t->level, t->levels * sizeof *level);
        t->level = level;
        t->room = room;
    }
    return keep_word(a, &t->level[t->levels++]);
}

static sb_status take_levels(arff *a, attribute *t)
{
    t->type = NOMINAL;
    for (a->at++;;) {
        SB_TRY(take_word(a, ",}\r\n", "a level of the attribute expected"));
        SB_TRY(add_level(a, t));
        if (*a->at == '}') break;
        if (*a->at != ',') return fail(a, "',' or '}' expected between levels");
        a->at++;
    }
    a->at++;
    skip_blanks(a);
    return SB_OK;
}

static sb_status take_type(arff *a, attribute *t)
{
    if (*a->at == '{') return take_levels(a, t);
    SB_TRY(take_word(a, " \t\r\n%", "the attribute's type expected: numeric, real, integer, string, date or {a, b}"));
    if (strcasecmp(a->word, "numeric") == 0 || strcasecmp(a->word, "real") == 0 || strcasecmp(a->word, "integer") == 0)
        t->type = NUMBER;
    else if (strcasecmp(a->word, "string") == 0 || strcasecmp(a->word, "date") == 0)
        t->type = TEXT;
    else
        SB_FAIL(a->cx->err, SB_EDATA,
                "line %zu: type '%.40s' cannot be read (numeric, real, integer, string, date or {a, b} can)", a->line,
                a->word);
    return at_line_end(a) || strcasecmp(a->word, "date") != 0 ? SB_OK : take_word(a, "\r\n", "a date format expected");
}

static sb_status take_attribute(arff *a)
{
    if (a->width == a->room) {
        const size_t room = a->room ? 2 * a->room : FIRST_ROOM;
        attribute *more = SB_NEW(a->cx->arena, room, attribute);
        if (!more) return no_memory(a);
        if (a->width) memcpy(more, a->attribute, a->width * sizeof *more);
        a->attribute = more;
        a->room = room;
    }
    attribute *t = &a->attribute[a->width++];
    SB_TRY(take_word(a, " \t\r\n{", "the attribute's name expected"));
    SB_TRY(keep_word(a, &t->name));
    SB_TRY(take_type(a, t));
    return at_line_end(a) ? SB_OK : fail(a, "the end of the line expected");
}

static sb_status read_header(arff *a)
{
    while (next_line(a)) {
        if (*a->at != '@') return fail(a, "@relation, @attribute or @data expected");
        SB_TRY(take_word(a, " \t\r\n", "@relation, @attribute or @data expected"));
        if (strcasecmp(a->word, "@data") == 0) {
            if (!a->width) SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: @data before any @attribute", a->line);
            return at_line_end(a) ? SB_OK : fail(a, "the end of the line expected");
        }
        if (strcasecmp(a->word, "@attribute") == 0)
            SB_TRY(take_attribute(a));
        else if (strcasecmp(a->word, "@relation") == 0)
            a->at += strcspn(a->at, "\r\n");
        else
            SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: '%.40s', but only @relation, @attribute and @data are known",
                    a->line, a->word);
    }
    SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: the text ends before @data", a->line);
}

/* Columns by the options; categories by the declarations. */
static sb_status begin_frame(arff *a, size_t limit)
{
    const char **name = SB_NEW(a->cx->arena, a->width, const char *);
    a->named = SB_NEW(a->cx->arena, a->width, bool);
    if (!name || !a->named) return no_memory(a);
    for (size_t k = 0; k < a->width; k++) {
        name[k] = a->attribute[k].name;
        a->attribute[k].place = SIZE_MAX;
    }
    SB_TRY(sb_frame_begin(&a->frame, &a->options->frame, a->width, name, limit, a->cx));
    for (size_t j = 0; j < a->frame.d; j++) {
        attribute *t = &a->attribute[a->frame.pick[j]];
        sb_status st = SB_OK;
        t->place = j;
        if (t->type == NOMINAL)
            st = sb_frame_declare(&a->frame, j, t->level, t->levels);
        else if (t->type != NUMBER && !sb_frame_is_category(&a->frame, j))
            st = sb_err_set(a->cx->err, SB_EDATA, __FILE__, __LINE__,
                            "texts or dates: name it in 'onehot' or 'codes', or leave it out by 'drop'");
        if (st != SB_OK) return sb_err_in(a->cx->err, st, "attribute '%.80s'", t->name);
    }
    return SB_OK;
}

/* The word that was taken, as the value of an attribute. */
static sb_status value_of(arff *a, const attribute *t, double *row, bool *lacks)
{
    const bool missing = !a->quoted && strcmp(a->word, "?") == 0 &&
                         !(t->place != SIZE_MAX && sb_frame_is_given(&a->frame, t->place, a->word));
    sb_status st = SB_OK;
    *lacks |= missing;
    if (t->place == SIZE_MAX) return SB_OK;
    if (missing)
        st = a->frame.options->missing == SB_MISSING_SKIP ? SB_OK : sb_frame_missing(&a->frame, &row[t->place]);
    else if (sb_frame_is_category(&a->frame, t->place))
        st = sb_frame_code(&a->frame, t->place, a->word, &row[t->place]);
    else if (!sb_csv_number(a->word, &row[t->place]))
        st = sb_err_set(a->cx->err, SB_EFORMAT, __FILE__, __LINE__, "not a finite number");
    return st == SB_OK ? st
                       : sb_err_in(a->cx->err, st, "line %zu, attribute '%.80s': '%.40s'", a->line, t->name, a->word);
}

static sb_status dense_row(arff *a, double *row, bool *lacks)
{
    for (size_t k = 0;; k++) {
        SB_TRY(take_word(a, ",\r\n%", "a value expected"));
        if (k == a->width) SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: more than %zu values", a->line, a->width);
        SB_TRY(value_of(a, &a->attribute[k], row, lacks));
        if (*a->at == ',')
            a->at++;
        else if (k + 1 < a->width)
            SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: %zu values, %zu expected", a->line, k + 1, a->width);
        else
            return SB_OK;
    }
}

/* What a sparse row does not name is 0, of a nominal attribute its first level. */
static sb_status fill_sparse(arff *a, double *row)
{
    for (size_t j = 0; j < a->frame.d; j++) {
        const attribute *t = &a->attribute[a->frame.pick[j]];
        const char *text = t->type == NOMINAL ? t->level[0] : "0";
        sb_status st = SB_OK;
        if (a->named[a->frame.pick[j]]) continue;
        row[j] = 0;
        if (t->type == TEXT)
            st = sb_err_set(a->cx->err, SB_EDATA, __FILE__, __LINE__,
                            "a sparse row does not name it, and texts have no 0");
        else if (sb_frame_is_category(&a->frame, j))
            st = sb_frame_code(&a->frame, j, text, &row[j]);
        if (st != SB_OK) return sb_err_in(a->cx->err, st, "line %zu, attribute '%.80s'", a->line, t->name);
    }
    return SB_OK;
}

static sb_status refuse_dense(const arff *a)
{
    const size_t most = a->options->dense_mib, n = a->frame.n + 1, d = a->frame.d;
    if (n <= (most << 20) / sizeof(double) / d) return SB_OK;
    SB_FAIL(a->cx->err, SB_ENOMEM,
            "line %zu: %zu x %zu values from sparse rows are above the limit of %zu MiB (option 'dense_mib')", a->line,
            n, d, most);
}

static sb_status sparse_row(arff *a, double *row, bool *lacks)
{
    size_t next = 0;
    SB_TRY(refuse_dense(a));
    memset(a->named, 0, a->width * sizeof *a->named);
    a->at++;
    skip_blanks(a);
    while (*a->at != '}') {
        double index = 0;
        SB_TRY(take_word(a, " \t,}\r\n", "'index value' expected"));
        if (!sb_csv_number(a->word, &index) || !(index >= (double)next && index < (double)a->width) ||
            index != (double)(size_t)index)
            SB_FAIL(a->cx->err, SB_EFORMAT, "line %zu: '%.40s' is no rising index below %zu", a->line, a->word,
                    a->width);
        next = (size_t)index + 1;
        a->named[next - 1] = true;
        SB_TRY(take_word(a, ",}\r\n", "'index value' expected"));
        SB_TRY(value_of(a, &a->attribute[next - 1], row, lacks));
        if (*a->at == ',')
            a->at++;
        else if (*a->at != '}')
            return fail(a, "',' or '}' expected");
    }
    a->at++;
    skip_blanks(a);
    return fill_sparse(a, row);
}

static sb_status read_rows(arff *a)
{
    while (next_line(a)) {
        double *row = NULL;
        bool lacks = false;
        const sb_status st = sb_frame_row(&a->frame, &row);
        if (st != SB_OK) return sb_err_in(a->cx->err, st, "line %zu", a->line);
        SB_TRY(*a->at == '{' ? sparse_row(a, row, &lacks) : dense_row(a, row, &lacks));
        if (!at_line_end(a)) return fail(a, "the end of the line expected (rows with weights are not read)");
        if (!lacks || a->frame.options->missing != SB_MISSING_SKIP) sb_frame_keep(&a->frame);
    }
    return SB_OK;
}

static sb_status arff_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    arff a = {.options = options, .cx = cx, .line = 1};
    uint8_t *bytes = NULL;
    size_t size = 0, longest = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    a.at = (const char *)bytes;
    if (memchr(bytes, '\0', size)) SB_FAIL(cx->err, SB_EFORMAT, "a NUL byte, not a text");
    for (const char *p = a.at; *p; p += strspn(p, "\r\n")) {
        const char *end = p + strcspn(p, "\r\n");
        if ((size_t)(end - p) > longest) longest = (size_t)(end - p);
        p = end;
    }
    a.word = SB_NEW(cx->arena, longest + 1, char);
    if (!a.word) SB_FAIL(cx->err, SB_ENOMEM, "line of %zu bytes", longest);
    SB_TRY(read_header(&a));
    SB_TRY(begin_frame(&a, limit));
    SB_TRY(read_rows(&a));
    return sb_frame_finish(&a.frame, out);
}

const sb_reader sb_reader_arff = {
    .name = "arff",
    .summary = "Weka's attribute-relation file: numbers and nominal attributes, dense or sparse rows made dense",
    .source = "Witten and Frank, Data Mining; Weka manual, ARFF",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".arff", NULL},
    .option_size = sizeof(arff_options),
    .options = params,
    .read = arff_read,
};
