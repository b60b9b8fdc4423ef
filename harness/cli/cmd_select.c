/* One method on one data set, or on the user's own arrays: indices and weights to a file, no experiment around it. */
#include <string.h>

#include "choose.h"
#include "cli.h"
#include "file.h"
#include "kernel.h"
#include "npy.h"
#include "registry.h"
#include "str.h"

/* What a method may ask a warm-up model for. */
enum {
    ASKS = SB_NEEDS_LOSS | SB_NEEDS_PROB | SB_NEEDS_GRADIENT | SB_MAY_GRADIENT | SB_NEEDS_TRAJECTORY |
           SB_NEEDS_COMMITTEE | SB_NEEDS_SMALL
};

typedef struct selecting {
    cli *c;
    const char *method, *data, *embedding, *view, *target, *features, *labels, *targets, *budget, *warmup, *model, *out;
    size_t seed, repeat;
    cli_list set;
    /* opened */
    const char *label;
    sb_mat seen;
    sb_data train;
    sb_dataset dataset, second;
    sb_target rows;
    bool open;
} selecting;

static sb_status parse_text(selecting *s, const char *name, const char *text, const sb_yaml **node)
{
    return sb_yaml_parse(text, strlen(text), name, &s->c->cx, node);
}

/* KEY: 'path', with its quotes doubled: any path is a YAML text then. A map {path: ...} stays one. */
static void add_path(sb_buf *b, const char *key, const char *path)
{
    if (*path == '{') {
        sb_buf_add(b, "%s: %s", key, path);
        return;
    }
    sb_buf_add(b, "%s: '", key);
    for (const char *p = path; *p; p++) sb_buf_add(b, *p == '\'' ? "''" : "%c", *p);
    sb_buf_add(b, "'");
}

static sb_status open_extras(selecting *s, const sb_dataset_spec *data, const sb_embedding_spec *seen)
{
    const sb_yaml *view = NULL, *target = NULL;
    sb_embedding_spec *second = NULL;
    sb_target_spec *rows = NULL;
    const sb_places *places = &s->c->places;
    if (s->view) SB_TRY(parse_text(s, "--view", s->view, &view));
    if (s->target) SB_TRY(parse_text(s, "--target", s->target, &target));
    SB_TRY(sb_view_parse(view, data, places, &s->c->cx, &second));
    SB_TRY(sb_target_parse(target, data, places, &s->c->cx, &rows));
    if (second) SB_TRY(sb_dataset_open(data, second, places, &s->c->cx, &s->second));
    return rows ? sb_target_open(data, seen, rows, places, &s->c->cx, &s->rows) : SB_OK;
}

static sb_status open_dataset(selecting *s)
{
    const sb_yaml *node = NULL, *embedding = NULL;
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *seen = NULL;
    const char *text = s->data;
    const bool bare = s->features && !s->labels && !s->targets;
    sb_buf own = {.arena = s->c->cx.arena};
    if (s->features && !bare) {
        add_path(&own, "{file", s->features);
        add_path(&own, s->labels ? ", labels" : ", targets", s->labels ? s->labels : s->targets);
        sb_buf_add(&own, "}");
        if (own.bad) SB_FAIL(s->c->cx.err, SB_ENOMEM, "data");
        text = own.text;
    }
    if (bare) {
        SB_TRY(sb_dataset_features(s->features, &s->c->cx, &spec));
    } else {
        SB_TRY(parse_text(s, s->features ? "--features" : "--data", text, &node));
        SB_TRY(sb_dataset_parse(node, &s->c->places, &s->c->cx, &spec));
    }
    SB_TRY(parse_text(s, "--embedding", s->embedding ? s->embedding : "raw", &embedding));
    SB_TRY(sb_embedding_parse(embedding, spec, &s->c->places, &s->c->cx, &seen));
    SB_TRY(sb_dataset_open(spec, seen, &s->c->places, &s->c->cx, &s->dataset));
    s->open = true;
    s->label = sb_dataset_spec_info(spec)->name;
    s->train = s->dataset.train;
    s->seen = s->train.x;
    return open_extras(s, spec, seen);
}

