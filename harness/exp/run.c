#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "excess.h"
#include "file.h"
#include "ledger.h"
#include "plane.h"
#include "pool.h"
#include "provenance.h"
#include "str.h"
#include "truth_store.h"
#include "work.h"

/* What the pool's calls share. The child gets a copy by fork and makes its worker on its first job. */
typedef struct running {
    const sb_config *config;
    const sb_places *places;
    const sb_run_options *o;
    sb_ctx *cx;
    sb_worker *worker; /* child only */
    sb_progress progress;
    uint64_t begun_ns, shown_ns;
    size_t fresh; /* done in this execution: the rate counts only these */
    /* data and references: jobs in order */
    size_t next_job, jobs;
    sb_facts *facts;
    struct pair {
        size_t bench, model;
    } * truth;
    /* cells */
    sb_plan plan;
    sb_store *store;
    bool **todo;   /* [group][cell] */
    size_t *order; /* groups in the order of work */
    bool *given;   /* [group]: out or finished */
    size_t *from;  /* [group]: first cell still to do */
} running;

static sb_status child_worker(running *r, sb_err *err)
{
    if (!r->worker) r->worker = sb_worker_new(r->config, r->places, r->o->dir, err);
    return r->worker ? SB_OK : SB_ENOMEM;
}

static void show(running *r, bool finished)
{
    const uint64_t now = sb_clock_ns();
    if (!finished && now - r->shown_ns < 200000000u) return;
    r->shown_ns = now;
    sb_progress *p = &r->progress;
    p->seconds = (double)(now - r->begun_ns) / 1e9;
    p->left = r->fresh ? p->seconds / (double)r->fresh * (double)(p->total - p->done) : -1;
    p->finished = finished;
    if (r->o->progress) r->o->progress(r->o->self, p);
}

static void begin(running *r, const char *phase, size_t total, size_t done)
{
    r->progress = (sb_progress){.phase = phase, .total = total, .done = done, .stored = done, .bad = r->progress.bad};
    r->begun_ns = sb_clock_ns();
    r->shown_ns = 0;
    r->fresh = 0;
    show(r, false);
}

static void tick(void *self) { show(self, false); }

/* ---- data: one job per bench */

static sb_status open_work(void *self, size_t job, size_t first, const sb_link *link, sb_err *err)
{
    running *r = self;
    (void)first;
    sb_facts facts;
    SB_TRY(child_worker(r, err));
    /* the worker's error text lives where it was made: it is this process's own */
    const sb_status st = sb_work_open(r->worker, job, &facts, err);
    if (st == SB_OK) sb_link_send(link, &facts, sizeof facts);
    return st;
}

static bool in_order(void *self, size_t worker, size_t last, size_t *job, size_t *first)
{
    running *r = self;
    (void)worker, (void)last;
    if (r->next_job == r->jobs) return false;
    *job = r->next_job++;
    *first = 0;
    return true;
}

static sb_status open_message(void *self, size_t job, const char *bytes, size_t size, sb_ctx *cx)
{
    running *r = self;
    if (size != sizeof *r->facts) SB_FAIL(cx->err, SB_EFORMAT, "a worker sent %zu bytes of facts", size);
    memcpy(&r->facts[job], bytes, size);
    return SB_OK;
}

/* Data that cannot be opened stop the run: nothing sensible can follow. */
static sb_status open_ended(void *self, size_t job, sb_status st, const char *text, sb_ctx *cx)
{
    running *r = self;
    (void)job;
    r->progress.done++;
    r->fresh++;
    if (st != SB_OK) SB_FAIL(cx->err, st, "%s", text);
    return SB_OK;
}

static sb_status job_died(void *self, size_t job, size_t at, sb_outcome outcome, const char *why, sb_ctx *cx)
{
    running *r = self;
    (void)at, (void)outcome;
    SB_FAIL(cx->err, SB_EDATA, "%s %zu: %s", r->progress.phase, job + 1, why);
}

static sb_status open_all(running *r)
{
    const sb_pool_calls calls = {r, open_work, in_order, open_message, open_ended, job_died, tick};
    r->facts = SB_NEW(r->cx->arena, r->config->benches, sb_facts);
    if (!r->facts) SB_FAIL(r->cx->err, SB_ENOMEM, "facts of %zu data sets", r->config->benches);
    r->next_job = 0;
    r->jobs = r->config->benches;
    begin(r, "data", r->jobs, 0);
    SB_TRY(sb_pool_run(1, 1e9, &calls, r->cx));
    show(r, true);
    return SB_OK;
}

