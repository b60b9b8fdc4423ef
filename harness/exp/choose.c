#include "choose.h"

#include <math.h>
#include <string.h>

#include "file.h"

/* Without warm-up and without queries: the task of prepare. */
static sb_task bare_task(const sb_choice *c)
{
    const unsigned needs = c->use->method->needs;
    const bool labels = needs & SB_NEEDS_LABELS;
    return (sb_task){.x = c->seen,
                     .kind = c->train->kind,
                     .c = c->train->c,
                     .t = c->train->t,
                     .label = labels ? c->train->label : NULL,
                     .y = labels ? c->train->y : NULL,
                     .view = needs & SB_NEEDS_VIEW ? c->view : (sb_mat){0},
                     .target = needs & SB_NEEDS_TARGET ? c->target : (sb_mat){0},
                     .label_asked = needs & SB_MAY_LABELS ? c->train->label : NULL,
                     .granted = needs & (SB_NEEDS_LABELS | SB_NEEDS_VIEW | SB_NEEDS_TARGET | SB_NEEDS_PATTERNS)};
}

static sb_task full_task(const sb_choice *c, sb_meter *meter)
{
    const unsigned needs = c->use->method->needs;
    sb_task task = bare_task(c);
    task.granted = needs;
    task.oracle = c->oracle;
    task.meter = meter;
    task.warm = c->warm;
    task.warm_n = c->warm_n;
    task.warm_joins = c->joins;
    *meter = (sb_meter){.labels = needs & SB_NEEDS_LABELS ? c->seen.n : 0};
    return task;
}

/* The anchor that takes all rows, a joining warm-up's among them. */
static bool takes_all(const sb_choice *c)
{
    const unsigned traits = c->use->method->traits;
    return (traits & SB_ANCHOR) && (traits & SB_ANY_SIZE);
}

static sb_status check(const sb_choice *c, size_t asked, const sb_selection *sel, sb_ctx *cx)
{
    const size_t n = c->seen.n;
    const unsigned traits = c->use->method->traits;
    unsigned char *seen = SB_NEW(cx->arena, n, unsigned char);
    if (!seen) SB_FAIL(cx->err, SB_ENOMEM, "check of %zu rows", n);
    if (sel->m == 0) SB_FAIL(cx->err, SB_EDATA, "the selection is empty");
    if (sel->m != asked && !(traits & SB_ANY_SIZE))
        SB_FAIL(cx->err, SB_EDATA, "%zu rows came back, %zu were asked for", sel->m, asked);
    for (size_t i = 0; c->joins && i < c->warm_n; i++) seen[c->warm[i]] = 2;
    double sum = 0;
    for (size_t i = 0; i < sel->m; i++) {
        const uint32_t row = sel->row[i];
        if (row >= n) SB_FAIL(cx->err, SB_EDATA, "row %u at position %zu is not below %zu", row, i, n);
        if (seen[row] == 2 && !takes_all(c))
            SB_FAIL(cx->err, SB_EDATA, "row %u is a warm-up row and was chosen again", row);
        if (seen[row] == 1 && !(traits & SB_MULTISET)) SB_FAIL(cx->err, SB_EDATA, "row %u was chosen twice", row);
        seen[row] = 1;
        const double weight = sel->weight ? sel->weight[i] : 1;
        if (!(weight >= 0 && isfinite(weight))) SB_FAIL(cx->err, SB_EDATA, "weight %g at position %zu", weight, i);
        sum += weight;
    }
    if (!(sum > 0)) SB_FAIL(cx->err, SB_EDATA, "all weights are zero");
    return SB_OK;
}

