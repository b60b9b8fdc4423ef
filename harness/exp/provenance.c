#include "provenance.h"

#include <curl/curlver.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/utsname.h>
#include <yaml.h>
#include <zlib.h>

#include "declared.h"
#include "file.h"
#include "git_state.h"
#include "kernel.h"
#include "registry.h"
#include "str.h"

const char *sb_version_text(void) { return SB_VERSION " (git " SB_GIT_STATE ")"; }

static void put(json_t *o, const char *key, const char *text)
{
    (void)json_object_set_new(o, key, json_string(text ? text : ""));
}

json_t *sb_provenance_software(void)
{
    struct utsname u;
    json_t *o = json_object();
    put(o, "selbench", SB_VERSION);
    put(o, "git", SB_GIT_STATE);
    put(o, "core_code", sb_core_code);
    put(o, "compiler", __VERSION__);
    put(o, "kernel", sb_kernel_name());
    put(o, "openblas", sb_kernel_library());
    (void)json_object_set_new(o, "blas_threads", json_integer(1));
    put(o, "libyaml", yaml_get_version_string());
    put(o, "zlib", zlibVersion());
    put(o, "jansson", JANSSON_VERSION);
    put(o, "libcurl", LIBCURL_VERSION);
    put(o, "libcrypto", OpenSSL_version(OPENSSL_VERSION));
    if (uname(&u) == 0) {
        put(o, "system", u.sysname);
        put(o, "release", u.release);
        put(o, "machine", u.machine);
    }
    return o;
}

static json_t *texts(const char *const *list)
{
    json_t *a = json_array();
    for (; list && *list; list++) (void)json_array_append_new(a, json_string(*list));
    return a;
}

static json_t *bench(const sb_bench *b, const sb_facts *f)
{
    json_t *methods = json_array(), *models = json_array(), *budgets = json_array();
    for (size_t i = 0; i < b->methods; i++) {
        json_t *m = json_object();
        put(m, "label", b->method[i].label);
        put(m, "name", b->method[i].method->name);
        put(m, "options", b->method[i].text);
        put(m, "code", b->method[i].code);
        char needs[256];
        sb_needs_words(b->method[i].method->needs, needs, sizeof needs);
        put(m, "needs", needs);
        (void)json_object_set_new(m, "anchor", json_boolean(b->method[i].method->traits & SB_ANCHOR));
        (void)json_array_append_new(methods, m);
    }
    for (size_t i = 0; i < b->models; i++) {
        json_t *m = json_object();
        put(m, "label", b->model[i].label);
        put(m, "options", b->model[i].text);
        put(m, "code", b->model[i].code);
        (void)json_array_append_new(models, m);
    }
    for (size_t i = 0; i < b->budgets; i++)
        (void)json_array_append_new(budgets, json_pack("{s:s, s:I}", "text", b->budget[i].text, "m",
                                                       (json_int_t)sb_budget_rows(&b->budget[i], f->n)));
    json_t *vary = json_array();
    for (int k = 0; k < SB_CHANCES; k++) (void)json_array_append_new(vary, json_integer((json_int_t)b->vary.level[k]));
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:o, s:o, s:o, s:o}", "data", b->label, "embedding",
        b->embedding, "kind", b->kind == SB_CLASSIFICATION ? "classification" : "regression", "content", f->seen,
        "content_trained", f->trained, "n", (json_int_t)f->n, "n_test", (json_int_t)f->n_test, "d", (json_int_t)f->d,
        "c", (json_int_t)f->c, "t", (json_int_t)f->t, "repeats", (int)(b->first_rep + b->repeats), "vary", vary,
        "methods", methods, "models", models, "budgets", budgets);
    if (*f->view) put(all, "content_view", f->view);
    if (*f->target) put(all, "content_target", f->target);
    return all;
}

static json_t *whole(const sb_config *c, const sb_facts *facts, const sb_run_options *o)
{
    char now[32];
    json_t *benches = json_array();
    for (size_t i = 0; i < c->benches; i++) (void)json_array_append_new(benches, bench(&c->bench[i], &facts[i]));
    sb_clock_utc(now);
    return json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:s, s:o}", "format", 1, "name",
                     c->name, "title", c->title, "reference", c->reference, "seed", (json_int_t)c->seed, "config_file",
                     c->file, "command", o->command ? o->command : "", "set", texts(o->set), "only", texts(o->only),
                     "started", now, "config", c->text, "benches", benches, "notes", c->notes, "software",
                     sb_provenance_software());
}

sb_status sb_provenance_write(const sb_config *c, const sb_facts *facts, const sb_run_options *o, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena), flags = JSON_INDENT(1) | JSON_SORT_KEYS;
    char *original = NULL;
    size_t size = 0;
    SB_TRY(sb_file_read(c->file, 1 << 24, cx, &original, &size));
    json_t *run = whole(c, facts, o);
    if (!run) SB_FAIL(cx->err, SB_ECONFIG, "a name in the config is not UTF-8");
    const size_t bytes = json_dumpb(run, NULL, 0, flags);
    char *text = SB_NEW(cx->arena, bytes + 1, char);
    if (text) (void)json_dumpb(run, text, bytes, flags);
    json_decref(run);
    const char *json = sb_file_join(cx->arena, o->dir, "run.json"),
               *yaml = sb_file_join(cx->arena, o->dir, "config.yaml");
    if (!text || !json || !yaml) SB_FAIL(cx->err, SB_ENOMEM, "run.json");
    text[bytes] = '\n';
    SB_TRY(sb_file_write(json, text, bytes + 1, cx));
    SB_TRY(sb_file_write(yaml, original, size, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}
