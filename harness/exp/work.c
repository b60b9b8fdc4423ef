#include "work.h"

#include <math.h>
#include <string.h>

#include "choose.h"
#include "keep.h"
#include "plane.h"
#include "scene.h"
#include "str.h"
#include "truth_store.h"

enum { KEPT_SHARE = 8 }; /* of the memory limit: what is kept over repeats may use no more */

struct sb_worker {
    sb_scene scene;
    sb_arena *cell;
    sb_keeper keeper;
    const char *dir;
};

/* One cell on its way through selection and evaluation. */
typedef struct job {
    sb_worker *w;
    const sb_plan *p;
    const sb_group *g;
    const sb_cell *cell;
    const sb_bench *bench;
    const sb_method_use *use;
    const char *stream; /* of the group */
    const char *draws;  /* of this cell's select */
    void *state;
    size_t warm; /* warm-up rows of this cell */
    sb_pilot *pilot;
    sb_selection sel;
    char subset[65];
    double prepare_s;
    size_t prepare_peak, state_bytes; /* bytes: outside the cell's arena */
    sb_kept *kept;
    bool drew;          /* a stream was asked for since this was cleared */
    sb_status prepared; /* how prepare ended; its text is why */
    const char *why;
    const sb_report_calls *calls;
} job;

sb_worker *sb_worker_new(const sb_config *config, const sb_places *places, const char *dir, sb_err *err)
{
    sb_arena *keep = sb_arena_new(config->memory), *cell = sb_arena_new(config->memory);
    sb_arena *kept = sb_arena_new(config->memory);
    sb_worker *w = keep && cell && kept ? SB_NEW(cell, 1, sb_worker) : NULL;
    if (!w) {
        sb_arena_free(keep);
        sb_arena_free(cell);
        sb_arena_free(kept);
        (void)sb_err_set(err, SB_ENOMEM, __FILE__, __LINE__, "arenas of a worker");
        return NULL;
    }
    w->scene = (sb_scene){.config = config, .places = places, .dir = dir, .err = err, .keep = keep, .bench = SIZE_MAX};
    w->cell = cell;
    w->keeper = (sb_keeper){.arena = kept, .most = dir ? config->memory / KEPT_SHARE : 0}; /* a replay makes all anew */
    w->dir = dir;
    return w;
}

void sb_worker_free(sb_worker *w)
{
    if (!w) return;
    sb_scene_close(&w->scene);
    sb_arena_free(w->scene.keep);
    sb_arena_free(w->keeper.arena);
    sb_arena_free(w->cell); /* holds w itself */
}

sb_status sb_work_open(sb_worker *w, size_t bench, sb_facts *out, sb_err *err)
{
    w->scene.err = err;
    SB_TRY(sb_scene_open(&w->scene, bench));
    sb_scene_facts(&w->scene, out);
    return SB_OK;
}

sb_status sb_work_truth(sb_worker *w, const sb_plan *p, size_t bench, size_t model, sb_err *err)
{
    sb_scene *s = &w->scene;
    s->err = err;
    sb_ctx cx;
    SB_TRY(sb_scene_open(s, bench));
    SB_TRY(sb_scene_ctx(s, "reference", &cx));
    const char *key = p->truth[bench][model];
    SB_TRY(sb_plane_store(w->dir, s->seen.content, s->seen.train.x, s->trained.train.label, &cx));
    if (!sb_truth_stored(w->dir, key, &cx)) {
        sb_truth truth;
        const sb_data *train = &s->trained.train;
        SB_TRY(sb_truth_make(train, &s->config->bench[bench].model[model].use, NULL, NULL, &cx, &truth));
        SB_TRY(sb_truth_write(w->dir, key, train->x.d, &truth, &cx));
    }
    sb_arena_rewind(s->keep, s->bench_mark);
    return SB_OK;
}

static sb_ctx cell_ctx(job *j, const char *path)
{
    return (sb_ctx){
        .arena = j->w->cell, .err = j->w->scene.err, .seed = j->p->config->seed, .path = path, .drawn = &j->drew};
}

static void set(double *value, const char *metric, double v)
{
    const int i = sb_metric_index(metric);
    if (i < 0) SB_BUG("metric '%s' is not in the table", metric);
    value[i] = v;
}

