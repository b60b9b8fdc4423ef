#include "record.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "str.h"

const char *const sb_outcome_words[] = {"ok", "skipped", "failed", "timeout", "out of memory", "crashed", NULL};

sb_outcome sb_outcome_of(sb_status st)
{
    return st == SB_OK       ? SB_CELL_OK
           : st == SB_SKIP   ? SB_CELL_SKIPPED
           : st == SB_ENOMEM ? SB_CELL_MEMORY
                             : SB_CELL_FAILED;
}

/* Finite values of one kind; JSON has no NaN, so what does not apply is absent. */
static json_t *values(const sb_record *r, bool noisy)
{
    json_t *map = json_object();
    for (size_t i = 0; i < sb_metric_count(); i++)
        if (sb_metrics[i].noisy == noisy && isfinite(r->value[i]))
            (void)json_object_set_new(map, sb_metrics[i].name, json_real(r->value[i]));
    return map;
}

static json_t *notes(const sb_record *r)
{
    json_t *map = json_object();
    for (size_t i = 0; i < r->notes; i++)
        (void)json_object_set_new(map, r->note[i].name,
                                  isfinite(r->note[i].value) ? json_real(r->note[i].value) : json_null());
    return map;
}

sb_status sb_record_text(const sb_record *r, sb_ctx *cx, const char **text)
{
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "kind",
                  r->is_eval ? "eval" : "select", "key", r->key, "select", r->select, "data", r->data, "embedding",
                  r->embedding, "method", r->method, "budget", r->budget, "model", r->model, "m", (json_int_t)r->m,
                  "rep", (int)r->rep, "status", sb_outcome_words[r->outcome], "reason", r->reason, "subset", r->subset,
                  "stream", r->stream, "values", values(r, false), "noisy", values(r, true), "notes", notes(r));
    if (!o) SB_FAIL(cx->err, SB_EFORMAT, "a name in a record is not UTF-8");
    const size_t flags = JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(17), size = json_dumpb(o, NULL, 0, flags);
    char *line = SB_NEW(cx->arena, size + 1, char);
    if (line) (void)json_dumpb(o, line, size, flags);
    json_decref(o);
    if (!line) SB_FAIL(cx->err, SB_ENOMEM, "text of a record");
    *text = line;
    return SB_OK;
}

static bool text_field(const json_t *o, const char *name, sb_ctx *cx, const char **out)
{
    const char *v = json_string_value(json_object_get(o, name));
    *out = v ? sb_str_copy(cx->arena, v, strlen(v)) : NULL;
    return *out != NULL;
}

static void read_values(json_t *map, sb_record *r)
{
    const char *name = NULL;
    json_t *v = NULL;
    json_object_foreach(map, name, v)
    {
        const int i = sb_metric_index(name);
        if (i >= 0 && json_is_number(v)) r->value[i] = json_number_value(v);
    }
}

static sb_status read_object(json_t *o, sb_ctx *cx, sb_record *r)
{
    const char *kind = NULL, *status = NULL;
    const bool ok = text_field(o, "kind", cx, &kind) && text_field(o, "key", cx, &r->key) &&
                    text_field(o, "select", cx, &r->select) && text_field(o, "data", cx, &r->data) &&
                    text_field(o, "embedding", cx, &r->embedding) && text_field(o, "method", cx, &r->method) &&
                    text_field(o, "budget", cx, &r->budget) && text_field(o, "model", cx, &r->model) &&
                    text_field(o, "status", cx, &status) && text_field(o, "reason", cx, &r->reason) &&
                    text_field(o, "subset", cx, &r->subset) && text_field(o, "stream", cx, &r->stream) &&
                    json_is_integer(json_object_get(o, "m")) && json_is_integer(json_object_get(o, "rep"));
    if (!ok) SB_FAIL(cx->err, SB_EFORMAT, "a record lacks one of its texts or numbers");
    r->is_eval = strcmp(kind, "eval") == 0;
    r->m = (size_t)json_integer_value(json_object_get(o, "m"));
    r->rep = (unsigned)json_integer_value(json_object_get(o, "rep"));
    int outcome = 0;
    while (sb_outcome_words[outcome] && strcmp(sb_outcome_words[outcome], status) != 0) outcome++;
    if (!sb_outcome_words[outcome]) SB_FAIL(cx->err, SB_EFORMAT, "a record has the unknown status '%s'", status);
    r->outcome = (sb_outcome)outcome;
    r->value = SB_NEW(cx->arena, sb_metric_count(), double);
    if (!r->value) SB_FAIL(cx->err, SB_ENOMEM, "values of a record");
    for (size_t i = 0; i < sb_metric_count(); i++) r->value[i] = NAN;
    read_values(json_object_get(o, "values"), r);
    read_values(json_object_get(o, "noisy"), r);
    return SB_OK;
}

sb_status sb_record_parse(const char *text, size_t size, sb_ctx *cx, sb_record *out)
{
    json_error_t e;
    json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &e);
    if (!o) SB_FAIL(cx->err, SB_EFORMAT, "not a record: %s", e.text);
    sb_record r = {0};
    const sb_status st = read_object(o, cx, &r);
    json_decref(o);
    if (st == SB_OK) *out = r;
    return st;
}