sb_status sb_run_open(const sb_config *config, const sb_places *places, const sb_run_options *o, sb_ctx *cx,
                      sb_facts **facts)
{
    running r = {.config = config, .places = places, .o = o, .cx = cx};
    SB_TRY(open_all(&r));
    *facts = r.facts;
    return SB_OK;
}

/* ---- references: one job per (bench, model) */

static sb_status truth_work(void *self, size_t job, size_t first, const sb_link *link, sb_err *err)
{
    running *r = self;
    (void)first, (void)link;
    SB_TRY(child_worker(r, err));
    return sb_work_truth(r->worker, &r->plan, r->truth[job].bench, r->truth[job].model, err);
}

/* A model that has no full-data optimum fails its own rows; only a full disk and the like stop the run. */
static sb_status truth_ended(void *self, size_t job, sb_status st, const char *text, sb_ctx *cx)
{
    running *r = self;
    (void)job;
    r->progress.done++;
    r->fresh++;
    if (st == SB_EIO) SB_FAIL(cx->err, st, "%s", text);
    return SB_OK;
}

static sb_status truth_died(void *self, size_t job, size_t at, sb_outcome outcome, const char *why, sb_ctx *cx)
{
    running *r = self;
    (void)at, (void)outcome;
    const struct pair p = r->truth[job];
    SB_FAIL(cx->err, SB_EDATA, "full-data reference of %s on %s: %s", r->config->bench[p.bench].model[p.model].label,
            r->config->bench[p.bench].label, why);
}

static sb_status no_message(void *self, size_t job, const char *bytes, size_t size, sb_ctx *cx)
{
    (void)self, (void)job, (void)bytes, (void)size, (void)cx;
    return SB_OK;
}

static sb_status fit_references(running *r)
{
    const sb_pool_calls calls = {r, truth_work, in_order, no_message, truth_ended, truth_died, tick};
    size_t total = 0;
    for (size_t i = 0; i < r->config->benches; i++) total += r->config->bench[i].models;
    r->truth = SB_NEW(r->cx->arena, total, struct pair);
    if (!r->truth) SB_FAIL(r->cx->err, SB_ENOMEM, "%zu references", total);
    r->jobs = 0;
    for (size_t i = 0; i < r->config->benches; i++)
        for (size_t j = 0; j < r->config->bench[i].models; j++)
            if (!sb_truth_stored(r->o->dir, r->plan.truth[i][j], r->cx) ||
                !sb_plane_stored(r->o->dir, r->facts[i].seen, r->cx))
                r->truth[r->jobs++] = (struct pair){i, j};
    r->next_job = 0;
    begin(r, "references", total, total - r->jobs);
    SB_TRY(sb_pool_run(r->o->jobs < r->jobs ? r->o->jobs : r->jobs, 1e9, &calls, r->cx));
    show(r, true);
    return SB_OK;
}

/* ---- cells: one job per group */

typedef struct sender {
    const sb_link *link;
} sender;

static void send_start(void *self, size_t cell) { sb_link_start(((sender *)self)->link, cell); }

static sb_status send_record(void *self, const char *text)
{
    sb_link_send(((sender *)self)->link, text, strlen(text));
    return SB_OK;
}

static sb_status cell_work(void *self, size_t job, size_t first, const sb_link *link, sb_err *err)
{
    running *r = self;
    sender s = {link};
    const sb_report_calls calls = {&s, send_start, send_record};
    SB_TRY(child_worker(r, err));
    return sb_work_group(r->worker, &r->plan, &r->plan.group[job], first, r->todo[job], &calls, err);
}

static bool same_scene(const running *r, size_t a, size_t b)
{
    const sb_group *x = &r->plan.group[a], *y = &r->plan.group[b];
    return x->bench == y->bench && x->rep == y->rep;
}

static bool scene_taken(const running *r, size_t group)
{
    for (size_t i = 0; i < r->plan.groups; i++)
        if (r->given[i] && r->from[i] < r->plan.group[i].cells && same_scene(r, i, group)) return true;
    return false;
}