/* A record of this cell with all values absent. */
static sb_status blank(const job *j, sb_record *r)
{
    *r = (sb_record){.key = j->cell->key,
                     .select = "",
                     .data = j->bench->label,
                     .embedding = j->bench->embedding,
                     .method = j->use->label,
                     .budget = j->bench->budget[j->cell->budget].text,
                     .model = "",
                     .m = j->cell->m,
                     .rep = j->g->rep,
                     .reason = "",
                     .subset = "",
                     .stream = j->draws};
    r->value = SB_NEW(j->w->cell, sb_metric_count(), double);
    if (!r->value) SB_FAIL(j->w->scene.err, SB_ENOMEM, "values of a record");
    for (size_t i = 0; i < sb_metric_count(); i++) r->value[i] = NAN;
    return SB_OK;
}

static sb_status emit(job *j, const sb_record *r)
{
    sb_ctx cx = cell_ctx(j, "");
    const char *text = NULL;
    SB_TRY(sb_record_text(r, &cx, &text));
    return j->calls->record(j->calls->self, text);
}

/* The choice of this group's method; before a pilot is known (prepare) without warm-up and queries. */
static sb_choice choice_of(const job *j)
{
    const sb_scene *s = &j->w->scene;
    sb_choice c = {.use = j->use,
                   .seen = s->seen.train.x,
                   .train = &s->trained.train,
                   .no_proxy = "",
                   .view = s->view.train.x,
                   .target = s->target.x};
    if (!j->pilot) return c;
    c.oracle = &j->pilot->proxy.oracle;
    c.no_proxy = j->pilot->reason;
    c.warm = j->warm ? s->warm : NULL;
    c.warm_n = j->warm;
    c.joins = j->warm && j->bench->warmup.joins;
    return c;
}

static void set_costs(const job *j, const sb_meter *meter, double select_s, double *value)
{
    const size_t peak = sb_arena_peak(j->w->cell) + j->state_bytes;
    set(value, "peak_bytes", (double)(peak > j->prepare_peak ? peak : j->prepare_peak));
    set(value, "prepare_s", j->prepare_s);
    set(value, "select_s", select_s);
    set(value, "labels", (double)meter->labels);
    set(value, "losses", (double)meter->losses);
    set(value, "probs", (double)meter->probs);
    set(value, "grads", (double)meter->grads);
    set(value, "fits", (double)meter->fits);
}

/* Made again in another repeat it would come out the same: nothing was drawn, no warm-up row or model was there. */
static bool repeatable(const job *j, const sb_meter *meter)
{
    const bool asked = meter->losses || meter->probs || meter->grads || meter->fits || meter->proxy || meter->warm;
    return !j->drew && !j->warm && !asked;
}

static void select_record(job *j, sb_record *r)
{
    memcpy(r->note, j->sel.note, sizeof r->note);
    r->notes = j->sel.notes;
    r->subset = j->subset;
}

static sb_kept_cell *kept_cell(const job *j) { return &j->kept->cell[j->cell->budget]; }

static void select_again(job *j, sb_record *r)
{
    const sb_kept_cell *const c = kept_cell(j);
    j->sel = c->sel;
    memcpy(j->subset, c->subset, sizeof j->subset);
    memcpy(r->value, c->value, sb_metric_count() * sizeof *r->value);
    select_record(j, r);
}

static sb_status select_cell(job *j, sb_record *r)
{
    const sb_scene *s = &j->w->scene;
    const sb_choice c = choice_of(j);
    sb_ctx cx = cell_ctx(j, j->draws);
    sb_meter meter = {0};
    double select_s = 0;
    sb_arena_reset_peak(j->w->cell);
    j->drew = false;
    SB_TRY(sb_choose(&c, j->state, j->cell->m, &cx, &j->sel, &meter, &select_s));
    set_costs(j, &meter, select_s, r->value);
    SB_TRY(sb_evaluate_subset(&j->sel, &s->geometry, s->trained.train.label, s->trained.train.c, &cx, r->value));
    sb_subset_hash(s->seen.content, &j->sel, j->subset);
    if (j->w->dir) SB_TRY(sb_subset_write(j->w->dir, j->subset, s->seen.content, c.seen.n, &j->sel, &cx));
    select_record(j, r);
    if (repeatable(j, &meter) && j->kept->steady)
        sb_keep_choice(&j->w->keeper, kept_cell(j), &j->sel, c.seen.n, j->subset, r->value, sb_metric_count());
    return SB_OK;
}

