#include "config.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "claim.h"
#include "config_only.h"
#include "config_text.h"
#include "file.h"
#include "str.h"

static const char *const top_keys[] = {"name",    "title",     "seed",    "repeats", "data",   "embedding",
                                       "methods", "models",    "budgets", "warmup",  "probes", "delta",
                                       "limits",  "reference", "mirror",  "claims",  "vary",   NULL};
static const char *const bench_keys[] = {"set",    "as",      "embedding", "train_on", "view", "target", "methods",
                                         "models", "budgets", "warmup",    "repeats",  "vary", NULL};

/* What a bench falls back on: the top level of the config. */
typedef struct reading {
    const sb_yaml *root;
    const sb_places *places;
    sb_ctx *cx;
    const sb_overrides *o;
    unsigned most; /* repeats; --set repeats=N is the most that any entry keeps */
    sb_buf notes;
    sb_bench *bench;
    size_t benches, room;
} reading;

/* Reads "42" or "10%" and so on through the same code as options. */
static sb_status read_count(const sb_yaml *node, const char *name, sb_ctx *cx, sb_count *out)
{
    const sb_param row[] = {{name, "", "1", SB_P_COUNT, 0, 1, 1e12, NULL}, {0}};
    const char *text = NULL;
    SB_TRY(sb_yaml_flat(node, cx, &text));
    const sb_status st = sb_param_set(row, out, name, text, cx);
    return st == SB_OK ? SB_OK : sb_yaml_where(node, st, cx);
}

static sb_status read_rows(const sb_yaml *node, sb_ctx *cx, sb_budget *b)
{
    SB_TRY(read_count(node, "budget", cx, &b->count));
    b->text = node->text;
    if (b->count.of == SB_COUNT_OF_M) return sb_yaml_fail(node, cx, "a budget cannot be a share of itself");
    return SB_OK;
}

static sb_status read_budget_map(const sb_yaml *map, sb_ctx *cx, sb_budget *b)
{
    static const char *const keys[] = {"k", "eps", "rows", "repeats", NULL};
    size_t k = 0, repeats = UINT_MAX;
    double eps = 0;
    SB_TRY(sb_yaml_keys(map, keys, cx));
    SB_TRY(sb_yaml_size(map, "repeats", 1, 1000000, cx, &repeats));
    b->repeats = (unsigned)repeats;
    const sb_yaml *rows = sb_yaml_get(map, "rows");
    if (rows && (sb_yaml_get(map, "k") || sb_yaml_get(map, "eps")))
        return sb_yaml_fail(map, cx, "a budget has either 'rows' or 'k' and 'eps'");
    if (rows) return read_rows(rows, cx, b);
    SB_TRY(sb_yaml_size(map, "k", 0, SIZE_MAX / 4, cx, &k));
    if (!sb_yaml_get(map, "eps"))
        return sb_yaml_fail(map, cx, "a budget map is {k: 100, eps: 0.1}, or {rows: 1000, repeats: 20}");
    SB_TRY(sb_yaml_real(map, "eps", 1e-4, 1, cx, &eps));
    b->count = (sb_count){(double)k + ceil(1 / (eps * eps) - 1e-9), SB_COUNT_ROWS};
    b->text = sb_str_format(cx->arena, "%zu+1/%g^2", k, eps);
    if (!b->text) SB_FAIL(cx->err, SB_ENOMEM, "text of a budget");
    return SB_OK;
}

static sb_status read_budgets(const sb_yaml *node, sb_ctx *cx, const sb_budget **out, size_t *count)
{
    if (node->kind != SB_YAML_LIST || node->n == 0) return sb_yaml_fail(node, cx, "'budgets' must be a list");
    sb_budget *list = SB_NEW(cx->arena, node->n, sb_budget);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "%zu budgets", node->n);
    for (size_t i = 0; i < node->n; i++) {
        const sb_yaml *item = node->item[i];
        list[i].repeats = UINT_MAX;
        list[i].at = item;
        if (item->kind == SB_YAML_MAP)
            SB_TRY(read_budget_map(item, cx, &list[i]));
        else
            SB_TRY(read_rows(item, cx, &list[i]));
        for (size_t j = 0; j < i; j++)
            if (strcmp(list[j].text, list[i].text) == 0)
                return sb_yaml_fail(item, cx, "the budget '%s' is listed twice", list[i].text);
    }
    *out = list;
    *count = node->n;
    return SB_OK;
}

