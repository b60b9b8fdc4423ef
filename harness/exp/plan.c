#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "registry.h"
#include "str.h"

static void add_number(sb_hash *h, uint64_t v) { sb_hash_add(h, &v, sizeof v); }

/* What fits of this model on this bench depend on. */
static void add_model(sb_hash *h, const sb_config *c, const sb_facts *f, const sb_model_spec *m)
{
    sb_hash_add_text(h, f->trained);
    sb_hash_add_text(h, m->text);
    sb_hash_add_text(h, m->code);
    sb_hash_add_text(h, sb_core_code);
    add_number(h, c->seed);
}

static void truth_key(const sb_config *c, const sb_bench *b, const sb_facts *f, const sb_model_spec *m, char key[65])
{
    sb_hash h = sb_hash_begin();
    sb_hash_add_text(&h, "truth 1");
    sb_hash_add_text(&h, b->label);
    add_model(&h, c, f, m);
    sb_hash_end_hex(&h, key);
}

static void select_key(const sb_config *c, const sb_bench *b, const sb_facts *f, const sb_group *g, sb_cell *cell)
{
    const sb_method_use *m = &b->method[g->method];
    sb_hash h = sb_hash_begin();
    sb_hash_add_text(&h, "select 1");
    sb_hash_add_text(&h, b->label); /* names the draws */
    sb_hash_add_text(&h, f->seen);
    sb_hash_add_text(&h, m->text);
    sb_hash_add_text(&h, m->code);
    sb_hash_add_text(&h, sb_core_code);
    add_number(&h, c->seed);
    add_number(&h, g->rep);
    add_number(&h, cell->m);
    if (sb_vary_any(&b->vary)) {
        sb_hash_add_text(&h, "vary");
        add_number(&h, sb_vary_draw(&b->vary, SB_WARMUP, g->rep));
        add_number(&h, sb_vary_draw(&b->vary, SB_SELECTION, g->rep));
    }
    sb_hash_add_text(&h, b->warmup.any ? b->warmup.text : "none");
    const unsigned asks = SB_NEEDS_LOSS | SB_NEEDS_PROB | SB_NEEDS_GRADIENT | SB_NEEDS_TRAINING | SB_NEEDS_TRAJECTORY |
                          SB_NEEDS_COMMITTEE | SB_NEEDS_SMALL | SB_MAY_GRADIENT;
    if (m->method->needs & asks) add_model(&h, c, f, &b->model[0]);
    if (m->method->needs & SB_NEEDS_VIEW) sb_hash_add_text(&h, f->view);
    if (m->method->needs & SB_NEEDS_TARGET) sb_hash_add_text(&h, f->target);
    sb_hash_end_hex(&h, cell->key);
}

static void eval_key(const sb_config *c, const sb_bench *b, const sb_facts *f, const sb_group *g, const sb_cell *cell,
                     size_t model, char key[65])
{
    sb_hash h = sb_hash_begin();
    sb_hash_add_text(&h, "eval 1");
    sb_hash_add_text(&h, cell->key);
    add_model(&h, c, f, &b->model[model]);
    add_number(&h, c->probes);
    sb_hash_add(&h, &c->delta, sizeof c->delta);
    if (sb_vary_any(&b->vary)) add_number(&h, sb_vary_draw(&b->vary, SB_TRAINING, g->rep));
    sb_hash_end_hex(&h, key);
}

static int by_rows(const void *a, const void *b)
{
    const sb_cell *x = a, *y = b;
    if (x->m != y->m) return x->m < y->m ? -1 : 1;
    return x->budget < y->budget ? -1 : x->budget > y->budget;
}