/* The evaluations of a kept selection see nothing of the repeat but its probes and what the fit draws. */
static sb_status evaluate_once(job *j, size_t model, sb_ctx *cx, sb_record *r)
{
    const sb_scene *s = &j->w->scene;
    const sb_model_spec *m = &j->bench->model[model];
    const bool may = kept_cell(j)->chosen && !s->config->probes && !j->warm;
    const double *const kept = may ? kept_cell(j)->eval[model] : NULL;
    if (kept) memcpy(r->value, kept, sb_metric_count() * sizeof *r->value);
    if (kept) return SB_OK;
    uint64_t fit_ns = 0;
    j->drew = false;
    SB_TRY(sb_evaluate_model(&s->trained.train, &s->trained.test, &m->use, &s->truth[model], &j->pilot->probes[model],
                             &j->sel, s->config->delta, cx, r->value, &fit_ns));
    if (fit_ns) set(r->value, "fit_s", (double)fit_ns / 1e9); /* 0: nothing was fitted */
    if (may && !j->drew) sb_keep_eval(&j->w->keeper, kept_cell(j), model, r->value, sb_metric_count());
    return SB_OK;
}

static sb_status evaluate_cell(job *j, size_t model)
{
    const sb_scene *s = &j->w->scene;
    const sb_model_spec *m = &j->bench->model[model];
    sb_record r;
    SB_TRY(blank(j, &r));
    r.is_eval = true;
    r.key = j->cell->eval[model];
    r.select = j->cell->key;
    r.model = m->label;
    r.stream = "";
    sb_status st = SB_OK;
    if (s->refused[model]) {
        r.outcome = SB_CELL_FAILED;
        r.reason = s->refused[model];
    } else {
        const char *path = sb_str_format(j->w->cell, "%s/rep%u/train", j->bench->label,
                                         sb_vary_draw(&j->bench->vary, SB_TRAINING, j->g->rep));
        if (!path) SB_FAIL(s->err, SB_ENOMEM, "name of a stream");
        sb_ctx cx = cell_ctx(j, path);
        st = evaluate_once(j, model, &cx, &r);
    }
    if (st != SB_OK) {
        r.outcome = sb_outcome_of(st);
        r.reason = s->err->text;
    }
    return emit(j, &r);
}

/* Is this the machine's failure (disk, data gone) rather than the cell's? */
static bool fatal(sb_status st) { return st == SB_EIO || st == SB_EINTERRUPT; }

static sb_status run_cell(job *j)
{
    sb_scene *s = &j->w->scene;
    sb_record r;
    SB_TRY(blank(j, &r));
    j->warm = sb_warmup_rows(&j->bench->warmup, s->trained.train.x.n, j->cell->m);
    const size_t n = s->trained.train.x.n;
    sb_status st = j->warm <= n ? sb_scene_pilot(s, j->warm, &j->pilot)
                                : sb_err_set(s->err, SB_SKIP, __FILE__, __LINE__,
                                             "the warm-up of %zu rows is above the %zu rows there are", j->warm, n);
    if (st == SB_OK && j->prepared != SB_OK) st = sb_err_set(s->err, j->prepared, __FILE__, __LINE__, "%s", j->why);
    if (st == SB_OK && !j->warm && kept_cell(j)->chosen)
        select_again(j, &r);
    else if (st == SB_OK)
        st = select_cell(j, &r);
    if (fatal(st)) return st;
    if (st != SB_OK) {
        r.outcome = sb_outcome_of(st);
        r.reason = s->err->text;
        return emit(j, &r);
    }
    SB_TRY(emit(j, &r));
    for (size_t i = 0; i < j->bench->models; i++) {
        const size_t mark = sb_arena_mark(j->w->cell);
        SB_TRY(evaluate_cell(j, i));
        sb_arena_rewind(j->w->cell, mark);
    }
    return SB_OK;
}

static size_t next_todo(const sb_group *g, size_t i, const bool *todo)
{
    while (i < g->cells && todo && !todo[i]) i++;
    return i;
}

static sb_status set_scene(sb_scene *s, const sb_plan *p, const sb_group *g)
{
    SB_TRY(sb_scene_open(s, g->bench));
    SB_TRY(sb_scene_references(s, p));
    return sb_scene_repeat(s, p, g->rep);
}

/* What the cells share cannot be had (memory, a degenerate data set): each of them says so. */
static sb_status refuse_all(job *j, sb_status st, size_t first, const bool *todo)
{
    const char *why = sb_str_copy(j->w->cell, j->w->scene.err->text, strlen(j->w->scene.err->text));
    for (size_t i = next_todo(j->g, first, todo); i < j->g->cells; i = next_todo(j->g, i + 1, todo)) {
        sb_record r;
        j->cell = &j->g->cell[i];
        j->draws = "";
        SB_TRY(blank(j, &r));
        r.outcome = sb_outcome_of(st);
        r.reason = why ? why : "memory limit reached";
        SB_TRY(emit(j, &r));
    }
    return SB_OK;
}

