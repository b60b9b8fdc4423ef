#include "bundle.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "file.h"
#include "hash.h"
#include "str.h"

enum { BLOCK = 512 }; /* of tar */

typedef struct bundling {
    sb_ctx *cx;
    const char *dir, *name, *path;
    const char *license; /* URL, or NULL */
    gzFile out;
    json_t *parts, *entities; /* of the RO-Crate graph */
    sb_buf sums;
    sb_bundle done;
} bundling;

static sb_status put(bundling *b, const void *bytes, size_t size)
{
    const char *p = bytes;
    for (size_t left = size; left;) {
        const unsigned step = left > 1u << 30 ? 1u << 30 : (unsigned)left;
        if (gzwrite(b->out, p, step) != (int)step) SB_FAIL(b->cx->err, SB_EIO, "cannot write '%s'", b->path);
        p += step;
        left -= step;
    }
    return SB_OK;
}

/* POSIX ustar; name and prefix part at a slash. */
static sb_status put_header(bundling *b, const char *file, size_t size)
{
    char h[BLOCK] = {0};
    const char *full = sb_str_format(b->cx->arena, "%s/%s", b->name, file), *cut = full;
    if (!full) SB_FAIL(b->cx->err, SB_ENOMEM, "name in an archive");
    while (cut && strlen(cut) > 100) { /* the last 100 characters at most, from a slash on */
        cut = strchr(cut, '/');
        cut += cut != NULL;
    }
    const size_t before = cut > full ? (size_t)(cut - full) - 1 : 0;
    if (!cut || before > 155 || size > 077777777777u)
        SB_FAIL(b->cx->err, SB_EDATA, "'%s' is too long for a tar archive", full);
    memcpy(h, cut, strlen(cut));
    memcpy(h + 345, full, before);
    (void)snprintf(h + 100, 8, "%07o", 0644u);
    (void)snprintf(h + 108, 8, "%07o", 0u);
    (void)snprintf(h + 116, 8, "%07o", 0u);
    (void)snprintf(h + 124, 12, "%011zo", size);
    (void)snprintf(h + 136, 12, "%011o", 0u);
    memset(h + 148, ' ', 8);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++) sum += (unsigned char)h[i];
    (void)snprintf(h + 148, 8, "%06o", sum);
    return put(b, h, BLOCK);
}

