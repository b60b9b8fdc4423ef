#include "collect.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chosen.h"
#include "file.h"
#include "metric.h"
#include "overlap.h"
#include "store.h"
#include "str.h"

enum { COLUMNS = 10 };

typedef struct collecting {
    sb_ctx *cx;
    sb_results r;
    sb_setting *setting;
    const char **content; /* of each setting */
    sb_vary *vary;
    sb_method_label *method;
    sb_result *result;
    size_t room;
    const sb_store *store;
} collecting;

static const char *copy(collecting *c, const char *text) { return sb_str_copy(c->cx->arena, text, strlen(text)); }

static const char *member(collecting *c, const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return copy(c, text ? text : "");
}

/* Position of the label; methods are few. */
static size_t method_index(const collecting *c, const char *label)
{
    for (size_t i = 0; i < c->r.methods; i++)
        if (strcmp(c->method[i].label, label) == 0) return i;
    return SIZE_MAX;
}

static size_t setting_index(const collecting *c, const char *const *f)
{
    for (size_t i = 0; i < c->r.settings; i++) {
        const sb_setting *s = &c->setting[i];
        if (strcmp(s->data, f[0]) == 0 && strcmp(s->embedding, f[1]) == 0 && strcmp(s->model, f[2]) == 0 &&
            strcmp(s->budget, f[3]) == 0)
            return i;
    }
    return SIZE_MAX;
}

static int by_rows(const void *a, const void *b)
{
    const sb_setting *x = a, *y = b;
    return x->m < y->m ? -1 : x->m > y->m;
}

static sb_status add_methods(collecting *c, const json_t *list)
{
    size_t i = 0;
    json_t *m = NULL;
    json_array_foreach(list, i, m)
    {
        const char *label = member(c, m, "label");
        if (!label) SB_FAIL(c->cx->err, SB_ENOMEM, "labels of methods");
        if (method_index(c, label) != SIZE_MAX) continue;
        c->method[c->r.methods++] =
            (sb_method_label){label, member(c, m, "name"), member(c, m, "options"),
                              json_is_true(json_object_get(m, "anchor")), member(c, m, "needs")};
    }
    return SB_OK;
}

/* Further splits of a data set have the settings of the first. */
static bool have_settings(const collecting *c, const json_t *bench)
{
    const char *data = json_string_value(json_object_get(bench, "data")),
               *embedding = json_string_value(json_object_get(bench, "embedding"));
    for (size_t i = 0; data && embedding && i < c->r.settings; i++)
        if (strcmp(c->setting[i].data, data) == 0 && strcmp(c->setting[i].embedding, embedding) == 0) return true;
    return false;
}

static sb_status add_settings(collecting *c, const json_t *bench)
{
    const json_t *budgets = json_object_get(bench, "budgets"), *models = json_object_get(bench, "models");
    size_t i = 0, j = 0;
    json_t *model = NULL, *budget = NULL;
    json_array_foreach(models, i, model)
    {
        const size_t first = c->r.settings;
        json_array_foreach(budgets, j, budget)
        {
            sb_setting *s = &c->setting[c->r.settings++];
            *s = (sb_setting){member(c, bench, "data"), member(c, bench, "embedding"), member(c, model, "label"),
                              member(c, budget, "text"), (size_t)json_integer_value(json_object_get(budget, "m"))};
            c->content[s - c->setting] = member(c, bench, "content");
            for (size_t k = 0; k < SB_CHANCES; k++)
                c->vary[s - c->setting].level[k] =
                    (unsigned)json_integer_value(json_array_get(json_object_get(bench, "vary"), k));
            if (c->vary[s - c->setting].level[SB_SPLIT] > 1) c->content[s - c->setting] = ""; /* rows differ by split */
            if (!s->data || !s->embedding || !s->model || !s->budget || !c->content[s - c->setting])
                SB_FAIL(c->cx->err, SB_ENOMEM, "settings");
        }
        qsort(c->setting + first, c->r.settings - first, sizeof *c->setting, by_rows);
    }
    return SB_OK;
}

