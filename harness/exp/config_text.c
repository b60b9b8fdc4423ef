#include "config_text.h"

#include <string.h>

#include "str.h"

/* In double quotes, as YAML and JSON both read it. */
static void quote(sb_buf *b, const char *text)
{
    sb_buf_put(b, "\"", 1);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\') sb_buf_put(b, "\\", 1);
        if (*p == '\n')
            sb_buf_put(b, "\\n", 2);
        else
            sb_buf_put(b, p, 1);
    }
    sb_buf_put(b, "\"", 1);
}

static void line(sb_buf *b, const char *indent, const char *key, const char *text)
{
    sb_buf_add(b, "%s%s: ", indent, key);
    quote(b, text);
    sb_buf_put(b, "\n", 1);
}

static sb_status plugin(sb_buf *b, const char *name, const sb_param *rows, const void *options, const char *label,
                        sb_ctx *cx)
{
    sb_buf_add(b, "      - %s: {as: ", name);
    quote(b, label);
    for (const sb_param *row = rows; row && row->name; row++) {
        const char *text = sb_param_text(row, options, cx->arena);
        if (!text) SB_FAIL(cx->err, SB_ENOMEM, "text of option '%s'", row->name);
        sb_buf_add(b, ", %s: ", row->name);
        if (row->type == SB_P_TEXT || strchr(text, '%'))
            quote(b, text);
        else
            sb_buf_add(b, "%s", text);
    }
    sb_buf_add(b, "}\n");
    return SB_OK;
}

static sb_status bench(sb_buf *b, const sb_bench *x, sb_ctx *cx)
{
    line(b, "  - ", "set", sb_dataset_spec_text(x->data));
    line(b, "    ", "as", x->label);
    line(b, "    ", "embedding", sb_embedding_spec_text(x->seen));
    if (x->trained != x->seen) line(b, "    ", "train_on", sb_embedding_spec_text(x->trained));
    if (x->view) line(b, "    ", "view", sb_embedding_spec_text(x->view));
    if (x->target) line(b, "    ", "target", sb_target_spec_text(x->target));
    if (sb_vary_any(&x->vary)) {
        const char *before = "    vary: {";
        for (int k = 0; k < SB_CHANCES; k++) {
            if (x->vary.level[k] < 2) continue;
            sb_buf_add(b, "%s%s: %u", before, sb_chance_words[k], x->vary.level[k]);
            before = ", ";
        }
        sb_buf_add(b, "}\n");
    }
    sb_buf_add(b, "    repeats: %u\n    warmup: %s\n    budgets: [", x->repeats,
               x->warmup.any ? x->warmup.text : "none");
    for (size_t i = 0; i < x->budgets; i++) {
        const bool fewer = sb_budget_repeats(x, i) < x->repeats;
        sb_buf_add(b, "%s%s", i ? ", " : "", fewer ? "{rows: " : "");
        quote(b, x->budget[i].text);
        if (fewer) sb_buf_add(b, ", repeats: %u}", x->budget[i].repeats);
    }
    sb_buf_add(b, "]\n    models:\n");
    for (size_t i = 0; i < x->models; i++)
        SB_TRY(plugin(b, x->model[i].use.model->name, x->model[i].use.model->options, x->model[i].use.options,
                      x->model[i].label, cx));
    sb_buf_add(b, "    methods:\n");
    for (size_t i = 0; i < x->methods; i++)
        SB_TRY(plugin(b, x->method[i].method->name, x->method[i].method->options, x->method[i].options,
                      x->method[i].label, cx));
    return SB_OK;
}

sb_status sb_config_text(const sb_config *c, sb_ctx *cx, const char **text)
{
    sb_buf b = {.arena = cx->arena};
    line(&b, "", "name", c->name);
    line(&b, "", "title", c->title);
    sb_buf_add(&b, "seed: %llu\nprobes: %zu\ndelta: %g\n", (unsigned long long)c->seed, c->probes, c->delta);
    line(&b, "", "reference", c->reference);
    sb_buf_add(&b, "limits: {seconds: %g, memory_mb: %zu}\ndata:\n", c->seconds, c->memory >> 20);
    for (size_t i = 0; i < c->benches; i++) SB_TRY(bench(&b, &c->bench[i], cx));
    if (b.bad) SB_FAIL(cx->err, SB_ENOMEM, "text of the resolved config");
    *text = b.text;
    return SB_OK;
}
