#include "replay.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "file.h"
#include "str.h"
#include "work.h"

typedef struct replaying {
    sb_replay *out;
    const sb_store *store;
    sb_ctx *cx;
    const sb_group *group;
    size_t model; /* the one that is compared; SIZE_MAX: the selection failed */
    const char *what;
    const char *eval;
} replaying;

/* The recorded --set and --only of a run. */
static sb_status read_overrides(const char *dir, sb_ctx *cx, sb_overrides *o)
{
    char *bytes = NULL;
    size_t size = 0;
    const char *path = sb_file_join(cx->arena, dir, "run.json");
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of run.json");
    if (!sb_file_exists(path)) SB_FAIL(cx->err, SB_ENOTFOUND, "'%s' is not a run folder: it has no run.json", dir);
    SB_TRY(sb_file_read(path, 1 << 28, cx, &bytes, &size));
    json_t *run = json_loadb(bytes, size, 0, NULL);
    if (!run) SB_FAIL(cx->err, SB_EFORMAT, "'%s' is damaged", path);
    static const char *const names[] = {"set", "only"};
    sb_status st = SB_OK;
    for (int k = 0; k < 2; k++) {
        const json_t *list = json_object_get(run, names[k]);
        const size_t n = json_array_size(list);
        const char **texts = SB_NEW(cx->arena, n + 1, const char *);
        for (size_t i = 0; texts && i < n; i++) {
            const char *t = json_string_value(json_array_get(list, i));
            texts[i] = sb_str_copy(cx->arena, t ? t : "", t ? strlen(t) : 0);
        }
        if (!texts) st = SB_ENOMEM;
        if (k == 0)
            o->sets = n, o->set = texts;
        else
            o->onlys = n, o->only = texts;
    }
    json_decref(run);
    if (st != SB_OK) SB_FAIL(cx->err, st, "overrides of '%s'", dir);
    return SB_OK;
}

static void no_start(void *self, size_t cell) { (void)self, (void)cell; }

/* First value that is not bit for bit the same, as text; "" if none. */
static const char *compare(const sb_record *was, const sb_record *is, sb_ctx *cx)
{
    if (was->outcome != is->outcome)
        return sb_str_format(cx->arena, "status was '%s', is '%s' (%s)", sb_outcome_words[was->outcome],
                             sb_outcome_words[is->outcome], is->reason);
    if (strcmp(was->subset, is->subset) != 0)
        return sb_str_format(cx->arena, "another subset: was %.12s, is %.12s", was->subset, is->subset);
    for (size_t i = 0; i < sb_metric_count(); i++) {
        if (sb_metrics[i].noisy || (isnan(was->value[i]) && isnan(is->value[i]))) continue;
        if (memcmp(&was->value[i], &is->value[i], sizeof(double)) != 0)
            return sb_str_format(cx->arena, "%s was %.17g, is %.17g", sb_metrics[i].name, was->value[i], is->value[i]);
    }
    return "";
}

static sb_status check_record(void *self, const char *text)
{
    replaying *r = self;
    sb_record is;
    SB_TRY(sb_record_parse(text, strlen(text), r->cx, &is));
    const bool failed_selection = !is.is_eval && is.outcome != SB_CELL_OK;
    if (is.is_eval && strcmp(is.key, r->eval) != 0) return SB_OK;
    const sb_record *was = sb_store_find(r->store, is.key);
    const char *detail = was ? compare(was, &is, r->cx) : "no record is stored under this key";
    if (!detail) SB_FAIL(r->cx->err, SB_ENOMEM, "a comparison");
    if (!is.is_eval && !failed_selection && !*detail) return SB_OK; /* its evaluation follows */
    if (!is.is_eval && !failed_selection) r->what = "selection";
    r->out->rows++;
    if (!was)
        r->out->unknown++;
    else if (*detail)
        r->out->differ++;
    else
        r->out->same++;
    if (r->out->row) r->out->row(r->out->self, is.key, r->what, !*detail, detail);
    return SB_OK;
}

static sb_status replay_one(sb_worker *w, const sb_plan *p, size_t group, size_t cell, size_t model, replaying *r)
{
    const sb_group *g = &p->group[group];
    const sb_bench *b = &p->config->bench[g->bench];
    bool *todo = SB_NEW(r->cx->arena, g->cells, bool);
    r->what =
        sb_str_format(r->cx->arena, "%s, %s, %s, %s rows, %s, repeat %u", b->label, b->embedding, b->model[model].label,
                      b->budget[g->cell[cell].budget].text, b->method[g->method].label, g->rep);
    if (!todo || !r->what) SB_FAIL(r->cx->err, SB_ENOMEM, "a replay");
    todo[cell] = true;
    r->eval = g->cell[cell].eval[model];
    const sb_report_calls calls = {r, no_start, check_record};
    return sb_work_group(w, p, g, 0, todo, &calls, r->cx->err);
}

static bool begins(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static sb_status replay_rows(const sb_plan *p, const char *key, size_t sample, sb_worker *w, replaying *r)
{
    const size_t total = p->evaluations, want = key || !sample || sample > total ? total : sample;
    size_t index = 0, taken = 0;
    bool found = false;
    for (size_t i = 0; i < p->groups; i++)
        for (size_t j = 0; j < p->group[i].cells; j++)
            for (size_t k = 0; k < p->config->bench[p->group[i].bench].models; k++, index++) {
                const sb_cell *c = &p->group[i].cell[j];
                if (key ? !begins(c->eval[k], key) && !begins(c->key, key) : index * want / total < taken) continue;
                found = true;
                taken++;
                SB_TRY(replay_one(w, p, i, j, k, r));
            }
    if (key && !found)
        SB_FAIL(r->cx->err, SB_ENOTFOUND,
                "no row has the key '%s' with this code, config and data (ledger.tsv lists the keys)", key);
    return SB_OK;
}

sb_status sb_replay_run(const char *dir, const char *key, size_t sample, const sb_places *places, sb_ctx *cx,
                        sb_replay *out)
{
    sb_overrides o = {0};
    sb_config config;
    sb_facts *facts = NULL;
    sb_plan plan;
    sb_store *store = NULL;
    const char *yaml = sb_file_join(cx->arena, dir, "config.yaml");
    if (!yaml) SB_FAIL(cx->err, SB_ENOMEM, "name of the config");
    SB_TRY(read_overrides(dir, cx, &o));
    SB_TRY(sb_config_read(yaml, &o, places, cx, &config));
    sb_places all = *places;
    SB_TRY(sb_config_places(&config, cx, &all));
    const sb_run_options run = {.dir = NULL, .jobs = 1};
    SB_TRY(sb_run_open(&config, &all, &run, cx, &facts));
    SB_TRY(sb_plan_make(&config, facts, cx, &plan));
    SB_TRY(sb_store_open(dir, cx, &store));
    sb_worker *w = sb_worker_new(&config, &all, NULL, cx->err);
    replaying r = {.out = out, .store = store, .cx = cx};
    const sb_status st = w ? replay_rows(&plan, key, sample, w, &r) : SB_ENOMEM;
    sb_worker_free(w);
    sb_store_close(store);
    return st;
}