static sb_status read_warmup(const sb_yaml *node, sb_ctx *cx, sb_warmup *w)
{
    static const char *const keys[] = {"rows", "joins", NULL};
    if (!node) return SB_OK;
    if (node->kind == SB_YAML_SCALAR && strcmp(node->text, "none") == 0) return SB_OK;
    if (node->kind != SB_YAML_MAP) return sb_yaml_fail(node, cx, "'warmup' must be none or {rows: 500, joins: false}");
    SB_TRY(sb_yaml_keys(node, keys, cx));
    const sb_yaml *rows = sb_yaml_get(node, "rows");
    if (!rows) return sb_yaml_fail(node, cx, "'warmup' lacks 'rows'");
    SB_TRY(read_count(rows, "rows", cx, &w->rows));
    SB_TRY(sb_yaml_bool(node, "joins", cx, &w->joins));
    w->any = true;
    w->at = rows;
    w->text = sb_str_format(cx->arena, "{rows: %s, joins: %s}", rows->text, w->joins ? "true" : "false");
    if (!w->text) SB_FAIL(cx->err, SB_ENOMEM, "text of the warm-up");
    return SB_OK;
}

/* The key's value in the bench entry, else at the top level. */
static const sb_yaml *inherit(const reading *r, const sb_yaml *entry, const char *key)
{
    const sb_yaml *own = entry->kind == SB_YAML_MAP ? sb_yaml_get(entry, key) : NULL;
    return own ? own : sb_yaml_get(r->root, key);
}

static sb_status required(const reading *r, const sb_yaml *entry, const char *key, const sb_yaml **out)
{
    *out = inherit(r, entry, key);
    if (!*out) return sb_yaml_fail(entry, r->cx, "no '%s' here nor at the top level", key);
    return SB_OK;
}

/* Models of the other kind are left out, and a note says so. */
static sb_status read_models(reading *r, const sb_yaml *entry, sb_bench *b)
{
    const sb_yaml *node = NULL;
    sb_model_spec *all = NULL;
    size_t count = 0;
    SB_TRY(required(r, entry, "models", &node));
    SB_TRY(sb_config_models(node, r->cx, &all, &count));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].use.model->kind == b->kind)
            all[kept++] = all[i];
        else
            sb_buf_add(&r->notes, "model %s is left out on %s: it is for %s\n", all[i].label, b->label,
                       b->kind == SB_CLASSIFICATION ? "regression" : "classification");
    }
    if (!kept)
        return sb_yaml_fail(node, r->cx, "none of the models fits %s, a %s data set", b->label,
                            b->kind == SB_CLASSIFICATION ? "classification" : "regression");
    b->model = all;
    b->models = kept;
    return SB_OK;
}

/* A name that a config gets wrong is a mistake in the config. */
static sb_status unknown_is_config(sb_status st) { return st == SB_ENOTFOUND ? SB_ECONFIG : st; }

/* What only some methods look at. */
static sb_status read_extras(reading *r, const sb_yaml *entry, sb_bench *b)
{
    const bool map = entry->kind == SB_YAML_MAP;
    const sb_yaml *view = map ? sb_yaml_get(entry, "view") : NULL;
    const sb_yaml *target = map ? sb_yaml_get(entry, "target") : NULL;
    sb_embedding_spec *second = NULL;
    sb_target_spec *rows = NULL;
    SB_TRY(unknown_is_config(sb_view_parse(view, b->data, r->places, r->cx, &second)));
    SB_TRY(unknown_is_config(sb_target_parse(target, b->data, r->places, r->cx, &rows)));
    b->view = second;
    b->target = rows;
    return SB_OK;
}