/* Puts the warm-up rows in front, each standing for itself when the method weights the rest. */
static sb_status join_warmup(const sb_choice *c, sb_ctx *cx, sb_selection *sel)
{
    const size_t m = sel->m + c->warm_n;
    uint32_t *row = SB_NEW(cx->arena, m, uint32_t);
    double *weight = sel->weight ? SB_NEW(cx->arena, m, double) : NULL;
    if (!row || (sel->weight && !weight)) SB_FAIL(cx->err, SB_ENOMEM, "%zu rows with the warm-up", m);
    memcpy(row, c->warm, c->warm_n * sizeof *row);
    memcpy(row + c->warm_n, sel->row, sel->m * sizeof *row);
    for (size_t i = 0; weight && i < m; i++) weight[i] = i < c->warm_n ? 1 : sel->weight[i - c->warm_n];
    sel->row = row;
    sel->weight = weight;
    sel->m = m;
    if (weight)
        sel->certain += c->warm_n; /* sure to be in: the draws that follow are the whole randomness */
    else
        sel->prob = NULL;
    sel->simple_random = false;
    return SB_OK;
}

/* What a method cannot do without and the data entry does not give. */
static sb_status lacks(const sb_choice *c, sb_ctx *cx)
{
    const unsigned needs = c->use->method->needs;
    if ((needs & SB_NEEDS_VIEW) && !c->view.data)
        SB_FAIL(cx->err, SB_SKIP, "it needs a second view of the rows: give the data entry a 'view'");
    if ((needs & SB_NEEDS_TARGET) && !c->target.data)
        SB_FAIL(cx->err, SB_SKIP, "it needs rows to select for: give the data entry a 'target'");
    return SB_OK;
}

sb_status sb_choose_prepare(const sb_choice *c, sb_ctx *cx, void **state, double *seconds)
{
    *state = NULL;
    *seconds = 0;
    SB_TRY(lacks(c, cx));
    if (!c->use->method->prepare) return SB_OK;
    const sb_task task = bare_task(c);
    const uint64_t begun = sb_clock_ns();
    SB_TRY(c->use->method->prepare(&task, c->use->options, cx, state));
    *seconds = (double)(sb_clock_ns() - begun) / 1e9;
    return SB_OK;
}

/* Rows to ask the method for: the budget without the warm-up rows that join. */
static sb_status rows_to_ask(const sb_choice *c, size_t m, sb_ctx *cx, size_t *budget)
{
    const size_t n = c->seen.n, taken = c->joins ? c->warm_n : 0;
    *budget = m < n ? m : n;
    if (takes_all(c)) return SB_OK;
    if (m > n) SB_FAIL(cx->err, SB_SKIP, "the budget of %zu rows is above the %zu rows there are", m, n);
    if (m <= taken) SB_FAIL(cx->err, SB_SKIP, "the %zu warm-up rows leave nothing of the budget of %zu", taken, m);
    *budget = m - taken;
    return SB_OK;
}

sb_status sb_choose(const sb_choice *c, void *state, size_t m, sb_ctx *cx, sb_selection *out, sb_meter *meter,
                    double *seconds)
{
    const size_t n = c->seen.n;
    size_t budget = 0;
    SB_TRY(lacks(c, cx));
    SB_TRY(rows_to_ask(c, m, cx, &budget));
    const sb_task task = full_task(c, meter);
    *out = (sb_selection){.row = SB_NEW(cx->arena, n + 1, uint32_t)};
    if (!out->row) SB_FAIL(cx->err, SB_ENOMEM, "room for %zu rows", n);
    const uint64_t begun = sb_clock_ns();
    const sb_status st = c->use->method->select(&task, c->use->options, state, budget, cx, out);
    *seconds = (double)(sb_clock_ns() - begun) / 1e9;
    if (st == SB_SKIP && *c->no_proxy) return sb_err_in(cx->err, st, "%s", c->no_proxy);
    if (st != SB_OK) return st;
    if (meter->warm) meter->labels += c->warm_n;
    if (meter->proxy) meter->fits += c->warm_n > 0;
    SB_TRY(check(c, budget, out, cx));
    return c->joins && c->warm_n && !takes_all(c) ? join_warmup(c, cx, out) : SB_OK;
}
