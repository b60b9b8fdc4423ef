#include "recount.h"

#include <string.h>
#include <unistd.h>

#include "claim_page.h"
#include "collect.h"
#include "file.h"
#include "provenance.h"
#include "str.h"

typedef struct recounting {
    const char *dir, *scratch;
    sb_ctx *cx;
    sb_recount *out;
} recounting;

/* A folder with all that is in it. */
static void sweep(const char *folder, sb_ctx *cx)
{
    const char **name = NULL;
    size_t n = 0;
    if (sb_file_list(folder, cx, &name, &n) != SB_OK) return;
    for (size_t i = 0; i < n; i++) {
        const char *const path = sb_file_join(cx->arena, folder, name[i]);
        if (path && sb_file_is_dir(path)) sweep(path, cx);
        if (path) (void)unlink(path);
    }
    (void)rmdir(folder);
}

static sb_status take(const recounting *r, const char *folder, const char *file, char **text, size_t *size)
{
    const char *const path = sb_file_join(r->cx->arena, folder, file);
    if (!path) SB_FAIL(r->cx->err, SB_ENOMEM, "name of '%s'", file);
    *text = NULL;
    if (!sb_file_exists(path)) return SB_OK;
    return sb_file_read(path, SIZE_MAX / 4, r->cx, text, size);
}

/* The name under which the page tells readers to verify the run, which depends on where it was written; "" without
 * page. */
static sb_status find_command(const recounting *r, const char **command)
{
    static const char before[] = "\nselbench verify ", after[] = " --row KEY\n";
    char *text = NULL;
    size_t size = 0;
    SB_TRY(take(r, r->dir, "report.md", &text, &size));
    const char *const begin = text ? strstr(text, before) : NULL, *const end = begin ? strstr(begin, after) : NULL;
    const size_t skip = sizeof before - 1;
    *command = end ? sb_str_copy(r->cx->arena, begin + skip, (size_t)(end - begin) - skip) : "";
    if (!*command) SB_FAIL(r->cx->err, SB_ENOMEM, "name of the run");
    return SB_OK;
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    const char *x = json_string_value(json_object_get(a, key)), *y = json_string_value(json_object_get(b, key));
    return x && y && strcmp(x, y) == 0;
}

static sb_status compare_versions(const recounting *r)
{
    char *text = NULL;
    size_t size = 0;
    SB_TRY(take(r, r->dir, "run.json", &text, &size));
    json_t *const run = text ? json_loadb(text, size, 0, NULL) : NULL, *const own = sb_provenance_software();
    const json_t *const software = json_object_get(run, "software");
    r->out->other_version = !same_text(software, own, "selbench") || !same_text(software, own, "git");
    json_decref(run);
    json_decref(own);
    return SB_OK;
}

static sb_status write_again(const recounting *r, const sb_report_options *how)
{
    sb_report_options o = *how;
    sb_results results;
    char *config = NULL;
    size_t size = 0;
    o.gnuplot = false;
    o.drawings = r->dir;
    SB_TRY(find_command(r, &o.command));
    SB_TRY(sb_file_mkdirs(r->scratch, r->cx));
    SB_TRY(sb_results_collect(r->dir, r->cx, &results));
    SB_TRY(sb_results_write_tsv(&results, r->scratch, r->cx));
    if (r->out->other_version) return SB_OK;
    SB_TRY(take(r, r->dir, "config.yaml", &config, &size)); /* its claims are judged in the page */
    const char *const copy = sb_file_join(r->cx->arena, r->scratch, "config.yaml");
    if (!copy) SB_FAIL(r->cx->err, SB_ENOMEM, "name of the config");
    if (config) {
        SB_TRY(sb_file_write(copy, config, size, r->cx));
        SB_TRY(sb_claims_write(&results, r->scratch, r->cx));
    }
    return sb_report_write(&results, r->scratch, &o, r->cx);
}

/* The page of a run whose plots gnuplot could not draw says why: that is not in the records. */
static bool is_excused(const char *file, const char *text)
{
    static const char missing[] = "Some plots are missing: ", off[] = "drawing is switched off";
    const char *const said = strcmp(file, "report.html") == 0 ? strstr(text, missing) : NULL;
    return said && strncmp(said + sizeof missing - 1, off, sizeof off - 1) != 0;
}

static sb_status compare_file(const recounting *r, const char *file)
{
    char *was = NULL, *is = NULL;
    size_t was_size = 0, is_size = 0, line = 1, at = 0;
    const size_t mark = sb_arena_mark(r->cx->arena);
    SB_TRY(take(r, r->dir, file, &was, &was_size));
    SB_TRY(take(r, r->scratch, file, &is, &is_size));
    const bool excused = was && is_excused(file, was);
    const bool same = was && is && was_size == is_size && memcmp(was, is, is_size) == 0;
    for (; was && is && !same && at < was_size && at < is_size && was[at] == is[at]; at++) line += was[at] == '\n';
    if (!excused) {
        r->out->files++;
        r->out->same += same;
        if (!same && r->out->differs) r->out->differs(r->out->self, file, was ? line : 0);
    }
    sb_arena_rewind(r->cx->arena, mark);
    return SB_OK;
}

/* folder: below the scratch folder, "" for itself. */
static sb_status compare_folder(const recounting *r, const char *folder)
{
    const char **name = NULL;
    size_t n = 0;
    const char *const path = *folder ? sb_file_join(r->cx->arena, r->scratch, folder) : r->scratch;
    if (!path) SB_FAIL(r->cx->err, SB_ENOMEM, "name of a folder");
    SB_TRY(sb_file_list(path, r->cx, &name, &n));
    for (size_t i = 0; i < n; i++) {
        const char *const file = *folder ? sb_file_join(r->cx->arena, folder, name[i]) : name[i];
        const char *const full = file ? sb_file_join(r->cx->arena, r->scratch, file) : NULL;
        if (!full) SB_FAIL(r->cx->err, SB_ENOMEM, "name of a file");
        if (sb_file_is_dir(full))
            SB_TRY(compare_folder(r, file));
        else
            SB_TRY(compare_file(r, file));
    }
    return SB_OK;
}

sb_status sb_recount_run(const char *dir, const char *scratch, const sb_report_options *o, sb_ctx *cx, sb_recount *out)
{
    const recounting r = {dir, scratch, cx, out};
    sb_status st = compare_versions(&r);
    if (st == SB_OK) st = write_again(&r, o);
    if (st == SB_OK) st = compare_folder(&r, "");
    sweep(scratch, cx);
    return st;
}
