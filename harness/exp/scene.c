#include "scene.h"

#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "str.h"
#include "truth_store.h"

static const sb_bench *bench_of(const sb_scene *s) { return &s->config->bench[s->bench]; }

sb_status sb_scene_ctx(const sb_scene *s, const char *rest, sb_ctx *cx)
{
    *cx = (sb_ctx){.arena = s->keep, .err = s->err, .seed = s->config->seed, .path = bench_of(s)->label};
    if (!*rest) return SB_OK;
    cx->path = sb_str_format(s->keep, "%s/%s", bench_of(s)->label, rest);
    if (!cx->path) SB_FAIL(s->err, SB_ENOMEM, "name of a stream");
    return SB_OK;
}

void sb_scene_close(sb_scene *s)
{
    if (s->bench == SIZE_MAX) return;
    sb_dataset_close(&s->seen);
    if (s->two) sb_dataset_close(&s->trained);
    sb_dataset_close(&s->view);
    sb_target_close(&s->target);
    sb_arena_rewind(s->keep, 0);
    *s = (sb_scene){.config = s->config,
                    .places = s->places,
                    .dir = s->dir,
                    .err = s->err,
                    .keep = s->keep,
                    .bench = SIZE_MAX,
                    .opening = s->opening};
}

static unsigned needs_of(const sb_bench *b)
{
    unsigned needs = 0;
    for (size_t i = 0; i < b->methods; i++) needs |= b->method[i].method->needs;
    return needs;
}

static sb_status open_extras(sb_scene *s, const sb_bench *b, sb_ctx *cx)
{
    const unsigned needs = needs_of(b);
    if (b->view && (needs & SB_NEEDS_VIEW)) SB_TRY(sb_dataset_open(b->data, b->view, s->places, cx, &s->view));
    if (!b->target || !(needs & SB_NEEDS_TARGET)) return SB_OK;
    const sb_status st = sb_target_open(b->data, b->seen, b->target, s->places, cx, &s->target);
    if (st != SB_OK) sb_dataset_close(&s->view);
    return st;
}

static sb_status open_trained(sb_scene *s, const sb_bench *b, sb_ctx *cx)
{
    s->two = b->trained != b->seen;
    s->trained = s->seen;
    SB_TRY(open_extras(s, b, cx));
    if (!s->two) return SB_OK;
    const sb_status st = sb_dataset_open(b->data, b->trained, s->places, cx, &s->trained);
    if (st == SB_OK) return st;
    sb_dataset_close(&s->view);
    sb_target_close(&s->target);
    return st;
}

sb_status sb_scene_open(sb_scene *s, size_t bench)
{
    if (s->bench == bench) return SB_OK;
    sb_scene_close(s);
    const sb_bench *b = &s->config->bench[bench];
    sb_ctx cx = {.arena = s->keep, .err = s->err, .seed = s->config->seed, .path = b->label};
    sb_status st = sb_dataset_open(b->data, b->seen, s->places, &cx, &s->seen);
    if (st != SB_OK) return st;
    st = open_trained(s, b, &cx);
    if (st != SB_OK) {
        sb_dataset_close(&s->seen);
        return st;
    }
    s->bench = bench;
    s->opening++;
    s->bench_mark = sb_arena_mark(s->keep);
    return SB_OK;
}

void sb_scene_facts(const sb_scene *s, sb_facts *out)
{
    const sb_data *t = &s->trained.train;
    *out = (sb_facts){.n = t->x.n, .n_test = s->trained.test.x.n, .d = s->seen.train.x.d, .c = t->c, .t = t->t};
    memcpy(out->seen, s->seen.content, sizeof out->seen);
    memcpy(out->trained, s->trained.content, sizeof out->trained);
    memcpy(out->view, s->view.content, sizeof out->view);
    memcpy(out->target, s->target.content, sizeof out->target);
}

static sb_status one_truth(sb_scene *s, const char *key, size_t model, sb_truth *out)
{
    const sb_model_spec *m = &bench_of(s)->model[model];
    sb_ctx cx;
    SB_TRY(sb_scene_ctx(s, "reference", &cx));
    double *theta = NULL;
    sb_fit_info info = {0};
    if (s->dir && sb_truth_stored(s->dir, key, &cx))
        SB_TRY(sb_truth_read(s->dir, key, s->trained.train.x.d, &cx, &theta, &info));
    return sb_truth_make(&s->trained.train, &m->use, theta, theta ? &info : NULL, &cx, out);
}

sb_status sb_scene_references(sb_scene *s, const sb_plan *p)
{
    if (s->has_references) return SB_OK;
    const sb_bench *b = bench_of(s);
    s->truth = SB_NEW(s->keep, b->models, sb_truth);
    s->refused = SB_NEW(s->keep, b->models, const char *);
    if (!s->truth || !s->refused) SB_FAIL(s->err, SB_ENOMEM, "references of %zu models", b->models);
    for (size_t j = 0; j < b->models; j++) {
        const sb_status st = one_truth(s, p->truth[s->bench][j], j, &s->truth[j]);
        if (st == SB_EIO || st == SB_EFORMAT) return st;
        if (st == SB_OK) continue;
        s->refused[j] = sb_str_format(s->keep, "full-data reference: %s", s->err->text);
        if (!s->refused[j]) s->refused[j] = "full-data reference: memory limit reached";
    }
    sb_ctx cx;
    SB_TRY(sb_scene_ctx(s, "", &cx));
    SB_TRY(sb_geometry_make(s->seen.train.x, &cx, &s->geometry));
    s->has_references = true;
    s->bench_mark = sb_arena_mark(s->keep);
    return SB_OK;
}