/* Prefers a group of the scene the worker has open, then one that no other worker has open, then any. */
static bool next_group(void *self, size_t worker, size_t last, size_t *job, size_t *first)
{
    running *r = self;
    (void)worker;
    size_t any = SIZE_MAX, free_scene = SIZE_MAX;
    for (size_t i = 0; i < r->plan.groups; i++) {
        const size_t g = r->order[i];
        if (r->given[g]) continue;
        if (last != SIZE_MAX && same_scene(r, g, last)) {
            any = g;
            free_scene = g;
            break;
        }
        if (any == SIZE_MAX) any = g;
        if (free_scene == SIZE_MAX && !scene_taken(r, g)) free_scene = g;
        if (free_scene != SIZE_MAX && last == SIZE_MAX) break;
    }
    const size_t g = free_scene != SIZE_MAX ? free_scene : any;
    if (g == SIZE_MAX) return false;
    r->given[g] = true;
    *job = g;
    *first = r->from[g];
    return true;
}

/* Counts an evaluation that is now settled. */
static void count(running *r, sb_outcome outcome, size_t evaluations)
{
    r->progress.done += evaluations;
    r->fresh += evaluations;
    if (outcome != SB_CELL_OK) r->progress.bad += evaluations;
}

static sb_status keep(running *r, const char *text, size_t group, sb_ctx *cx)
{
    sb_record rec;
    SB_TRY(sb_record_parse(text, strlen(text), cx, &rec));
    SB_TRY(sb_store_append(r->store, text, cx));
    if (rec.is_eval)
        count(r, rec.outcome, 1);
    else if (rec.outcome != SB_CELL_OK)
        count(r, rec.outcome, r->config->bench[r->plan.group[group].bench].models);
    return SB_OK;
}

static sb_status cell_message(void *self, size_t job, const char *bytes, size_t size, sb_ctx *cx)
{
    (void)size;
    return keep(self, bytes, job, cx);
}

static sb_status cell_ended(void *self, size_t job, sb_status st, const char *text, sb_ctx *cx)
{
    running *r = self;
    if (st != SB_OK) SB_FAIL(cx->err, st, "%s", text);
    r->from[job] = r->plan.group[job].cells;
    return SB_OK;
}

/* The cell in flight gets a record that says what happened; the rest of the group is given out again. */
static sb_status cell_died(void *self, size_t job, size_t at, sb_outcome outcome, const char *why, sb_ctx *cx)
{
    running *r = self;
    const sb_group *g = &r->plan.group[job];
    const sb_bench *b = &r->config->bench[g->bench];
    const size_t from = at == SIZE_MAX ? r->from[job] : at, to = at == SIZE_MAX ? g->cells : at + 1;
    for (size_t i = from; i < to; i++) {
        const sb_cell *c = &g->cell[i];
        if (!r->todo[job][i]) continue;
        const sb_record *stored = sb_store_find(r->store, c->key);
        const bool selected = stored && stored->outcome == SB_CELL_OK; /* it died while evaluating */
        for (size_t j = 0; j <= b->models; j++) {
            const bool eval = j < b->models;
            if (eval != selected || (eval && sb_store_find(r->store, c->eval[j]))) continue;
            sb_record rec = {.is_eval = eval,
                             .key = eval ? c->eval[j] : c->key,
                             .select = eval ? c->key : "",
                             .data = b->label,
                             .embedding = b->embedding,
                             .method = b->method[g->method].label,
                             .budget = b->budget[c->budget].text,
                             .model = eval ? b->model[j].label : "",
                             .m = c->m,
                             .rep = g->rep,
                             .outcome = outcome,
                             .reason = why,
                             .subset = "",
                             .stream = ""};
            const char *text = NULL;
            rec.value = SB_NEW(cx->arena, sb_metric_count(), double);
            if (!rec.value) SB_FAIL(cx->err, SB_ENOMEM, "values of a record");
            for (size_t k = 0; k < sb_metric_count(); k++) rec.value[k] = NAN;
            SB_TRY(sb_record_text(&rec, cx, &text));
            SB_TRY(keep(r, text, job, cx));
        }
    }
    r->from[job] = to;
    r->given[job] = to >= g->cells;
    return SB_OK;
}

