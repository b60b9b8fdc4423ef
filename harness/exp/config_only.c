#include "config_only.h"

#include <string.h>

#include "str.h"

/* Is `label` (or, for plug-ins, its `name`) one of the comma-separated words? */
static bool listed(const char *words, const char *label, const char *name)
{
    for (const char *w = words;;) {
        const size_t size = strcspn(w, ",");
        if ((strlen(label) == size && memcmp(w, label, size) == 0) ||
            (name && strlen(name) == size && memcmp(w, name, size) == 0))
            return true;
        if (!w[size]) return false;
        w += size + 1;
    }
}

static sb_status only_methods(sb_bench *b, const char *words, sb_ctx *cx, size_t *hits)
{
    sb_method_use *kept = SB_NEW(cx->arena, b->methods, sb_method_use);
    if (!kept) SB_FAIL(cx->err, SB_ENOMEM, "--only");
    size_t n = 0;
    for (size_t i = 0; i < b->methods; i++)
        if (listed(words, b->method[i].label, b->method[i].method->name)) kept[n++] = b->method[i];
    b->method = kept;
    b->methods = n;
    *hits += n;
    return SB_OK;
}

static sb_status only_models(sb_bench *b, const char *words, sb_ctx *cx, size_t *hits)
{
    sb_model_spec *kept = SB_NEW(cx->arena, b->models, sb_model_spec);
    if (!kept) SB_FAIL(cx->err, SB_ENOMEM, "--only");
    size_t n = 0;
    for (size_t i = 0; i < b->models; i++)
        if (listed(words, b->model[i].label, b->model[i].use.model->name)) kept[n++] = b->model[i];
    b->model = kept;
    b->models = n;
    *hits += n;
    return SB_OK;
}

static sb_status only_budgets(sb_bench *b, const char *words, sb_ctx *cx, size_t *hits)
{
    sb_budget *kept = SB_NEW(cx->arena, b->budgets, sb_budget);
    if (!kept) SB_FAIL(cx->err, SB_ENOMEM, "--only");
    size_t n = 0;
    for (size_t i = 0; i < b->budgets; i++)
        if (listed(words, b->budget[i].text, NULL)) kept[n++] = b->budget[i];
    b->budget = kept;
    b->budgets = n;
    *hits += n;
    return SB_OK;
}

sb_status sb_config_only(const sb_overrides *o, sb_bench *bench, size_t *benches, sb_ctx *cx)
{
    static const char *const kinds[] = {"method", "model", "budget", "data", NULL};
    for (size_t i = 0; o && i < o->onlys; i++) {
        const char *eq = strchr(o->only[i], '=');
        const char *kind = eq ? sb_str_copy(cx->arena, o->only[i], (size_t)(eq - o->only[i])) : o->only[i];
        if (!kind) SB_FAIL(cx->err, SB_ENOMEM, "--only");
        size_t which = 0;
        while (kinds[which] && strcmp(kinds[which], kind) != 0) which++;
        if (!eq || !kinds[which])
            SB_FAIL(cx->err, SB_ECONFIG, "--only '%s': expected method=, model=, budget= or data= and names",
                    o->only[i]);
        size_t hits = 0, kept = 0;
        for (size_t b = 0; b < *benches; b++) {
            bool stays = true;
            if (which == 0) SB_TRY(only_methods(&bench[b], eq + 1, cx, &hits));
            if (which == 1) SB_TRY(only_models(&bench[b], eq + 1, cx, &hits));
            if (which == 2) SB_TRY(only_budgets(&bench[b], eq + 1, cx, &hits));
            if (which == 3) {
                const char *base = sb_str_copy(cx->arena, bench[b].label, strcspn(bench[b].label, "{"));
                if (!base) SB_FAIL(cx->err, SB_ENOMEM, "--only");
                stays = listed(eq + 1, bench[b].label, base);
                hits += stays;
            }
            if (stays && bench[b].methods && bench[b].models && bench[b].budgets) bench[kept++] = bench[b];
        }
        if (!hits)
            SB_FAIL(cx->err, SB_ECONFIG, "--only '%s' leaves nothing: no %s of the config matches", o->only[i], kind);
        *benches = kept;
    }
    return SB_OK;
}