/* How often, and which draws: `repeats`, or `vary`, which says both. */
static sb_status read_repeats(const reading *r, const sb_yaml *entry, const sb_vary *vary, unsigned split, sb_bench *b)
{
    const sb_yaml *node = inherit(r, entry, "vary");
    size_t repeats = 1;
    SB_TRY(sb_yaml_size(r->root, "repeats", 1, 1000000, r->cx, &repeats));
    if (entry->kind == SB_YAML_MAP) SB_TRY(sb_yaml_size(entry, "repeats", 1, 1000000, r->cx, &repeats));
    b->repeats = repeats < r->most ? (unsigned)repeats : r->most;
    b->vary = *vary;
    if (!sb_vary_any(vary)) return SB_OK;
    if (inherit(r, entry, "repeats"))
        return sb_yaml_fail(node, r->cx, "'vary' says how many repeats there are: leave 'repeats' away");
    for (size_t i = 0; i < b->budgets; i++)
        if (b->budget[i].repeats != UINT_MAX)
            return sb_yaml_fail(node, r->cx, "'vary' needs all repeats at every budget: budget '%s' has fewer",
                                b->budget[i].text);
    b->repeats = sb_vary_repeats(vary) / vary->level[SB_SPLIT];
    b->first_rep = split * b->repeats;
    return SB_OK;
}

/* The data set of an entry: all of it when it is a name or a map of the data set's own, as in `data: {file: x.npy,
 * labels: y.npy}`; what else the entry says stands beside `set`. */
static sb_status set_of(const sb_yaml *entry, sb_ctx *cx, const sb_yaml **set)
{
    *set = entry;
    if (entry->kind != SB_YAML_MAP) return SB_OK;
    if (!sb_yaml_get(entry, "set") && (sb_yaml_get(entry, "file") || sb_yaml_get(entry, "name"))) {
        for (const char *const *key = bench_keys; *key; key++)
            if (strcmp(*key, "as") != 0 && sb_yaml_get(entry, *key))
                return sb_yaml_fail(sb_yaml_get(entry, *key), cx,
                                    "'%s' stands beside the data set, as in {set: {file: x.npy, ...}, %s: ...}", *key,
                                    *key);
        return SB_OK;
    }
    SB_TRY(sb_yaml_keys(entry, bench_keys, cx));
    *set = sb_yaml_get(entry, "set");
    if (!*set)
        return sb_yaml_fail(entry, cx, "a data entry is a name, {file: x.npy, labels: y.npy}, or {set: NAME, ...}");
    return SB_OK;
}

static sb_status read_bench(reading *r, const sb_yaml *entry, const sb_yaml *seen, const sb_vary *vary, unsigned split)
{
    sb_ctx *cx = r->cx;
    if (r->benches == r->room) return sb_yaml_fail(entry, cx, "more than %zu data entries", r->room);
    sb_bench *b = &r->bench[r->benches];
    const sb_yaml *set = NULL, *node = NULL;
    SB_TRY(set_of(entry, cx, &set));
    sb_dataset_spec *data = NULL;
    sb_embedding_spec *embedding = NULL, *trained = NULL;
    SB_TRY(unknown_is_config(sb_dataset_parse(set, r->places, cx, &data)));
    if (vary->level[SB_SPLIT] > 1 && !sb_dataset_splits(data))
        return sb_yaml_fail(inherit(r, entry, "vary"), cx, "'vary' asks for splits of '%s', whose test part is fixed",
                            sb_dataset_spec_info(data)->name);
    if (split) SB_TRY(sb_dataset_resplit(data, split, cx));
    const sb_dataset_info *info = sb_dataset_spec_info(data);
    b->label = info->name;
    b->kind = info->kind;
    if (entry->kind == SB_YAML_MAP) SB_TRY(sb_yaml_text(entry, "as", cx, &b->label));
    SB_TRY(unknown_is_config(sb_embedding_parse(seen, data, r->places, cx, &embedding)));
    const sb_yaml *train_on = entry->kind == SB_YAML_MAP ? sb_yaml_get(entry, "train_on") : NULL;
    trained = embedding;
    b->embedding = sb_embedding_spec_name(embedding);
    if (train_on) {
        SB_TRY(unknown_is_config(sb_embedding_parse(train_on, data, r->places, cx, &trained)));
        b->embedding = sb_str_format(cx->arena, "%s, models on %s", b->embedding, sb_embedding_spec_name(trained));
        if (!b->embedding) SB_FAIL(cx->err, SB_ENOMEM, "name of an embedding");
    }
    b->data = data;
    b->seen = embedding;
    b->trained = trained;
    SB_TRY(read_extras(r, entry, b));
    sb_method_use *methods = NULL;
    SB_TRY(required(r, entry, "methods", &node));
    SB_TRY(sb_config_methods(node, cx, &methods, &b->methods));
    b->method = methods;
    SB_TRY(read_models(r, entry, b));
    SB_TRY(required(r, entry, "budgets", &node));
    SB_TRY(read_budgets(node, cx, &b->budget, &b->budgets));
    SB_TRY(read_warmup(inherit(r, entry, "warmup"), cx, &b->warmup));
    SB_TRY(read_repeats(r, entry, vary, split, b));
    r->benches++;
    return SB_OK;
}