/* What is missing, and in which order it is done. */
static sb_status arrange(running *r, size_t *missing_groups)
{
    const size_t groups = r->plan.groups;
    size_t done = 0;
    sb_ctx *cx = r->cx;
    r->todo = SB_NEW(cx->arena, groups, bool *);
    r->order = SB_NEW(cx->arena, groups, size_t);
    r->given = SB_NEW(cx->arena, groups, bool);
    r->from = SB_NEW(cx->arena, groups, size_t);
    uint32_t *mix = SB_NEW(cx->arena, groups, uint32_t);
    if (!r->todo || !r->order || !r->given || !r->from || !mix) SB_FAIL(cx->err, SB_ENOMEM, "%zu groups", groups);
    *missing_groups = 0;
    for (size_t i = 0; i < groups; i++) {
        const sb_group *g = &r->plan.group[i];
        bool any = false;
        mix[i] = (uint32_t)i;
        r->todo[i] = SB_NEW(cx->arena, g->cells, bool);
        if (!r->todo[i]) SB_FAIL(cx->err, SB_ENOMEM, "%zu cells", g->cells);
        for (size_t j = 0; j < g->cells; j++) {
            any |= r->todo[i][j] = sb_plan_missing(&r->plan, g, &g->cell[j], r->store, r->o->retry);
            if (!r->todo[i][j]) done += r->config->bench[g->bench].models;
        }
        r->given[i] = !any;
        if (!any) r->from[i] = g->cells;
        *missing_groups += any;
    }
    if (r->o->shuffle) {
        sb_rng rng = sb_rng_stream(sb_clock_ns(), "order"); /* any order must do: this one is not recorded */
        sb_rng_shuffle(&rng, mix, groups, groups);
    }
    for (size_t i = 0; i < groups; i++) r->order[i] = mix[i];
    begin(r, "cells", r->plan.evaluations, done);
    return SB_OK;
}

static sb_status run_cells(running *r)
{
    const sb_pool_calls calls = {r, cell_work, next_group, cell_message, cell_ended, cell_died, tick};
    size_t missing = 0;
    SB_TRY(arrange(r, &missing));
    const size_t workers = r->o->jobs < missing ? r->o->jobs : missing;
    SB_TRY(sb_pool_run(workers, r->config->seconds, &calls, r->cx));
    show(r, true);
    return SB_OK;
}

static void summarise(const running *r, sb_run_summary *out)
{
    *out = (sb_run_summary){.evaluations = r->plan.evaluations, .dropped_lines = sb_store_dropped(r->store)};
    for (size_t i = 0; i < r->plan.groups; i++) {
        const sb_group *g = &r->plan.group[i];
        for (size_t j = 0; j < g->cells; j++)
            for (size_t k = 0; k < r->config->bench[g->bench].models; k++) {
                const sb_record *s = sb_store_find(r->store, g->cell[j].key);
                const sb_record *e = sb_store_find(r->store, g->cell[j].eval[k]);
                const sb_record *last = s && s->outcome != SB_CELL_OK ? s : e;
                if (!last) continue;
                out->ok += last->outcome == SB_CELL_OK;
                out->skipped += last->outcome == SB_CELL_SKIPPED;
                out->other += last->outcome > SB_CELL_SKIPPED;
            }
    }
}

static sb_status make_folders(const sb_run_options *o, sb_ctx *cx)
{
    static const char *const parts[] = {"subsets", "reference", "maps", "tables", "plots", NULL};
    SB_TRY(sb_file_mkdirs(o->dir, cx));
    for (size_t i = 0; parts[i]; i++) {
        const char *path = sb_file_join(cx->arena, o->dir, parts[i]);
        if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a folder");
        SB_TRY(sb_file_mkdirs(path, cx));
    }
    return SB_OK;
}

static sb_status run_locked(running *r, sb_run_summary *out)
{
    SB_TRY(open_all(r));
    for (size_t i = 0; i < r->config->benches; i++)
        SB_TRY(sb_excess_warmup(&r->config->bench[i], r->facts[i].n, r->cx));
    SB_TRY(sb_plan_make(r->config, r->facts, r->cx, &r->plan));
    SB_TRY(sb_provenance_write(r->config, r->facts, r->o, r->cx));
    SB_TRY(sb_ledger_write(r->o->dir, &r->plan, r->cx));
    SB_TRY(fit_references(r));
    SB_TRY(sb_store_open(r->o->dir, r->cx, &r->store));
    const sb_status st = run_cells(r);
    summarise(r, out);
    sb_store_close(r->store);
    return st;
}

sb_status sb_run(const sb_config *config, const sb_places *places, const sb_run_options *o, sb_ctx *cx,
                 sb_run_summary *out)
{
    running r = {.config = config, .places = places, .o = o, .cx = cx};
    SB_TRY(make_folders(o, cx));
    const char *lock = sb_file_join(cx->arena, o->dir, "lock");
    if (!lock) SB_FAIL(cx->err, SB_ENOMEM, "name of the lock");
    const int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot open '%s': %s", lock, strerror(errno));
    sb_status st = SB_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "another selbench is running in '%s'", o->dir);
    if (st == SB_OK) st = run_locked(&r, out);
    out->interrupted = st == SB_EINTERRUPT;
    (void)close(fd);
    return st;
}
