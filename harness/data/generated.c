/* A generator's output as a table. */
#include "source.h"

/* The arrays of a table are shared with the cache's writer, which only reads; sb_array has no const form. */
static void *writable(const void *p) { return (void *)(uintptr_t)p; }

static sb_status wrap(const void *data, sb_dtype type, size_t n, size_t width, sb_ctx *cx, sb_view *v)
{
    sb_array *a = SB_NEW(cx->arena, 1, sb_array);
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "generated array");
    *a = (sb_array){.type = type, .dims = 2, .shape = {n, width}, .data = writable(data)};
    *v = sb_view_all(a);
    return SB_OK;
}

static sb_status features(sb_mat x, sb_ctx *cx, sb_parts *t, size_t p)
{
    SB_TRY(wrap(x.data, SB_F32, x.n, x.ld, cx, &t->x[p]));
    t->x[p].d = x.d;
    t->source_n[p] = x.n;
    return SB_OK;
}

static sb_status part(const sb_data *d, sb_ctx *cx, sb_parts *t, size_t p)
{
    if (!d->x.n) return SB_OK;
    SB_TRY(features(d->x, cx, t, p));
    if (d->kind == SB_REGRESSION) return wrap(d->y, SB_F64, d->x.n, d->t, cx, &t->y[p]);
    return wrap(d->label, SB_I32, d->x.n, 1, cx, &t->y[p]);
}

sb_shape sb_source_shape(const sb_source *s)
{
    sb_shape shape = {0};
    if (s->generator) s->generator->shape(s->options, &shape);
    return shape;
}

static sb_status make(const sb_source *s, sb_ctx *cx, sb_generated *made)
{
    sb_ctx own = {.arena = cx->arena, .err = cx->err, .seed = SB_DATA_SEED, .path = s->info.name};
    const sb_status st = s->generator->make(s->options, &own, made);
    return st == SB_OK ? st : sb_err_in(cx->err, st, "generator '%s'", s->generator->name);
}

sb_status sb_generated_parts(const sb_source *s, sb_ctx *cx, sb_parts *t)
{
    sb_generated made = {0};
    SB_TRY(make(s, cx, &made));
    if (made.train.kind != s->info.kind || (made.test.x.n && made.test.kind != s->info.kind))
        SB_BUG("generator '%s' made another kind of data", s->generator->name);
    SB_TRY(part(&made.train, cx, t, SB_TRAIN));
    SB_TRY(part(&made.test, cx, t, SB_TEST));
    t->group = made.group;
    t->groups = made.groups;
    return SB_OK;
}

sb_status sb_generated_view(const sb_source *s, sb_ctx *cx, sb_parts *t)
{
    sb_generated made = {0};
    SB_TRY(make(s, cx, &made));
    t->features_only = true;
    SB_TRY(features(made.view[SB_TRAIN], cx, t, SB_TRAIN));
    return made.view[SB_TEST].n ? features(made.view[SB_TEST], cx, t, SB_TEST) : SB_OK;
}

sb_status sb_generated_target(const sb_source *s, sb_ctx *cx, sb_parts *t)
{
    sb_generated made = {0};
    SB_TRY(make(s, cx, &made));
    t->features_only = true;
    return features(made.target, cx, t, SB_TRAIN);
}