/* One bench per split that `vary` asks for. */
static sb_status read_splits(reading *r, const sb_yaml *entry, const sb_yaml *seen)
{
    sb_vary vary;
    SB_TRY(sb_vary_read(inherit(r, entry, "vary"), r->cx, &vary));
    for (unsigned k = 0; k == 0 || k < vary.level[SB_SPLIT]; k++) SB_TRY(read_bench(r, entry, seen, &vary, k));
    return SB_OK;
}

/* One of these per embedding of the entry; `embedding` may be one, or {each: [..]}. */
static sb_status read_entry(reading *r, const sb_yaml *entry)
{
    static const char *const keys[] = {"each", NULL};
    static const sb_yaml raw = {.kind = SB_YAML_SCALAR, .file = "default", .line = 1, .column = 1, .text = "raw"};
    const sb_yaml *node = inherit(r, entry, "embedding");
    if (!node) return read_splits(r, entry, &raw);
    const sb_yaml *each = node->kind == SB_YAML_MAP ? sb_yaml_get(node, "each") : NULL;
    if (!each) return read_splits(r, entry, node);
    SB_TRY(sb_yaml_keys(node, keys, r->cx));
    if (each->kind != SB_YAML_LIST || !each->n) return sb_yaml_fail(each, r->cx, "'each' must be a list of embeddings");
    for (size_t i = 0; i < each->n; i++) SB_TRY(read_splits(r, entry, each->item[i]));
    return SB_OK;
}

static sb_status read_data(reading *r)
{
    const sb_yaml *data = sb_yaml_get(r->root, "data");
    if (!data) return sb_yaml_fail(r->root, r->cx, "'data' is missing: a list of data sets");
    const size_t entries = data->kind == SB_YAML_LIST ? data->n : 1;
    if (!entries) return sb_yaml_fail(data, r->cx, "'data' is empty");
    r->room = 64;
    r->bench = SB_NEW(r->cx->arena, r->room, sb_bench);
    if (!r->bench) SB_FAIL(r->cx->err, SB_ENOMEM, "data entries");
    for (size_t i = 0; i < entries; i++) SB_TRY(read_entry(r, data->kind == SB_YAML_LIST ? data->item[i] : data));
    for (size_t i = 0; i < r->benches; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(r->bench[i].label, r->bench[j].label) == 0 &&
                strcmp(r->bench[i].embedding, r->bench[j].embedding) == 0 &&
                r->bench[i].first_rep == r->bench[j].first_rep)
                return sb_yaml_fail(data, r->cx,
                                    "'%s' with embedding '%s' is listed twice: give one of them `as: NAME`",
                                    r->bench[i].label, r->bench[i].embedding);
    return SB_OK;
}