static sb_status read_method(selecting *s, sb_method_use **use)
{
    const sb_yaml *node = NULL;
    size_t count = 0;
    sb_buf b = {.arena = s->c->cx.arena};
    sb_buf_add(&b, "{%s: {", s->method);
    for (size_t i = 0; i < s->set.n; i++) {
        const char *eq = strchr(s->set.item[i], '=');
        if (!eq) SB_FAIL(s->c->cx.err, SB_ECONFIG, "--set '%s' is not OPTION=VALUE", s->set.item[i]);
        sb_buf_add(&b, "%s%.*s: %s", i ? ", " : "", (int)(eq - s->set.item[i]), s->set.item[i], eq + 1);
    }
    sb_buf_add(&b, "}}");
    if (b.bad) SB_FAIL(s->c->cx.err, SB_ENOMEM, "method");
    const sb_method *known = NULL;
    const sb_status st = sb_method_get(s->method, &s->c->cx, &known, NULL);
    if (st != SB_OK) return sb_err_in(s->c->cx.err, SB_ECONFIG, "argument METHOD");
    SB_TRY(parse_text(s, "--set", b.text, &node));
    SB_TRY(sb_config_methods(node, &s->c->cx, use, &count));
    if (count != 1 || !*use) SB_FAIL(s->c->cx.err, SB_ECONFIG, "--set spans %zu combinations, one is needed", count);
    return SB_OK;
}

static sb_status read_rows(selecting *s, const char *name, const char *text, size_t of_m, size_t *rows)
{
    const sb_param row[] = {{name, "", "1", SB_P_COUNT, 0, 1, 1e12, NULL}, {0}};
    sb_count count;
    SB_TRY(sb_param_set(row, &count, name, text, &s->c->cx));
    *rows = sb_count_rows(count, s->seen.n, of_m);
    return SB_OK;
}

/* Warm-up rows and the proxy trained on them, for methods that query one. */
static sb_status warm_up(selecting *s, size_t m, sb_choice *choice)
{
    sb_ctx *cx = &s->c->cx;
    const sb_yaml *node = NULL;
    sb_model_spec *model = NULL;
    size_t rows = 0, count = 0;
    const char *name = s->model ? s->model : s->train.kind == SB_CLASSIFICATION ? "softmax" : "ridge";
    if (!s->train.label && !s->train.y) SB_FAIL(cx->err, SB_ECONFIG, "--warmup needs --labels or --targets");
    SB_TRY(read_rows(s, "--warmup", s->warmup, m, &rows));
    if (rows > s->seen.n) SB_FAIL(cx->err, SB_ECONFIG, "--warmup %zu is above the %zu rows there are", rows, s->seen.n);
    SB_TRY(parse_text(s, "--model", name, &node));
    SB_TRY(sb_config_models(node, cx, &model, &count));
    uint32_t *warm = SB_NEW(cx->arena, s->seen.n, uint32_t);
    sb_proxy *proxy = SB_NEW(cx->arena, 1, sb_proxy);
    if (!warm || !proxy) SB_FAIL(cx->err, SB_ENOMEM, "warm-up");
    for (size_t i = 0; i < s->seen.n; i++) warm[i] = (uint32_t)i;
    cx->path = sb_str_format(cx->arena, "%s/rep%zu/warmup", s->label, s->repeat);
    if (!cx->path) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
    sb_rng rng = sb_ctx_stream(cx, "draw");
    sb_rng_shuffle(&rng, warm, s->seen.n, s->seen.n);
    sb_fitted fit;
    const sb_subset first = {.m = rows, .row = warm};
    SB_TRY(sb_fit(&s->train, &model->use, &first, NULL, cx, &fit));
    sb_ctx *own = SB_NEW(cx->arena, 1, sb_ctx); /* the draws of trajectories and committees keep this path */
    if (!own) SB_FAIL(cx->err, SB_ENOMEM, "warm-up");
    *own = *cx;
    sb_proxy_init(proxy, &s->train, &model->use, fit.theta, NULL, own);
    sb_proxy_warm(proxy, warm, rows);
    choice->warm = warm;
    choice->warm_n = rows;
    choice->oracle = &proxy->oracle;
    return SB_OK;
}

