/* Embeddings from files: their description, and their arrays laid beside the rows of the data set. */
#include "embedding.h"

#include <string.h>

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "embedding file"); }

/* {train: member, test: member} */
static sb_status label_members(const sb_yaml *map, sb_ctx *cx, const char *member[SB_PARTS])
{
    static const char *const keys[] = {"train", "test", NULL};
    const sb_yaml *labels = sb_yaml_get(map, "labels");
    if (!labels) return SB_OK;
    SB_TRY(sb_yaml_keys(labels, keys, cx));
    SB_TRY(sb_yaml_text(labels, "train", cx, &member[SB_TRAIN]));
    return sb_yaml_text(labels, "test", cx, &member[SB_TEST]);
}

sb_status sb_embedding_file_read(const sb_yaml *entry, const char *name, const sb_source *set, sb_ctx *cx,
                                 sb_embedding_file *out)
{
    static const sb_yaml nothing = {.kind = SB_YAML_MAP}; /* addresses and folders of the data set are not its own */
    static const char *const keys[] = {"name",    "sha256",        "folders", "urls",      "package", "reader",
                                       "options", "train",         "test",    "labels",    "title",   "licence",
                                       "source",  "citation",      "d",       "confirmed", "bytes",   "divide",
                                       "inside",  "packed_sha256", NULL};
    const char *x[SB_PARTS] = {NULL}, *label[SB_PARTS] = {NULL};
    *out = (sb_embedding_file){.name = name, .title = "", .licence = "", .source = "", .citation = "", .divide = 1};
    SB_TRY(sb_yaml_keys(entry, keys, cx));
    SB_TRY(sb_yaml_text(entry, "title", cx, &out->title));
    SB_TRY(sb_yaml_text(entry, "licence", cx, &out->licence));
    SB_TRY(sb_yaml_text(entry, "source", cx, &out->source));
    SB_TRY(sb_yaml_text(entry, "citation", cx, &out->citation));
    if (!*out->licence) return sb_yaml_fail(entry, cx, "embedding '%s' lacks 'licence'", name);
    SB_TRY(sb_yaml_size(entry, "d", 1, 1u << 30, cx, &out->d));
    SB_TRY(sb_yaml_real(entry, "divide", 1e-30, 1e30, cx, &out->divide));
    SB_TRY(sb_yaml_text(entry, "train", cx, &x[SB_TRAIN]));
    SB_TRY(sb_yaml_text(entry, "test", cx, &x[SB_TEST]));
    SB_TRY(label_members(entry, cx, label));
    SB_TRY(sb_file_ref_read(entry, &nothing, set, name, x[SB_TRAIN], cx, &out->x[SB_TRAIN]));
    if (x[SB_TEST]) SB_TRY(sb_file_ref_read(entry, &nothing, set, name, x[SB_TEST], cx, &out->x[SB_TEST]));
    for (size_t p = 0; p < SB_PARTS; p++)
        if (label[p]) SB_TRY(sb_file_ref_read(entry, &nothing, set, name, label[p], cx, &out->label[p]));
    return SB_OK;
}

sb_status sb_embedding_file_own(const sb_yaml *map, const char *set, sb_ctx *cx, sb_embedding_file *out)
{
    static const char *const keys[] = {"file", "test_file", "sha256", "train", "test", "labels", "name", NULL};
    const char *x[SB_PARTS] = {NULL}, *label[SB_PARTS] = {NULL}, *sha256 = NULL;
    SB_TRY(sb_yaml_keys(map, keys, cx));
    const sb_yaml *file = sb_yaml_get(map, "file"), *test_file = sb_yaml_get(map, "test_file");
    if (!file) return sb_yaml_fail(map, cx, "embedding lacks 'file'");
    *out = (sb_embedding_file){.title = "", .licence = "", .source = "own file", .citation = "", .divide = 1};
    SB_TRY(sb_yaml_text(map, "name", cx, &out->name));
    SB_TRY(sb_yaml_text(map, "sha256", cx, &sha256));
    SB_TRY(sb_yaml_text(map, "train", cx, &x[SB_TRAIN]));
    SB_TRY(sb_yaml_text(map, "test", cx, &x[SB_TEST]));
    SB_TRY(label_members(map, cx, label));
    SB_TRY(sb_file_ref_own(file, set, "embedding", sha256, x[SB_TRAIN], cx, &out->x[SB_TRAIN]));
    sha256 = out->x[SB_TRAIN]->sha256;
    if (test_file)
        SB_TRY(sb_file_ref_own(test_file, set, "embedding", NULL, x[SB_TEST], cx, &out->x[SB_TEST]));
    else if (x[SB_TEST])
        SB_TRY(sb_file_ref_own(file, set, "embedding", sha256, x[SB_TEST], cx, &out->x[SB_TEST]));
    for (size_t p = 0; p < SB_PARTS; p++)
        if (label[p]) SB_TRY(sb_file_ref_own(file, set, "embedding", sha256, label[p], cx, &out->label[p]));
    if (out->name) return SB_OK;
    const char *path = out->x[SB_TRAIN]->path, *slash = strrchr(path, '/');
    out->name = sb_str_copy(cx->arena, slash ? slash + 1 : path, strcspn(slash ? slash + 1 : path, "."));
    return out->name ? SB_OK : no_memory(cx);
}