static sb_status read_limits(const sb_yaml *root, sb_ctx *cx, sb_config *c)
{
    static const char *const keys[] = {"seconds", "memory_mb", NULL};
    size_t mb = 6144;
    c->seconds = 600;
    const sb_yaml *limits = sb_yaml_get(root, "limits");
    if (limits) {
        if (limits->kind != SB_YAML_MAP)
            return sb_yaml_fail(limits, cx, "'limits' must be {seconds: 600, memory_mb: 6144}");
        SB_TRY(sb_yaml_keys(limits, keys, cx));
        SB_TRY(sb_yaml_real(limits, "seconds", 0.001, 1e9, cx, &c->seconds));
        SB_TRY(sb_yaml_size(limits, "memory_mb", 1, 1u << 24, cx, &mb));
    }
    c->memory = mb << 20;
    return SB_OK;
}

/* A relative folder counts from the config's, like the files it names; if it is not there, from the current one. */
static sb_status read_mirror(const sb_yaml *node, sb_ctx *cx, const char **folder)
{
    if (node->kind != SB_YAML_SCALAR || !*node->text)
        return sb_yaml_fail(node, cx, "'mirror' must be a folder or a list of folders");
    const char *slash = *node->text == '/' ? NULL : strrchr(node->file, '/');
    *folder = node->text;
    if (!slash) return SB_OK;
    const char *beside = sb_str_format(cx->arena, "%.*s/%s", (int)(slash - node->file), node->file, node->text);
    if (!beside) SB_FAIL(cx->err, SB_ENOMEM, "list of mirrors");
    if (sb_file_is_dir(beside)) *folder = beside;
    return SB_OK;
}

static sb_status read_mirrors(const sb_yaml *root, sb_ctx *cx, sb_config *c)
{
    const sb_yaml *node = sb_yaml_get(root, "mirror");
    const size_t count = !node ? 0 : node->kind == SB_YAML_LIST ? node->n : 1;
    const char **list = SB_NEW(cx->arena, count + 1, const char *);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "list of mirrors");
    for (size_t i = 0; i < count; i++)
        SB_TRY(read_mirror(node->kind == SB_YAML_LIST ? node->item[i] : node, cx, &list[i]));
    c->mirror = list;
    return SB_OK;
}

/* The name becomes a folder: letters, digits, dot, dash, underscore. */
static sb_status check_name(const sb_yaml *root, sb_ctx *cx, const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (!*name || name[0] == '.' || name[strspn(name, allowed)])
        return sb_yaml_fail(sb_yaml_get(root, "name") ? sb_yaml_get(root, "name") : root, cx,
                            "'name' is '%s', expected letters, digits, '.', '-' and '_' only", name);
    return SB_OK;
}

static sb_status check_reference(const sb_yaml *root, const reading *r, sb_config *c)
{
    for (size_t i = 0; i < r->benches; i++)
        for (size_t j = 0; j < r->bench[i].methods; j++)
            if (strcmp(r->bench[i].method[j].label, c->reference) == 0) return SB_OK;
    const sb_yaml *node = sb_yaml_get(root, "reference");
    if (node) return sb_yaml_fail(node, r->cx, "'reference' is '%s', which is not among the methods", c->reference);
    return SB_OK;
}

/* --set, in order. *most: repeats that --set allows, which binds entries with repeats of their own too. */
static sb_status apply_sets(const sb_overrides *o, sb_ctx *cx, const sb_yaml **root, size_t *most)
{
    for (size_t i = 0; o && i < o->sets; i++) {
        const char *eq = strchr(o->set[i], '=');
        if (!eq) SB_FAIL(cx->err, SB_ECONFIG, "--set '%s' is not PATH=VALUE", o->set[i]);
        const char *where = sb_str_copy(cx->arena, o->set[i], (size_t)(eq - o->set[i]));
        if (!where) SB_FAIL(cx->err, SB_ENOMEM, "--set");
        SB_TRY(sb_yaml_set(*root, where, eq + 1, cx, root));
        if (strcmp(where, "repeats") == 0) SB_TRY(sb_yaml_size(*root, "repeats", 1, 1000000, cx, most));
    }
    return SB_OK;
}