sb_status sb_scene_repeat(sb_scene *s, const sb_plan *p, unsigned rep)
{
    if (s->has_repeat && s->rep == rep) return SB_OK;
    sb_arena_rewind(s->keep, s->bench_mark);
    s->has_repeat = false;
    const sb_bench *b = bench_of(s);
    const size_t n = s->trained.train.x.n;
    char name[64];
    sb_ctx cx;
    s->pilots = 0;
    s->pilot = SB_NEW(s->keep, SB_PILOTS_MAX, sb_pilot);
    s->probes = SB_NEW(s->keep, b->models, sb_probes);
    s->warm = SB_NEW(s->keep, n, uint32_t);
    if (!s->pilot || !s->probes || !s->warm) SB_FAIL(s->err, SB_ENOMEM, "order of %zu warm-up rows", n);
    const unsigned draw = sb_vary_draw(&b->vary, SB_WARMUP, rep);
    (void)snprintf(name, sizeof name, "rep%u/warmup", draw);
    SB_TRY(sb_scene_ctx(s, name, &cx));
    for (size_t i = 0; i < n; i++) s->warm[i] = (uint32_t)i;
    sb_rng rng = sb_ctx_stream(&cx, "draw");
    sb_rng_shuffle(&rng, s->warm, n, n);
    (void)snprintf(name, sizeof name, "rep%u/probes", draw);
    SB_TRY(sb_scene_ctx(s, name, &cx));
    for (size_t j = 0; j < b->models; j++)
        if (!s->refused[j])
            SB_TRY(sb_probes_make(&s->trained.train, &b->model[j].use, &s->truth[j], NULL, p->config->probes, &cx,
                                  &s->probes[j]));
    s->rep = rep;
    s->has_repeat = true;
    return SB_OK;
}

/* The repeat's probes with the pilot's losses in their place. */
static sb_status pilot_probes(sb_scene *s, size_t model, const sb_fitted *fit, sb_ctx *cx, sb_probes *out)
{
    const sb_model_use *use = &bench_of(s)->model[model].use;
    const sb_probes *base = &s->probes[model];
    *out = *base;
    out->loss = SB_NEW(s->keep, base->count * base->n, double);
    out->mean = SB_NEW(s->keep, base->count, double);
    if (!out->loss || !out->mean) SB_FAIL(s->err, SB_ENOMEM, "losses of %zu rows at %zu probes", base->n, base->count);
    memcpy(out->loss, base->loss, base->count * base->n * sizeof *out->loss);
    memcpy(out->mean, base->mean, base->count * sizeof *out->mean);
    double *loss = out->loss + SB_PROBE_PILOT * base->n;
    SB_TRY(sb_pass(&s->trained.train, use, fit->theta, NULL, base->n, cx, loss, NULL));
    out->mean[SB_PROBE_PILOT] = sb_judge_mean(loss, base->n);
    out->has_pilot = true;
    return SB_OK;
}

static sb_status make_pilot(sb_scene *s, size_t rows, sb_pilot *pilot)
{
    const sb_bench *b = bench_of(s);
    const sb_subset first = {.m = rows, .row = s->warm};
    char name[64];
    sb_ctx cx;
    pilot->rows = rows;
    pilot->reason = "";
    pilot->fit = SB_NEW(s->keep, b->models, sb_fitted);
    pilot->fitted = SB_NEW(s->keep, b->models, bool);
    pilot->probes = SB_NEW(s->keep, b->models, sb_probes);
    if (!pilot->fit || !pilot->fitted || !pilot->probes) SB_FAIL(s->err, SB_ENOMEM, "pilots");
    (void)snprintf(name, sizeof name, "rep%u/warmup", sb_vary_draw(&b->vary, SB_WARMUP, s->rep));
    SB_TRY(sb_scene_ctx(s, name, &cx));
    for (size_t j = 0; j < b->models; j++) {
        pilot->probes[j] = s->probes[j];
        if (!rows || s->refused[j]) continue;
        const sb_status st =
            sb_fit(&s->trained.train, &b->model[j].use, &first, s->truth[j].shared, &cx, &pilot->fit[j]);
        if (st == SB_ENOMEM) return st;
        pilot->fitted[j] = st == SB_OK;
        if (st == SB_OK)
            SB_TRY(pilot_probes(s, j, &pilot->fit[j], &cx, &pilot->probes[j]));
        else if (j == 0)
            pilot->reason = sb_str_format(s->keep, "warm-up model: %s", s->err->text);
        if (!pilot->reason) SB_FAIL(s->err, SB_ENOMEM, "a reason");
    }
    sb_ctx *own = SB_NEW(s->keep, 1, sb_ctx); /* the proxy's caches outlive this call */
    if (!own) SB_FAIL(s->err, SB_ENOMEM, "context of a proxy");
    *own = cx;
    sb_proxy_init(&pilot->proxy, &s->trained.train, &b->model[0].use, pilot->fitted[0] ? pilot->fit[0].theta : NULL,
                  s->refused[0] ? NULL : s->truth[0].shared, own);
    if (pilot->fitted[0]) sb_proxy_warm(&pilot->proxy, s->warm, rows);
    return SB_OK;
}

sb_status sb_scene_pilot(sb_scene *s, size_t rows, sb_pilot **out)
{
    for (size_t i = 0; i < s->pilots; i++) {
        if (s->pilot[i].rows != rows) continue;
        *out = &s->pilot[i];
        return SB_OK;
    }
    if (s->pilots == SB_PILOTS_MAX) SB_FAIL(s->err, SB_ECONFIG, "more than %d sizes of the warm-up", SB_PILOTS_MAX);
    SB_TRY(make_pilot(s, rows, &s->pilot[s->pilots]));
    *out = &s->pilot[s->pilots++];
    return SB_OK;
}
