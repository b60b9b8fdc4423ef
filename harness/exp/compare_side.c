#include "compare_side.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "str.h"

enum { KEYS = 6, COLUMNS = 10 }; /* the cell's columns; those that are needed */

static sb_status read_json(const char *path, sb_ctx *cx, json_t **out)
{
    char *bytes = NULL;
    size_t size = 0;
    json_error_t e;
    SB_TRY(sb_file_read(path, 1 << 28, cx, &bytes, &size));
    *out = json_loadb(bytes, size, 0, &e);
    if (!*out) SB_FAIL(cx->err, SB_EFORMAT, "'%s' line %d: %s", path, e.line, e.text);
    return SB_OK;
}

/* Copies the lines that hold `only` (NULL: all) after the column names, each without its last column if keys. */
static sb_status copy_lines(const char *bytes, size_t size, const char *only, bool keys, sb_ctx *cx, const char **out,
                            size_t *out_size)
{
    char *to = SB_NEW(cx->arena, size + 1, char);
    if (!to) SB_FAIL(cx->err, SB_ENOMEM, "%zu bytes of values", size);
    size_t n = 0;
    for (const char *p = bytes, *end = bytes + size; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p)), *cut = stop;
        if (!stop) stop = cut = end; /* not whole: sb_side_parse says so */
        while (keys && cut > p && cut[-1] != '\t') cut--;
        if (keys && cut > p) cut--;
        const size_t line = (size_t)(cut - p);
        if (p == bytes || !only || memmem(p, line, only, strlen(only))) {
            memcpy(to + n, p, line);
            n += line;
            if (stop < end) to[n++] = '\n';
        }
        p = stop + 1;
    }
    *out = to;
    *out_size = n;
    return SB_OK;
}

static bool has_keys(const char *bytes, size_t size)
{
    static const char last[] = "\tvalue\tkey";
    const char *end = memchr(bytes, '\n', size);
    const size_t head = end ? (size_t)(end - bytes) : 0, tail = sizeof last - 1;
    return head >= tail && memcmp(end - tail, last, tail) == 0;
}

static sb_status read_memory(sb_side *s, sb_ctx *cx)
{
    char *bytes = NULL;
    size_t size = 0;
    const char *path = sb_file_join(cx->arena, s->dir, "timing.tsv");
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "names of the files of '%s'", s->dir);
    if (!sb_file_exists(path))
        SB_FAIL(cx->err, SB_ENOTFOUND, "'%s' has no timing.tsv: a golden keeps memory when it is made with --memory",
                s->dir);
    SB_TRY(sb_file_read(path, SIZE_MAX / 4, cx, &bytes, &size));
    return copy_lines(bytes, size, "\tpeak_bytes\t", has_keys(bytes, size), cx, &s->memory, &s->memory_size);
}

sb_status sb_side_open(const char *dir, bool memory, sb_ctx *cx, sb_side *s)
{
    char *bytes = NULL;
    size_t size = 0;
    *s = (sb_side){.dir = dir};
    const char *tsv = sb_file_join(cx->arena, dir, "metrics.tsv"), *json = sb_file_join(cx->arena, dir, "run.json");
    if (!tsv || !json) SB_FAIL(cx->err, SB_ENOMEM, "names of the files of '%s'", dir);
    if (!sb_file_exists(tsv) || !sb_file_exists(json))
        SB_FAIL(cx->err, SB_ENOTFOUND, "'%s' is neither a finished run nor a golden: it lacks %s", dir,
                sb_file_exists(tsv) ? "run.json" : "metrics.tsv");
    SB_TRY(sb_file_read(tsv, SIZE_MAX / 4, cx, &bytes, &size));
    s->is_run = has_keys(bytes, size);
    SB_TRY(copy_lines(bytes, size, NULL, s->is_run, cx, &s->bytes, &s->size));
    if (memory) SB_TRY(read_memory(s, cx));
    return read_json(json, cx, &s->run);
}

void sb_side_close(sb_side *s)
{
    json_decref(s->run);
    s->run = NULL;
}

static int by_name(const void *a, const void *b)
{
    const sb_side_value *x = a, *y = b;
    const int cell = strcmp(x->cell, y->cell), metric = cell ? cell : strcmp(x->metric, y->metric);
    if (metric) return metric;
    return (x->rep > y->rep) - (x->rep < y->rep);
}

/* One line, split in place: the first tabs stay, they are the cell's name. */
static bool split(char *line, sb_side_value *v)
{
    char *field[COLUMNS], *p = line;
    size_t n = 0;
    for (; p && n < COLUMNS; n++) {
        field[n] = p;
        p = strchr(p, '\t');
        if (!p) continue;
        if (n >= KEYS - 1) *p = '\0';
        p++;
    }
    unsigned long long rep = 0;
    if (n < COLUMNS || !sb_str_size(field[6], &rep) || rep > 1u << 30) return false;
    v->cell = line;
    v->rep = (unsigned)rep;
    v->status = field[7];
    v->metric = field[8];
    v->value = field[9];
    return true;
}

/* The lines of one file; place: the line, after those of the file before it. */
static sb_status parse_file(sb_side *s, const char *name, const char *bytes, size_t size, size_t before, sb_ctx *cx)
{
    static const char head[] = "data\tembedding\tmodel\tbudget\tm\tmethod\trep\tstatus\tmetric\tvalue";
    if (size < sizeof head || memcmp(bytes, head, sizeof head - 1) != 0)
        SB_FAIL(cx->err, SB_EFORMAT, "'%s/%s' does not begin with its column names", s->dir, name);
    char *text = sb_str_copy(cx->arena, bytes, size);
    if (!text) SB_FAIL(cx->err, SB_ENOMEM, "lines of '%s/%s'", s->dir, name);
    char *line = strchr(text, '\n') + 1;
    for (size_t at = 2; *line; at++) {
        char *end = strchr(line, '\n');
        if (end) *end = '\0';
        sb_side_value *v = &s->value[s->values++];
        v->place = before + at;
        if (!end || !split(line, v)) SB_FAIL(cx->err, SB_EFORMAT, "'%s/%s' line %zu is not whole", s->dir, name, at);
        line = end + 1;
    }
    return SB_OK;
}

sb_status sb_side_parse(sb_side *s, sb_ctx *cx)
{
    size_t lines = 0, more = 1;
    for (size_t i = 0; i < s->size; i++) lines += s->bytes[i] == '\n';
    for (size_t i = 0; i < s->memory_size; i++) more += s->memory[i] == '\n';
    s->value = SB_NEW(cx->arena, lines + more + 1, sb_side_value);
    if (!s->value) SB_FAIL(cx->err, SB_ENOMEM, "%zu lines of '%s'", lines + more, s->dir);
    SB_TRY(parse_file(s, "metrics.tsv", s->bytes, s->size, 0, cx));
    if (s->memory) SB_TRY(parse_file(s, "timing.tsv", s->memory, s->memory_size, lines, cx));
    qsort(s->value, s->values, sizeof *s->value, by_name);
    for (size_t i = 1; i < s->values; i++)
        if (by_name(&s->value[i - 1], &s->value[i]) == 0)
            SB_FAIL(cx->err, SB_EFORMAT, "'%s/metrics.tsv' lines %zu and %zu are about the same value", s->dir,
                    s->value[i - 1].place, s->value[i].place);
    return SB_OK;
}