sb_status sb_config_read(const char *path, const sb_overrides *o, const sb_places *places, sb_ctx *cx, sb_config *out)
{
    const sb_yaml *root = NULL;
    SB_TRY(sb_yaml_read(path, cx, &root));
    size_t most = UINT_MAX;
    SB_TRY(apply_sets(o, cx, &root, &most));
    if (root->kind != SB_YAML_MAP)
        return sb_yaml_fail(root, cx, "a config is a map with 'name', 'data', 'methods', ...");
    SB_TRY(sb_yaml_keys(root, top_keys, cx));
    sb_config c = {.file = path, .probes = 6, .delta = 0.05, .reference = "uniform", .title = "", .seed = 1};
    if (!sb_yaml_get(root, "name")) return sb_yaml_fail(root, cx, "'name' is missing");
    SB_TRY(sb_yaml_text(root, "name", cx, &c.name));
    SB_TRY(check_name(root, cx, c.name));
    SB_TRY(sb_yaml_text(root, "title", cx, &c.title));
    size_t seed = 1;
    SB_TRY(sb_yaml_size(root, "seed", 0, SIZE_MAX / 2, cx, &seed));
    c.seed = seed;
    SB_TRY(sb_yaml_size(root, "probes", 0, 64, cx, &c.probes));
    SB_TRY(sb_yaml_real(root, "delta", 1e-12, 0.5, cx, &c.delta));
    SB_TRY(sb_yaml_text(root, "reference", cx, &c.reference));
    SB_TRY(read_limits(root, cx, &c));
    SB_TRY(read_mirrors(root, cx, &c));
    reading r = {
        .root = root, .places = places, .cx = cx, .o = o, .most = (unsigned)most, .notes = {.arena = cx->arena}};
    SB_TRY(read_data(&r));
    SB_TRY(check_reference(root, &r, &c));
    sb_claims claims;
    SB_TRY(sb_claims_parse(sb_yaml_get(root, "claims"), cx, &claims));
    /* --set may take away what a claim is about: it is then not measured */
    if (!o || !o->sets) SB_TRY(sb_claims_check(&claims, r.bench, r.benches, cx));
    SB_TRY(sb_config_only(o, r.bench, &r.benches, cx));
    if (r.notes.bad) SB_FAIL(cx->err, SB_ENOMEM, "notes of the config");
    c.bench = r.bench;
    c.benches = r.benches;
    c.notes = r.notes.size ? r.notes.text : "";
    SB_TRY(sb_config_text(&c, cx, &c.text));
    *out = c;
    return SB_OK;
}

sb_status sb_config_places(const sb_config *config, sb_ctx *cx, sb_places *places)
{
    size_t a = 0, b = 0;
    while (places->mirror && places->mirror[a]) a++;
    while (config->mirror[b]) b++;
    const char **all = SB_NEW(cx->arena, a + b + 1, const char *);
    if (!all) SB_FAIL(cx->err, SB_ENOMEM, "list of mirrors");
    for (size_t i = 0; i < a; i++) all[i] = places->mirror[i];
    for (size_t i = 0; i < b; i++) all[a + i] = config->mirror[i];
    places->mirror = all;
    return SB_OK;
}

unsigned sb_budget_repeats(const sb_bench *b, size_t budget)
{
    return b->budget[budget].repeats < b->repeats ? b->budget[budget].repeats : b->repeats;
}

size_t sb_bench_repeats(const sb_bench *b)
{
    size_t all = 0;
    for (size_t i = 0; i < b->budgets; i++) all += sb_budget_repeats(b, i);
    return all;
}

size_t sb_budget_rows(const sb_budget *b, size_t n) { return sb_count_rows(b->count, n, n); }

size_t sb_warmup_rows(const sb_warmup *w, size_t n, size_t m) { return w->any ? sb_count_rows(w->rows, n, m) : 0; }