static sb_status write_csv(selecting *s, const char *path, const sb_selection *sel)
{
    sb_buf b = {.arena = s->c->cx.arena};
    sb_buf_add(&b, "index,weight\n");
    for (size_t i = 0; i < sel->m; i++)
        sb_buf_add(&b, "%u,%.17g\n", sel->row[i], sel->weight ? sel->weight[i] : (double)s->seen.n / (double)sel->m);
    if (b.bad) SB_FAIL(s->c->cx.err, SB_ENOMEM, "%zu rows of CSV", sel->m);
    if (path) return sb_file_write(path, b.text, b.size, &s->c->cx);
    (void)fwrite(b.text, 1, b.size, stdout);
    return SB_OK;
}

static sb_status write_selection(selecting *s, const sb_selection *sel)
{
    sb_ctx *cx = &s->c->cx;
    if (!s->out || sb_str_ends(s->out, ".csv")) return write_csv(s, s->out, sel);
    int64_t *rows = SB_NEW(cx->arena, sel->m, int64_t);
    double *weights = SB_NEW(cx->arena, sel->m, double);
    if (!rows || !weights) SB_FAIL(cx->err, SB_ENOMEM, "%zu rows", sel->m);
    for (size_t i = 0; i < sel->m; i++) {
        rows[i] = sel->row[i];
        weights[i] = sel->weight ? sel->weight[i] : (double)s->seen.n / (double)sel->m;
    }
    const sb_npz_member member[] = {
        {"indices", {.type = SB_I64, .dims = 1, .shape = {sel->m}, .data = rows}},
        {"weights", {.type = SB_F64, .dims = 1, .shape = {sel->m}, .data = weights}},
    };
    if (sb_str_ends(s->out, ".npz")) return sb_npz_write(s->out, member, 2, cx);
    if (sb_str_ends(s->out, ".npy")) return sb_npy_write(s->out, &member[0].array, cx);
    SB_FAIL(cx->err, SB_ECONFIG, "--out '%s' must end in .npz (indices and weights), .npy (indices) or .csv", s->out);
}

static void explain(const selecting *s, const sb_method_use *use, const sb_selection *sel, const sb_meter *meter,
                    double seconds)
{
    if (s->c->quiet) return;
    (void)fprintf(stderr, "%s: %zu of %zu rows in %.3f s; read %llu labels, %llu losses, %llu probabilities\n",
                  use->text, sel->m, s->seen.n, seconds, (unsigned long long)meter->labels,
                  (unsigned long long)meter->losses, (unsigned long long)meter->probs);
    for (size_t i = 0; i < sel->notes; i++)
        (void)fprintf(stderr, "  %s %.10g\n", sel->note[i].name, sel->note[i].value);
    if (s->out) (void)printf("%s\n", s->out);
}

