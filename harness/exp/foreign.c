#include "foreign.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "excess.h"
#include "file.h"
#include "npy.h"
#include "plan.h"
#include "scene.h"
#include "str.h"

/* Indices as doubles: exact below 2^53, which the check needs no more than. */
static sb_status take(const char *path, const double *index, const double *weight, size_t m, sb_ctx *cx,
                      sb_selection *out)
{
    *out = (sb_selection){.m = m, .row = SB_NEW(cx->arena, m, uint32_t)};
    double *w = weight ? SB_NEW(cx->arena, m, double) : NULL;
    if (!out->row || (weight && !w)) SB_FAIL(cx->err, SB_ENOMEM, "subset of %zu rows", m);
    if (m == 0) SB_FAIL(cx->err, SB_EFORMAT, "'%s' has no rows", path);
    for (size_t i = 0; i < m; i++) {
        if (!(index[i] >= 0 && index[i] <= UINT32_MAX && index[i] == floor(index[i])))
            SB_FAIL(cx->err, SB_EFORMAT, "'%s' entry %zu is %.17g, not a row index", path, i, index[i]);
        if (weight && !(weight[i] >= 0 && isfinite(weight[i])))
            SB_FAIL(cx->err, SB_EFORMAT, "'%s' weight %zu is %.17g, not a finite number of at least 0", path, i,
                    weight[i]);
        out->row[i] = (uint32_t)index[i];
        if (w) w[i] = weight[i];
    }
    out->weight = w;
    return SB_OK;
}

static sb_status column(const sb_array *a, size_t j, sb_ctx *cx, double **out)
{
    const size_t m = sb_array_rows(a);
    *out = SB_NEW(cx->arena, m, double);
    if (!*out) SB_FAIL(cx->err, SB_ENOMEM, "subset of %zu rows", m);
    for (size_t i = 0; i < m; i++) (*out)[i] = sb_array_at(a, i, j);
    return SB_OK;
}

static sb_status read_npz(const char *path, sb_ctx *cx, sb_selection *out)
{
    static const sb_option_text member[][1] = {{{"member", "indices"}}, {{"member", "weights"}}, {{"member", "meta"}}};
    sb_array a[3];
    double *index = NULL, *weight = NULL;
    SB_TRY(sb_array_read(path, "npz", member[0], 1, SIZE_MAX / 4, cx, &a[0]));
    SB_TRY(column(&a[0], 0, cx, &index));
    sb_ctx quiet = *cx; /* the other two may be absent: that is no failure */
    sb_err ignored;
    quiet.err = &ignored;
    const sb_status w = sb_array_read(path, "npz", member[1], 1, SIZE_MAX / 4, &quiet, &a[1]);
    const sb_status meta = sb_array_read(path, "npz", member[2], 1, SIZE_MAX / 4, &quiet, &a[2]);
    bool weighted = w == SB_OK;
    if (w == SB_ENOMEM || meta == SB_ENOMEM) SB_FAIL(cx->err, SB_ENOMEM, "'%s'", path);
    if (meta == SB_OK && a[2].type == SB_U8) {
        const char *text = sb_str_copy(cx->arena, a[2].data, sb_array_rows(&a[2]));
        if (text && strstr(text, "\"weighted\":false")) weighted = false; /* stored for readers' sake: all n/m */
    }
    if (weighted && sb_array_rows(&a[1]) != sb_array_rows(&a[0]))
        SB_FAIL(cx->err, SB_EFORMAT, "'%s' has %zu indices and %zu weights", path, sb_array_rows(&a[0]),
                sb_array_rows(&a[1]));
    if (weighted) SB_TRY(column(&a[1], 0, cx, &weight));
    return take(path, index, weight, sb_array_rows(&a[0]), cx, out);
}

/* A list of numbers, or NULL (bad: not that). */
static double *numbers(const json_t *list, size_t *n, bool *bad, sb_ctx *cx)
{
    *n = json_array_size(list);
    double *v = json_is_array(list) ? SB_NEW(cx->arena, *n, double) : NULL;
    for (size_t i = 0; v && i < *n; i++) {
        const json_t *x = json_array_get(list, i);
        *bad |= !json_is_number(x);
        v[i] = json_number_value(x);
    }
    return v;
}