/* A state that draws nothing serves all repeats: from the second one on it is the keeper's. Memory that is short there
 * decides nothing: then it is made in the cell's arena, as for one repeat. */
static bool prepare_kept(job *j)
{
    sb_keeper *const k = &j->w->keeper;
    sb_kept *const kept = j->kept;
    sb_ctx cx = cell_ctx(j, j->stream);
    if (!kept->steady || !j->use->method->prepare) return false;
    if (!kept->prepared) {
        const size_t mark = sb_arena_mark(k->arena);
        const sb_choice bare = choice_of(j);
        cx.arena = k->arena;
        sb_arena_reset_peak(k->arena);
        const sb_status st = sb_choose_prepare(&bare, &cx, &kept->state, &kept->prepare_s);
        kept->prepare_peak = sb_arena_peak(k->arena) - mark;
        kept->state_bytes = sb_arena_used(k->arena) - mark;
        kept->prepared = st == SB_OK && sb_arena_used(k->arena) <= k->most;
        kept->steady = kept->prepared;
        if (!kept->prepared) sb_arena_rewind(k->arena, mark);
    }
    j->state = kept->state;
    j->prepare_s = kept->prepare_s;
    j->prepare_peak = kept->prepare_peak;
    j->state_bytes = kept->state_bytes;
    return kept->prepared;
}

static void prepare(job *j)
{
    const sb_choice bare = choice_of(j);
    sb_ctx cx = cell_ctx(j, j->stream);
    sb_arena_reset_peak(j->w->cell);
    if (prepare_kept(j)) return;
    j->drew = false;
    j->state_bytes = 0;
    j->prepared = sb_choose_prepare(&bare, &cx, &j->state, &j->prepare_s);
    j->prepare_peak = sb_arena_peak(j->w->cell);
    j->kept->steady = j->prepared == SB_OK && !j->drew;
    if (j->prepared == SB_OK) return;
    j->why = sb_str_copy(j->w->cell, cx.err->text, strlen(cx.err->text));
    if (!j->why) j->why = "memory limit reached";
}

sb_status sb_work_group(sb_worker *w, const sb_plan *p, const sb_group *g, size_t first, const bool *todo,
                        const sb_report_calls *calls, sb_err *err)
{
    w->scene.err = err;
    const size_t bottom = sb_arena_mark(w->cell);
    const sb_bench *b = &p->config->bench[g->bench];
    sb_ctx cx = {.arena = w->cell, .err = w->scene.err, .seed = p->config->seed, .path = ""};
    job j = {.w = w, .p = p, .g = g, .bench = b, .use = &b->method[g->method], .calls = calls};
    j.stream = sb_plan_stream(p, g, &cx);
    if (!j.stream) SB_FAIL(cx.err, SB_ENOMEM, "name of a stream");
    sb_status set = set_scene(&w->scene, p, g);
    if (set == SB_OK) set = sb_keep_open(&w->keeper, w->scene.opening, b->methods, b->budgets, b->models, w->scene.err);
    if (set != SB_OK) {
        const sb_status told = fatal(set) ? set : refuse_all(&j, set, first, todo);
        sb_arena_rewind(w->cell, bottom);
        return told;
    }
    j.kept = &w->keeper.kept[g->method];
    size_t i = next_todo(g, first, todo);
    if (i < g->cells) calls->start(calls->self, i); /* prepare runs on the first cell's clock */
    prepare(&j);
    const size_t mark = sb_arena_mark(w->cell);
    sb_status st = SB_OK;
    for (bool begun = true; i < g->cells && st == SB_OK; i = next_todo(g, i + 1, todo), begun = false) {
        if (!begun) calls->start(calls->self, i);
        j.cell = &g->cell[i];
        j.draws = j.use->method->traits & SB_PREFIX ? j.stream : sb_str_format(w->cell, "%s/m%zu", j.stream, j.cell->m);
        if (!j.draws) SB_FAIL(cx.err, SB_ENOMEM, "name of a stream");
        st = run_cell(&j);
        sb_arena_rewind(w->cell, mark);
    }
    sb_arena_rewind(w->cell, bottom);
    return st;
}
