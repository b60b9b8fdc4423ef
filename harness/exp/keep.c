#include "keep.h"

#include <string.h>

static sb_status begin(sb_keeper *k, sb_err *err)
{
    sb_arena_rewind(k->arena, 0);
    k->kept = NULL;
    sb_kept *const kept = SB_NEW(k->arena, k->methods, sb_kept);
    for (size_t i = 0; kept && i < k->methods; i++) {
        kept[i].cell = SB_NEW(k->arena, k->budgets, sb_kept_cell);
        for (size_t j = 0; kept[i].cell && j < k->budgets; j++) {
            kept[i].cell[j].eval = SB_NEW(k->arena, k->models, double *);
            if (!kept[i].cell[j].eval) kept[i].cell = NULL;
        }
        if (!kept[i].cell) SB_FAIL(err, SB_ENOMEM, "list of what %zu methods keep", k->methods);
    }
    if (!kept) SB_FAIL(err, SB_ENOMEM, "list of what %zu methods keep", k->methods);
    k->kept = kept;
    return SB_OK;
}

sb_status sb_keep_open(sb_keeper *k, size_t opening, size_t methods, size_t budgets, size_t models, sb_err *err)
{
    if (k->kept && k->opening == opening) return SB_OK;
    k->opening = opening;
    k->methods = methods;
    k->budgets = budgets;
    k->models = models;
    return begin(k, err);
}

static void *copy(sb_arena *a, const void *from, size_t count, size_t size)
{
    void *to = sb_arena_alloc(a, count, size);
    if (to) memcpy(to, from, count * size);
    return to;
}

void sb_keep_choice(sb_keeper *k, sb_kept_cell *c, const sb_selection *s, size_t n, const char *subset,
                    const double *value, size_t values)
{
    const size_t mark = sb_arena_mark(k->arena);
    sb_kept_cell fresh = {.sel = *s, .eval = c->eval};
    fresh.sel.row = copy(k->arena, s->row, s->m, sizeof *s->row);
    fresh.sel.weight = s->weight ? copy(k->arena, s->weight, s->m, sizeof *s->weight) : NULL;
    fresh.sel.prob = s->prob ? copy(k->arena, s->prob, n, sizeof *s->prob) : NULL;
    fresh.value = copy(k->arena, value, values, sizeof *value);
    memcpy(fresh.subset, subset, sizeof fresh.subset);
    fresh.chosen = fresh.sel.row && fresh.value && (fresh.sel.weight || !s->weight) && (fresh.sel.prob || !s->prob) &&
                   sb_arena_used(k->arena) <= k->most;
    if (fresh.chosen)
        *c = fresh;
    else
        sb_arena_rewind(k->arena, mark);
}

void sb_keep_eval(sb_keeper *k, sb_kept_cell *c, size_t model, const double *value, size_t values)
{
    if (c->chosen && sb_arena_used(k->arena) <= k->most) c->eval[model] = copy(k->arena, value, values, sizeof *value);
}