static sb_status read_json(const char *path, sb_ctx *cx, sb_selection *out)
{
    char *bytes = NULL;
    size_t size = 0, m = 0, weights = 0;
    bool bad = false;
    json_error_t e;
    SB_TRY(sb_file_read(path, (size_t)1 << 32, cx, &bytes, &size));
    json_t *root = json_loadb(bytes, size, 0, &e);
    if (!root) SB_FAIL(cx->err, SB_EFORMAT, "'%s' line %d: %s", path, e.line, e.text);
    const json_t *list = json_is_object(root) ? json_object_get(root, "indices") : root;
    const json_t *w = json_is_object(root) ? json_object_get(root, "weights") : NULL;
    const double *index = numbers(list, &m, &bad, cx), *weight = w ? numbers(w, &weights, &bad, cx) : NULL;
    json_decref(root);
    if (!index || bad || (w && (!weight || weights != m)))
        SB_FAIL(cx->err, SB_EFORMAT,
                "'%s' is neither a list of indices nor {\"indices\": [...], \"weights\": [...]} of equal length", path);
    return take(path, index, weight, m, cx, out);
}

sb_status sb_foreign_read(const char *path, sb_ctx *cx, sb_selection *out)
{
    if (sb_str_ends(path, ".json")) return read_json(path, cx, out);
    if (sb_str_ends(path, ".npz")) return read_npz(path, cx, out);
    sb_array a;
    double *index = NULL, *weight = NULL;
    SB_TRY(sb_array_read(path, NULL, NULL, 0, SIZE_MAX / 4, cx, &a));
    if (sb_array_width(&a) < 1 || sb_array_width(&a) > 2)
        SB_FAIL(cx->err, SB_EFORMAT, "'%s' has %zu columns: an index and perhaps a weight are expected", path,
                sb_array_width(&a));
    SB_TRY(column(&a, 0, cx, &index));
    if (sb_array_width(&a) == 2) SB_TRY(column(&a, 1, cx, &weight));
    return take(path, index, weight, sb_array_rows(&a), cx, out);
}

typedef struct judging {
    sb_scene *s;
    const sb_plan *p;
    sb_ctx *cx;
    unsigned rep;
    void (*value)(void *self, const sb_foreign_value *v);
    void *self;
    double *v; /* one per metric */
} judging;

static void clear(judging *j)
{
    for (size_t i = 0; i < sb_metric_count(); i++) j->v[i] = NAN;
}

static void tell(judging *j, const char *path, const char *model, size_t m)
{
    const sb_bench *b = &j->p->config->bench[j->s->bench];
    for (size_t i = 0; i < sb_metric_count(); i++)
        if (!isnan(j->v[i]) && !sb_metrics[i].noisy)
            j->value(j->self, &(sb_foreign_value){path, b->label, b->embedding, model, m, sb_metrics[i].name, j->v[i]});
}