static sb_status read_run(collecting *c, const json_t *run)
{
    const json_t *benches = json_object_get(run, "benches");
    size_t i = 0, settings = 0, methods = 0;
    json_t *b = NULL;
    json_array_foreach(benches, i, b)
    {
        settings += json_array_size(json_object_get(b, "models")) * json_array_size(json_object_get(b, "budgets"));
        methods += json_array_size(json_object_get(b, "methods"));
        const size_t repeats = (size_t)json_integer_value(json_object_get(b, "repeats"));
        if (repeats > c->r.repeats) c->r.repeats = repeats;
    }
    c->setting = SB_NEW(c->cx->arena, settings, sb_setting);
    c->content = SB_NEW(c->cx->arena, settings, const char *);
    c->vary = SB_NEW(c->cx->arena, settings, sb_vary);
    c->method = SB_NEW(c->cx->arena, methods, sb_method_label);
    c->r.name = member(c, run, "name");
    c->r.title = member(c, run, "title");
    c->r.reference = member(c, run, "reference");
    c->r.config = member(c, run, "config");
    c->r.warnings = member(c, run, "notes");
    if (!c->setting || !c->content || !c->vary || !c->method || !c->r.name || !c->r.title || !c->r.reference ||
        !c->r.config || !c->r.warnings)
        SB_FAIL(c->cx->err, SB_ENOMEM, "%zu settings", settings);
    json_array_foreach(benches, i, b)
    {
        SB_TRY(add_methods(c, json_object_get(b, "methods")));
        if (!have_settings(c, b)) SB_TRY(add_settings(c, b));
    }
    return SB_OK;
}

/* What is known of one evaluation: the values of its selection and of itself. */
static sb_status merge(collecting *c, const char *select_key, const char *eval_key, sb_result *r)
{
    const sb_record *s = sb_store_find(c->store, select_key), *e = sb_store_find(c->store, eval_key);
    double *value = SB_NEW(c->cx->arena, sb_metric_count(), double);
    if (!value) SB_FAIL(c->cx->err, SB_ENOMEM, "values of a result");
    for (size_t i = 0; i < sb_metric_count(); i++) {
        value[i] = s ? s->value[i] : (double)NAN;
        if (e && !isnan(e->value[i])) value[i] = e->value[i];
    }
    const sb_record *last = s && s->outcome != SB_CELL_OK ? s : e;
    r->value = value;
    r->key = last == s && s ? s->key : eval_key;
    r->subset = s ? s->subset : "";
    r->status = last ? sb_outcome_words[last->outcome] : "missing";
    r->reason = last ? last->reason : "the run has not come to it";
    return SB_OK;
}

/* Splits a line at tabs, in place. */
static size_t split(char *line, const char *f[COLUMNS])
{
    size_t n = 0;
    for (char *p = line; p && n < COLUMNS; n++) {
        f[n] = p;
        p = strchr(p, '\t');
        if (p) *p++ = '\0';
    }
    return n;
}

static sb_status read_ledger(collecting *c, char *text)
{
    size_t lines = 0;
    for (const char *p = text; *p; p++) lines += *p == '\n';
    c->result = SB_NEW(c->cx->arena, lines, sb_result);
    if (!c->result) SB_FAIL(c->cx->err, SB_ENOMEM, "%zu results", lines);
    size_t at = 0;
    for (char *line = text, *end; *line; line = end, at++) {
        const char *f[COLUMNS];
        end = strchr(line, '\n');
        if (!end) break;
        *end++ = '\0';
        if (at == 0) continue; /* the names of the columns */
        if (split(line, f) != COLUMNS)
            SB_FAIL(c->cx->err, SB_EFORMAT, "ledger.tsv line %zu is not a ledger line", at + 1);
        sb_result *r = &c->result[c->r.results];
        r->setting = setting_index(c, f);
        r->method = method_index(c, f[5]);
        r->rep = (unsigned)strtoul(f[6], NULL, 10);
        if (r->setting == SIZE_MAX || r->method == SIZE_MAX)
            SB_FAIL(c->cx->err, SB_EFORMAT, "ledger.tsv line %zu names what run.json does not", at + 1);
        SB_TRY(merge(c, f[7], f[8], r));
        c->r.results++;
    }
    return SB_OK;
}

static int by_place(const void *a, const void *b)
{
    const sb_result *x = a, *y = b;
    if (x->setting != y->setting) return x->setting < y->setting ? -1 : 1;
    if (x->method != y->method) return x->method < y->method ? -1 : 1;
    return x->rep < y->rep ? -1 : x->rep > y->rep;
}

static sb_status list_metrics(collecting *c)
{
    const sb_metric **list = SB_NEW(c->cx->arena, sb_metric_count(), const sb_metric *);
    if (!list) SB_FAIL(c->cx->err, SB_ENOMEM, "list of metrics");
    for (size_t i = 0; i < sb_metric_count(); i++) list[i] = &sb_metrics[i];
    c->r.metric = list;
    c->r.metrics = sb_metric_count();
    return SB_OK;
}

