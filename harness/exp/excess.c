#include "excess.h"

sb_status sb_excess_warmup(const sb_bench *b, size_t n, sb_ctx *cx)
{
    const sb_warmup *w = &b->warmup;
    if (!w->any || w->rows.of != SB_COUNT_ROWS) return SB_OK; /* a share of the rows, or of a budget judged below */
    const size_t rows = sb_warmup_rows(w, n, n);
    if (rows <= n) return SB_OK;
    return sb_yaml_fail(w->at, cx, "'warmup' draws %zu rows, above the %zu training rows of '%s'", rows, n, b->label);
}

static sb_status budget(const sb_bench *b, const sb_budget *one, size_t n, sb_ctx *cx)
{
    const size_t m = sb_budget_rows(one, n), warm = sb_warmup_rows(&b->warmup, n, m);
    if (m > n)
        return sb_yaml_fail(one->at, cx, "budget %s is above the %zu training rows of '%s'", one->text, n, b->label);
    if (!b->warmup.joins || m > warm) return SB_OK;
    return sb_yaml_fail(one->at, cx,
                        "budget %s, %zu rows of '%s', leaves nothing beside the %zu of the warm-up that joins",
                        one->text, m, b->label, warm);
}

/* The value of an option in the method's entry, or the entry when it is a default. */
static const sb_yaml *place_of(const sb_method_use *use, const char *option)
{
    const sb_yaml *map = use->at->kind == SB_YAML_MAP ? use->at->item[0] : NULL;
    const sb_yaml *value = map && map->kind == SB_YAML_MAP ? sb_yaml_get(map, option) : NULL;
    return value ? value : use->at;
}

/* An option that counts rows, by a number and not by a share of them, which the method would decline. */
static sb_status option(const sb_bench *b, const sb_method_use *use, const sb_param *row, size_t n, sb_ctx *cx)
{
    if (row->type != SB_P_COUNT) return SB_OK;
    const sb_count *value = (const void *)((const char *)use->options + row->offset);
    if (value->of != SB_COUNT_ROWS || sb_count_rows(*value, n, n) <= n) return SB_OK;
    return sb_yaml_fail(place_of(use, row->name), cx, "%s: '%s' is %zu, above the %zu training rows of '%s'",
                        use->label, row->name, sb_count_rows(*value, n, n), n, b->label);
}

static sb_status options(const sb_bench *b, const sb_method_use *use, size_t n, sb_ctx *cx)
{
    for (const sb_param *row = use->method->options; row && row->name; row++) SB_TRY(option(b, use, row, n, cx));
    return SB_OK;
}

sb_status sb_excess_next(const sb_bench *b, size_t n, size_t *from, sb_ctx *cx)
{
    while (*from < 1 + b->budgets + b->methods) {
        const size_t i = (*from)++;
        if (i == 0)
            SB_TRY(sb_excess_warmup(b, n, cx));
        else if (i <= b->budgets)
            SB_TRY(budget(b, &b->budget[i - 1], n, cx));
        else
            SB_TRY(options(b, &b->method[i - 1 - b->budgets], n, cx));
    }
    return SB_OK;
}
