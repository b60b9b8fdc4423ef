#include "golden.h"

#include <string.h>

#include "compare_side.h"
#include "file.h"

static json_t *part(const json_t *from, const char *const *keys)
{
    json_t *o = json_object();
    for (; *keys; keys++) {
        json_t *v = json_object_get(from, *keys);
        if (v) (void)json_object_set(o, *keys, v);
    }
    return o;
}

static sb_status write_json(json_t *o, const char *path, sb_ctx *cx)
{
    const size_t flags = JSON_INDENT(1) | JSON_SORT_KEYS, size = json_dumpb(o, NULL, 0, flags);
    char *text = SB_NEW(cx->arena, size + 1, char);
    if (!text || !size) SB_FAIL(cx->err, SB_ENOMEM, "run.json of a golden");
    (void)json_dumpb(o, text, size, flags);
    text[size] = '\n';
    return sb_file_write(path, text, size + 1, cx);
}

/* Effects of the golden that is being replaced. */
static json_t *old_effects(const char *path, sb_ctx *cx)
{
    char *bytes = NULL;
    size_t size = 0;
    if (!sb_file_exists(path) || sb_file_read(path, 1 << 28, cx, &bytes, &size) != SB_OK) return json_object();
    json_t *old = json_loadb(bytes, size, 0, NULL), *e = json_incref(json_object_get(old, "effects"));
    json_decref(old);
    return e ? e : json_object();
}

static sb_status write_golden(const sb_side *run, const char *golden, const sb_effect *effect, size_t effects,
                              sb_ctx *cx)
{
    static const char *const keys[] = {"format", "name", "reference", "seed", "config", "benches", NULL};
    static const char *const software[] = {"selbench", "core_code", "kernel", "openblas", NULL};
    const char *tsv = sb_file_join(cx->arena, golden, "metrics.tsv"),
               *timing = sb_file_join(cx->arena, golden, "timing.tsv"),
               *json = sb_file_join(cx->arena, golden, "run.json");
    if (!tsv || !timing || !json) SB_FAIL(cx->err, SB_ENOMEM, "names of a golden's files");
    SB_TRY(sb_file_mkdirs(golden, cx));
    json_t *o = part(run->run, keys), *e = old_effects(json, cx);
    for (size_t i = 0; i < effects; i++) (void)json_object_set_new(e, effect[i].metric, json_real(effect[i].size));
    (void)json_object_set_new(o, "effects", e);
    (void)json_object_set_new(o, "software", part(json_object_get(run->run, "software"), software));
    sb_status st = sb_file_write(tsv, run->bytes, run->size, cx);
    if (st == SB_OK && run->memory) st = sb_file_write(timing, run->memory, run->memory_size, cx);
    if (st == SB_OK) st = write_json(o, json, cx);
    json_decref(o);
    return st;
}

sb_status sb_golden_write(const char *run, const char *golden, const sb_compare_options *o, sb_ctx *cx)
{
    sb_side s;
    sb_status st = sb_side_open(run, o->memory, cx, &s);
    if (st == SB_OK && !s.is_run)
        st = sb_err_set(cx->err, SB_EARG, __FILE__, __LINE__, "'%s' is not a run folder: a golden is made of a run",
                        run);
    if (st == SB_OK) st = write_golden(&s, golden, o->effect, o->effects, cx);
    sb_side_close(&s);
    return st;
}