static sb_status select_rows(selecting *s)
{
    sb_ctx *cx = &s->c->cx;
    sb_method_use *use = NULL;
    size_t m = 0;
    SB_TRY(read_method(s, &use));
    SB_TRY(open_dataset(s));
    if (use->method->needs & SB_NEEDS_LABELS && !s->train.label && !s->train.y)
        SB_FAIL(cx->err, SB_ECONFIG, "method '%s' needs --labels or --targets", use->method->name);
    SB_TRY(read_rows(s, "--budget", s->budget, s->seen.n, &m));
    cx->seed = s->seed;
    sb_choice choice = {.use = use,
                        .seen = s->seen,
                        .train = &s->train,
                        .no_proxy = "",
                        .view = s->second.train.x,
                        .target = s->rows.x};
    if (s->warmup) SB_TRY(warm_up(s, m, &choice));
    sb_selection sel;
    sb_meter meter = {0};
    void *state = NULL;
    double prepare_s = 0, select_s = 0;
    const char *stream = sb_str_format(cx->arena, "%s/rep%zu/%s", s->label, s->repeat, use->stream);
    cx->path = stream;
    if (!stream) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
    SB_TRY(sb_choose_prepare(&choice, cx, &state, &prepare_s));
    if (!(use->method->traits & SB_PREFIX)) cx->path = sb_str_format(cx->arena, "%s/m%zu", stream, m);
    if (!cx->path) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
    const sb_status st = sb_choose(&choice, state, m, cx, &sel, &meter, &select_s);
    if (st == SB_SKIP && !s->warmup && (use->method->needs & ASKS))
        return sb_err_in(cx->err, SB_ECONFIG, "method '%s' without --warmup ROWS", use->method->name);
    SB_TRY(st);
    SB_TRY(write_selection(s, &sel));
    explain(s, use, &sel, &meter, prepare_s + select_s);
    return SB_OK;
}

int cmd_select(cli *c, int argc, char **argv)
{
    selecting s = {.c = c, .budget = "1%", .seed = 1};
    const cli_option options[] = {
        {"--budget", "-m", "ROWS", "rows to select: a count or a percentage (default 1%)", CLI_TEXT, &s.budget},
        {"--data", NULL, "NAME", "a registered data set, or a map as in a config", CLI_TEXT, &s.data},
        {"--embedding", NULL, "SPEC", "raw (default), a name, or a transform as in a config", CLI_TEXT, &s.embedding},
        {"--view", NULL, "SPEC", "a second view of the rows, as --embedding, for methods that need one", CLI_TEXT,
         &s.view},
        {"--target", NULL, "SPEC", "rows to select for: '{file: q.npy}' or '{set: NAME}'", CLI_TEXT, &s.target},
        {"--features", NULL, "FILE", "own rows, in any format; {path: FILE, options: ...} as in a config", CLI_TEXT,
         &s.features},
        {"--labels", NULL, "FILE", "their class labels", CLI_TEXT, &s.labels},
        {"--targets", NULL, "FILE", "or their regression targets", CLI_TEXT, &s.targets},
        {"--set", NULL, "OPTION=VALUE", "an option of the method", CLI_TEXTS, &s.set},
        {"--warmup", NULL, "ROWS", "train a proxy on this many random rows first (for methods that query one)",
         CLI_TEXT, &s.warmup},
        {"--model", NULL, "NAME", "the proxy: softmax (classes) or ridge (targets) unless said", CLI_TEXT, &s.model},
        {"--seed", NULL, "N", "experiment seed (default 1)", CLI_SIZE, &s.seed},
        {"--repeat", NULL, "N", "repeat whose draws are used (default 0)", CLI_SIZE, &s.repeat},
        {"--out", "-o", "FILE", ".npz (indices, weights), .npy (indices) or .csv; default: CSV on stdout", CLI_TEXT,
         &s.out},
        {0},
    };
    const int code = cli_parse(c, "select", options, argc, argv, &s.method, 1, 1);
    if (code >= 0) return code;
    if (!s.data == !s.features) {
        (void)fprintf(stderr, "selbench select: give either --data or --features\n");
        return CLI_USAGE;
    }
    if ((s.labels && s.targets) || (s.data && (s.labels || s.targets))) {
        (void)fprintf(stderr, "selbench select: %s\n",
                      s.data ? "--labels and --targets go with --features, --data has its own"
                             : "give either --labels or --targets");
        return CLI_USAGE;
    }
    sb_kernel_single_thread();
    const sb_status st = select_rows(&s);
    if (s.open) sb_dataset_close(&s.dataset);
    sb_dataset_close(&s.second);
    sb_target_close(&s.rows);
    return st == SB_OK ? CLI_OK : cli_fail(c, st);
}