static sb_status read_changes(collecting *c, const json_t *run)
{
    static const char *const keys[] = {"set", "only"};
    sb_buf b = {.arena = c->cx->arena};
    for (size_t k = 0; k < 2; k++) {
        const json_t *const list = json_object_get(run, keys[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *const text = json_string_value(json_array_get(list, i));
            if (text) sb_buf_add(&b, " --%s '%s'", keys[k], text);
        }
    }
    if (b.bad) SB_FAIL(c->cx->err, SB_ENOMEM, "changes of the config");
    c->r.changes = b.text ? b.text : "";
    return SB_OK;
}

static sb_status collect_json(collecting *c, const char *dir, json_t *run)
{
    sb_store *store = NULL;
    SB_TRY(read_run(c, run));
    SB_TRY(read_changes(c, run));
    SB_TRY(list_metrics(c));
    const size_t flags = JSON_INDENT(1) | JSON_SORT_KEYS;
    json_t *software = json_object_get(run, "software");
    const size_t size = software ? json_dumpb(software, NULL, 0, flags) : 0;
    char *text = SB_NEW(c->cx->arena, size + 1, char);
    if (!text) SB_FAIL(c->cx->err, SB_ENOMEM, "provenance");
    if (size) (void)json_dumpb(software, text, size, flags);
    c->r.provenance = text;
    SB_TRY(sb_store_open(dir, c->cx, &store));
    c->store = store;
    const char *path = sb_file_join(c->cx->arena, dir, "ledger.tsv");
    char *ledger = NULL;
    size_t bytes = 0;
    if (!path) SB_FAIL(c->cx->err, SB_ENOMEM, "name of the ledger");
    SB_TRY(sb_file_read(path, SIZE_MAX / 4, c->cx, &ledger, &bytes));
    SB_TRY(read_ledger(c, ledger));
    sb_store_close(store);
    qsort(c->result, c->r.results, sizeof *c->result, by_place);
    c->r.setting = c->setting;
    c->r.vary = c->vary;
    c->r.method = c->method;
    c->r.result = c->result;
    SB_TRY(sb_chosen_collect(&c->r, c->content, dir, c->cx));
    return sb_overlap(&c->r, dir, c->cx, &c->r.jaccard);
}

sb_status sb_results_collect(const char *dir, sb_ctx *cx, sb_results *out)
{
    collecting c = {.cx = cx};
    char *bytes = NULL;
    size_t size = 0;
    json_error_t e;
    const char *path = sb_file_join(cx->arena, dir, "run.json");
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of run.json");
    if (!sb_file_exists(path)) SB_FAIL(cx->err, SB_ENOTFOUND, "'%s' is not a run folder: it has no run.json", dir);
    SB_TRY(sb_file_read(path, 1 << 28, cx, &bytes, &size));
    json_t *run = json_loadb(bytes, size, 0, &e);
    if (!run) SB_FAIL(cx->err, SB_EFORMAT, "'%s' line %d: %s", path, e.line, e.text);
    const sb_status st = collect_json(&c, dir, run);
    json_decref(run);
    if (st == SB_OK) *out = c.r;
    return st;
}

static sb_status write_tsv(const sb_results *r, bool noisy, const char *path, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(&b, "data\tembedding\tmodel\tbudget\tm\tmethod\trep\tstatus\tmetric\tvalue\tkey\n");
    for (size_t i = 0; i < r->results; i++) {
        const sb_result *x = &r->result[i];
        const sb_setting *s = &r->setting[x->setting];
        const bool ok = strcmp(x->status, "ok") == 0;
        for (size_t k = 0; k < r->metrics; k++) {
            const bool stands_for_failure = !ok && k == 0 && !noisy;
            if (!stands_for_failure && (r->metric[k]->noisy != noisy || isnan(x->value[k]) || !ok)) continue;
            sb_buf_add(&b, "%s\t%s\t%s\t%s\t%zu\t%s\t%u\t%s\t", s->data, s->embedding, s->model, s->budget, s->m,
                       r->method[x->method].label, x->rep, x->status);
            if (stands_for_failure)
                sb_buf_add(&b, "-\t-\t%s\n", x->key);
            else
                sb_buf_add(&b, "%s\t%.17g\t%s\n", r->metric[k]->name, x->value[k], x->key);
        }
    }
    if (b.bad) SB_FAIL(cx->err, SB_ENOMEM, "text of '%s'", path);
    return sb_file_write(path, b.text, b.size, cx);
}

sb_status sb_results_write_tsv(const sb_results *r, const char *dir, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const char *metrics = sb_file_join(cx->arena, dir, "metrics.tsv"),
               *timing = sb_file_join(cx->arena, dir, "timing.tsv");
    if (!metrics || !timing) SB_FAIL(cx->err, SB_ENOMEM, "names of the metric files");
    SB_TRY(write_tsv(r, false, metrics, cx));
    SB_TRY(write_tsv(r, true, timing, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}