static sb_status fill_group(const sb_config *c, const sb_facts *f, sb_ctx *cx, sb_group *g)
{
    const sb_bench *b = &c->bench[g->bench];
    g->cell = SB_NEW(cx->arena, b->budgets, sb_cell);
    if (!g->cell) SB_FAIL(cx->err, SB_ENOMEM, "%zu cells", b->budgets);
    for (size_t i = 0; i < b->budgets; i++) {
        if (g->rep >= b->budget[i].repeats) continue;
        g->cell[g->cells].budget = i;
        g->cell[g->cells++].m = sb_budget_rows(&b->budget[i], f->n);
    }
    qsort(g->cell, g->cells, sizeof *g->cell, by_rows);
    for (size_t i = 0; i < g->cells; i++) {
        sb_cell *cell = &g->cell[i];
        cell->eval = (char(*)[65])sb_arena_alloc(cx->arena, b->models, 65);
        if (!cell->eval) SB_FAIL(cx->err, SB_ENOMEM, "keys of a cell");
        select_key(c, b, f, g, cell);
        for (size_t j = 0; j < b->models; j++) eval_key(c, b, f, g, cell, j, cell->eval[j]);
    }
    return SB_OK;
}

static sb_status fill_truths(const sb_config *c, const sb_facts *facts, sb_ctx *cx, sb_plan *p)
{
    p->truth = (char(**)[65])sb_arena_alloc(cx->arena, c->benches, sizeof *p->truth);
    if (!p->truth) SB_FAIL(cx->err, SB_ENOMEM, "keys of the references");
    for (size_t i = 0; i < c->benches; i++) {
        p->truth[i] = (char(*)[65])sb_arena_alloc(cx->arena, c->bench[i].models, 65);
        if (!p->truth[i]) SB_FAIL(cx->err, SB_ENOMEM, "keys of the references");
        for (size_t j = 0; j < c->bench[i].models; j++)
            truth_key(c, &c->bench[i], &facts[i], &c->bench[i].model[j], p->truth[i][j]);
    }
    return SB_OK;
}

sb_status sb_plan_make(const sb_config *config, const sb_facts *facts, sb_ctx *cx, sb_plan *out)
{
    sb_plan p = {.config = config, .facts = facts};
    for (size_t i = 0; i < config->benches; i++) p.groups += config->bench[i].methods * config->bench[i].repeats;
    p.group = SB_NEW(cx->arena, p.groups, sb_group);
    if (!p.group) SB_FAIL(cx->err, SB_ENOMEM, "%zu groups of cells", p.groups);
    SB_TRY(fill_truths(config, facts, cx, &p));
    sb_group *g = p.group;
    for (size_t i = 0; i < config->benches; i++) {
        const sb_bench *b = &config->bench[i];
        for (unsigned rep = 0; rep < b->repeats; rep++)
            for (size_t j = 0; j < b->methods; j++, g++) {
                *g = (sb_group){.bench = i, .method = j, .rep = b->first_rep + rep};
                SB_TRY(fill_group(config, &facts[i], cx, g));
                p.selections += g->cells;
                p.evaluations += g->cells * b->models;
            }
    }
    *out = p;
    return SB_OK;
}

static bool settled(const sb_record *r, bool retry) { return r && (r->outcome == SB_CELL_OK || !retry); }

bool sb_plan_missing(const sb_plan *p, const sb_group *g, const sb_cell *c, const sb_store *store, bool retry)
{
    const sb_record *r = sb_store_find(store, c->key);
    if (!settled(r, retry)) return true;
    if (r->outcome != SB_CELL_OK) return false; /* nothing to evaluate */
    for (size_t j = 0; j < p->config->bench[g->bench].models; j++)
        if (!settled(sb_store_find(store, c->eval[j]), retry)) return true;
    return false;
}

const char *sb_plan_stream(const sb_plan *p, const sb_group *g, sb_ctx *cx)
{
    const sb_bench *b = &p->config->bench[g->bench];
    const unsigned draw = sb_vary_draw(&b->vary, SB_SELECTION, g->rep);
    return sb_str_format(cx->arena, "%s/rep%u/%s", b->label, draw, b->method[g->method].stream);
}