const char *sb_embedding_file_text(const sb_embedding_file *e, sb_arena *a)
{
    sb_buf b = {.arena = a};
    for (size_t p = 0; p < SB_PARTS; p++) {
        const char *text = e->x[p] ? sb_file_ref_text(e->x[p], a) : "none";
        sb_buf_add(&b, "%s%s", p ? ", test=" : "file{train=", text ? text : "");
        if (!text) b.bad = true;
    }
    if (e->divide != 1) sb_buf_add(&b, ", divide=%.17g", e->divide);
    sb_buf_add(&b, "}");
    return b.bad ? NULL : b.text;
}

sb_status sb_base_rows(const sb_cached *base, size_t p, sb_view *v, sb_ctx *cx)
{
    const sb_cache_head *h = base->head;
    const uint32_t *row = sb_cache_section(base, SB_ROWS + p);
    if (row && v->n == h->source_n[p]) {
        v->row = row;
        v->n = h->n[p];
    }
    if (v->n == h->n[p]) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA, "%zu rows, but the %s part has %zu%s", v->n, p ? "test" : "training", (size_t)h->n[p],
            row ? " (before splitting and sampling another number, which would do too)" : "");
}

static sb_status compare_labels(const sb_cached *base, size_t p, sb_view *v, sb_ctx *cx)
{
    const int32_t *label = sb_cache_section(base, SB_Y + p);
    if (base->head->kind != SB_CLASSIFICATION) return SB_OK;
    SB_TRY(sb_base_rows(base, p, v, cx));
    for (size_t i = 0; i < v->n; i++)
        if (sb_view_raw(v, i, 0) != (double)label[i])
            SB_FAIL(cx->err, SB_EDATA,
                    "its label of row %zu is %.10g, the data set's %d: the rows are in another order",
                    sb_view_row(v, i), sb_view_raw(v, i, 0), label[i]);
    return SB_OK;
}

static sb_status load_part(const sb_embedding_file *e, size_t p, const sb_cached *base, const sb_places *places,
                           sb_ctx *cx, sb_parts *t)
{
    const bool shared = p == SB_TEST && !e->x[p] && sb_cache_section(base, SB_ROWS + p) && t->x[SB_TRAIN].array &&
                        sb_array_rows(t->x[SB_TRAIN].array) == base->head->source_n[p];
    if (!e->x[p] && !shared)
        SB_FAIL(cx->err, SB_EDATA, "it has no rows for the %zu of the test part", (size_t)base->head->n[p]);
    sb_array *a = SB_NEW(cx->arena, 2, sb_array);
    if (!a) return no_memory(cx);
    if (shared)
        a[0] = *t->x[SB_TRAIN].array;
    else
        SB_TRY(sb_file_ref_load(e->x[p], places, &t->maps, cx, &a[0]));
    t->x[p] = sb_view_all(&a[0]);
    t->x[p].divide = e->divide;
    t->x[p].file = sb_file_ref_id(e->x[shared ? SB_TRAIN : p], cx->arena);
    t->source_n[p] = t->x[p].n;
    SB_TRY(sb_base_rows(base, p, &t->x[p], cx));
    if (e->d && t->x[p].d != e->d) SB_FAIL(cx->err, SB_EDATA, "%zu columns, but %zu are declared", t->x[p].d, e->d);
    if (!e->label[p]) return SB_OK;
    SB_TRY(sb_file_ref_load(e->label[p], places, &t->maps, cx, &a[1]));
    sb_view labels = sb_view_all(&a[1]);
    return compare_labels(base, p, &labels, cx);
}

sb_status sb_embedding_file_parts(const sb_embedding_file *e, const sb_cached *base, const sb_places *places,
                                  sb_ctx *cx, sb_parts *t)
{
    t->features_only = true;
    for (size_t p = 0; p < SB_PARTS; p++) {
        if (!base->head->n[p]) continue;
        SB_TRY(load_part(e, p, base, places, cx, t));
    }
    return SB_OK;
}