static sb_status judge(judging *j, const char *path, const sb_selection *sel)
{
    sb_scene *s = j->s;
    const sb_bench *b = &j->p->config->bench[s->bench];
    const sb_data *train = &s->trained.train;
    sb_pilot *pilot = NULL;
    for (size_t i = 0; i < sel->m; i++)
        if (sel->row[i] >= train->x.n)
            SB_FAIL(j->cx->err, SB_EDATA, "it names row %u, but '%s' has %zu training rows", sel->row[i], b->label,
                    train->x.n);
    const size_t warm = sb_warmup_rows(&b->warmup, train->x.n, sel->m);
    if (warm > train->x.n)
        SB_FAIL(j->cx->err, SB_EDATA, "the warm-up of %zu rows is above the %zu rows there are", warm, train->x.n);
    SB_TRY(sb_scene_pilot(s, warm, &pilot));
    clear(j);
    SB_TRY(sb_evaluate_subset(sel, &s->geometry, train->label, train->c, j->cx, j->v));
    tell(j, path, "", sel->m);
    for (size_t k = 0; k < b->models; k++) {
        uint64_t fit_ns = 0;
        sb_ctx cx = *j->cx;
        cx.path = sb_str_format(j->cx->arena, "%s/rep%u/train", b->label, sb_vary_draw(&b->vary, SB_TRAINING, j->rep));
        if (!cx.path) SB_FAIL(cx.err, SB_ENOMEM, "name of a stream");
        if (s->refused[k]) SB_FAIL(cx.err, SB_ENUM, "model %s: %s", b->model[k].label, s->refused[k]);
        clear(j);
        SB_TRY(sb_evaluate_model(train, &s->trained.test, &b->model[k].use, &s->truth[k], &pilot->probes[k], sel,
                                 j->p->config->delta, &cx, j->v, &fit_ns));
        tell(j, path, b->model[k].label, sel->m);
    }
    return SB_OK;
}

static sb_status find_facts(sb_scene *s, sb_facts *f)
{
    for (size_t i = 0; i < s->config->benches; i++) {
        SB_TRY(sb_scene_open(s, i));
        sb_scene_facts(s, &f[i]);
        sb_ctx cx;
        SB_TRY(sb_scene_ctx(s, "", &cx));
        SB_TRY(sb_excess_warmup(&s->config->bench[i], f[i].n, &cx));
    }
    return SB_OK;
}

static sb_status evaluate_all(judging *j, const char *const *path, size_t paths)
{
    sb_facts *facts = SB_NEW(j->cx->arena, j->s->config->benches, sb_facts);
    sb_plan *plan = SB_NEW(j->cx->arena, 1, sb_plan);
    j->v = SB_NEW(j->cx->arena, sb_metric_count(), double);
    if (!facts || !plan || !j->v) SB_FAIL(j->cx->err, SB_ENOMEM, "facts of the data");
    SB_TRY(find_facts(j->s, facts));
    SB_TRY(sb_plan_make(j->s->config, facts, j->cx, plan));
    j->p = plan;
    for (size_t b = 0; b < j->s->config->benches; b++) {
        const sb_bench *bench = &j->s->config->bench[b];
        const bool split = bench->vary.level[SB_SPLIT] > 1; /* of several, the one that the repeat is on */
        if (split && (j->rep < bench->first_rep || j->rep >= bench->first_rep + bench->repeats)) continue;
        SB_TRY(sb_scene_open(j->s, b));
        SB_TRY(sb_scene_references(j->s, plan));
        SB_TRY(sb_scene_repeat(j->s, plan, j->rep));
        for (size_t i = 0; i < paths; i++) {
            const size_t mark = sb_arena_mark(j->cx->arena);
            sb_selection sel;
            SB_TRY(sb_foreign_read(path[i], j->cx, &sel)); /* names the file itself */
            const sb_status st = judge(j, path[i], &sel);
            if (st != SB_OK) return sb_err_in(j->cx->err, st, "'%s'", path[i]);
            sb_arena_rewind(j->cx->arena, mark);
        }
    }
    return SB_OK;
}

sb_status sb_foreign_evaluate(const sb_config *config, const sb_places *places, unsigned rep, const char *const *path,
                              size_t paths, void (*value)(void *self, const sb_foreign_value *v), void *self,
                              sb_ctx *cx)
{
    sb_arena *keep = sb_arena_new(config->memory);
    if (!keep) SB_FAIL(cx->err, SB_ENOMEM, "arena of the references");
    sb_scene s = {.config = config, .places = places, .err = cx->err, .keep = keep, .bench = SIZE_MAX};
    sb_ctx own = *cx;
    own.seed = config->seed;
    judging j = {.s = &s, .cx = &own, .rep = rep, .value = value, .self = self};
    const sb_status st = evaluate_all(&j, path, paths);
    sb_scene_close(&s);
    sb_arena_free(keep);
    return st;
}