static sb_status put_file(bundling *b, const char *file, const char *bytes, size_t size)
{
    static const char zeros[BLOCK];
    SB_TRY(put_header(b, file, size));
    SB_TRY(put(b, bytes, size));
    b->done.files++;
    b->done.bytes += (double)size;
    return put(b, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

static const char *format_of(const char *file)
{
    static const char *const known[][2] = {
        {".json", "application/json"}, {".jsonl", "application/jsonl"}, {".tsv", "text/tab-separated-values"},
        {".csv", "text/csv"},          {".html", "text/html"},          {".md", "text/markdown"},
        {".yaml", "application/yaml"}, {".svg", "image/svg+xml"},       {".png", "image/png"},
        {".npz", "application/zip"},   {".tex", "application/x-tex"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sb_str_ends(file, known[i][0])) return known[i][1];
    return "text/plain";
}

/* A file of the run, with its line in SHA256SUMS and its entity in the crate. */
static sb_status add_file(bundling *b, const char *file)
{
    const size_t mark = sb_arena_mark(b->cx->arena);
    char *bytes = NULL, hex[SB_HASH_HEX], number[32];
    size_t size = 0;
    const char *path = sb_file_join(b->cx->arena, b->dir, file);
    if (!path) SB_FAIL(b->cx->err, SB_ENOMEM, "name of a file");
    SB_TRY(sb_file_read(path, SIZE_MAX / 4, b->cx, &bytes, &size));
    sb_hash_hex_of(bytes, size, hex);
    (void)snprintf(number, sizeof number, "%zu", size);
    SB_TRY(put_file(b, file, bytes, size));
    sb_arena_rewind(b->cx->arena, mark);
    sb_buf_add(&b->sums, "%s  %s\n", hex, file);
    (void)json_array_append_new(b->parts, json_pack("{s:s}", "@id", file));
    (void)json_array_append_new(b->entities,
                                json_pack("{s:s, s:s, s:s, s:s, s:s}", "@id", file, "@type", "File", "contentSize",
                                          number, "sha256", hex, "encodingFormat", format_of(file)));
    return SB_OK;
}

/* Folders below folders do not occur in a run; "below" is NULL for the run folder itself. */
static sb_status add_folder(bundling *b, const char *below)
{
    const char *folder = below ? sb_file_join(b->cx->arena, b->dir, below) : b->dir, **names = NULL;
    size_t n = 0;
    if (!folder) SB_FAIL(b->cx->err, SB_ENOMEM, "name of a folder");
    SB_TRY(sb_file_list(folder, b->cx, &names, &n));
    for (size_t i = 0; i < n; i++) {
        const char *file = below ? sb_file_join(b->cx->arena, below, names[i]) : names[i];
        const char *path = sb_file_join(b->cx->arena, folder, names[i]);
        if (!file || !path) SB_FAIL(b->cx->err, SB_ENOMEM, "name of a file");
        const bool ours = strcmp(names[i], "SHA256SUMS") == 0 || strcmp(names[i], "ro-crate-metadata.json") == 0;
        if (*names[i] == '.' || sb_str_ends(names[i], "lock") || ours) continue; /* of an unpacked bundle: made again */
        if (!sb_file_is_dir(path))
            SB_TRY(add_file(b, file));
        else if (!below)
            SB_TRY(add_folder(b, file));
    }
    return SB_OK;
}

static const char *member(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static json_t *crate(const bundling *b, const json_t *run)
{
    const char *title = *member(run, "title") ? member(run, "title") : b->name;
    json_t *graph = json_array();
    (void)json_array_append_new(graph, json_pack("{s:s, s:s, s:{s:s}, s:{s:s}}", "@id", "ro-crate-metadata.json",
                                                 "@type", "CreativeWork", "conformsTo", "@id",
                                                 "https://w3id.org/ro/crate/1.1", "about", "@id", "./"));
    (void)json_array_append_new(
        graph, json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:{s:s}}", "@id", "./", "@type", "Dataset", "name", title,
                         "description",
                         "A run of selbench: config, records, subsets, tables, plots. Replay it with "
                         "`selbench verify .`",
                         "datePublished", member(run, "started"), "hasPart", b->parts, "mentions", "@id", "#run"));
    (void)json_array_append_new(graph, json_pack("{s:s, s:s, s:s, s:s}", "@id", "#selbench", "@type",
                                                 "SoftwareApplication", "name", "selbench", "version",
                                                 member(json_object_get(run, "software"), "selbench")));
    (void)json_array_append_new(graph, json_pack("{s:s, s:s, s:s, s:s, s:{s:s}, s:[{s:s}], s:[{s:s}]}", "@id", "#run",
                                                 "@type", "CreateAction", "name", member(run, "command"), "startTime",
                                                 member(run, "started"), "instrument", "@id", "#selbench", "object",
                                                 "@id", "config.yaml", "result", "@id", "metrics.tsv"));
    if (b->license) {
        (void)json_object_set_new(json_array_get(graph, 1), "license", json_pack("{s:s}", "@id", b->license));
        (void)json_array_append_new(
            graph, json_pack("{s:s, s:s, s:s}", "@id", b->license, "@type", "CreativeWork", "name", b->license));
    }
    (void)json_array_extend(graph, b->entities);
    /* the context of RO-Crate 1.1 has no checksum: schema.org has */
    return json_pack("{s:[s, {s:s}], s:o}", "@context", "https://w3id.org/ro/crate/1.1/context", "sha256",
                     "https://schema.org/sha256", "@graph", graph);
}

static sb_status put_crate(bundling *b, const json_t *run)
{
    json_t *o = crate(b, run);
    const size_t flags = JSON_INDENT(1) | JSON_SORT_KEYS, size = o ? json_dumpb(o, NULL, 0, flags) : 0;
    char *text = SB_NEW(b->cx->arena, size + 1, char);
    if (text && size) (void)json_dumpb(o, text, size, flags);
    json_decref(o);
    if (!text || !size || b->sums.bad) SB_FAIL(b->cx->err, SB_ENOMEM, "description of a bundle");
    SB_TRY(put_file(b, "ro-crate-metadata.json", text, size));
    return put_file(b, "SHA256SUMS", b->sums.text, b->sums.size);
}

static sb_status write_archive(bundling *b, const json_t *run)
{
    static const char end[2 * BLOCK];
    const char *partial = sb_str_format(b->cx->arena, "%s.part", b->path);
    if (!partial) SB_FAIL(b->cx->err, SB_ENOMEM, "name of a bundle");
    b->out = gzopen(partial, "wb6");
    if (!b->out) SB_FAIL(b->cx->err, SB_EIO, "cannot write '%s': %s", partial, strerror(errno));
    sb_status st = add_folder(b, NULL);
    if (st == SB_OK) st = put_crate(b, run);
    if (st == SB_OK) st = put(b, end, sizeof end);
    const int closed = gzclose(b->out);
    if (st == SB_OK && (closed != Z_OK || rename(partial, b->path) != 0))
        st = sb_err_set(b->cx->err, SB_EIO, __FILE__, __LINE__, "cannot write '%s': %s", b->path, strerror(errno));
    if (st != SB_OK) (void)unlink(partial);
    return st;
}

static sb_status write_run(bundling *b, const json_t *run, const char *out)
{
    b->name = sb_str_copy(b->cx->arena, member(run, "name"), strlen(member(run, "name")));
    b->path = out ? out : sb_str_format(b->cx->arena, "%s.tar.gz", member(run, "name"));
    if (!b->name || !b->path) SB_FAIL(b->cx->err, SB_ENOMEM, "name of a bundle");
    if (!*b->name || strchr(b->name, '/')) SB_FAIL(b->cx->err, SB_EDATA, "'%s' is no name of a folder", b->name);
    b->parts = json_array();
    b->entities = json_array();
    b->sums.arena = sb_arena_new(0); /* grows while the other is rewound */
    const sb_status st = b->sums.arena ? write_archive(b, run) : SB_ENOMEM;
    sb_arena_free(b->sums.arena);
    json_decref(b->parts);
    json_decref(b->entities);
    if (st == SB_OK) b->done = (sb_bundle){b->path, b->name, b->done.files, b->done.bytes};
    return st;
}

sb_status sb_bundle_write(const char *dir, const char *out, const char *license, sb_ctx *cx, sb_bundle *done)
{
    static const char *const needed[] = {"run.json", "config.yaml", "ledger.tsv", "metrics.tsv"};
    bundling b = {.cx = cx, .dir = dir, .license = license};
    char *bytes = NULL;
    size_t size = 0;
    const char *path = NULL;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        path = sb_file_join(cx->arena, dir, needed[i]);
        if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a file");
        if (!sb_file_exists(path))
            SB_FAIL(cx->err, SB_ENOTFOUND, "'%s' is no finished run: it has no %s", dir, needed[i]);
    }
    path = sb_file_join(cx->arena, dir, "run.json");
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of run.json");
    SB_TRY(sb_file_read(path, 1 << 28, cx, &bytes, &size));
    json_t *run = json_loadb(bytes, size, 0, NULL);
    if (!run) SB_FAIL(cx->err, SB_EFORMAT, "'%s' is damaged", path);
    const sb_status st = write_run(&b, run, out);
    json_decref(run);
    if (st == SB_OK) *done = b.done;
    return st;
}
