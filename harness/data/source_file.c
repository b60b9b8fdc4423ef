/* File entries: of a data set's YAML, and of the user's own arrays. */
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "source.h"
#include "str.h"
#include "stream.h"

const char *const sb_file_ref_keys[] = {"name",        "sha256", "folders",       "urls",      "package",
                                        "reader",      "member", "options",       "confirmed", "bytes",
                                        "about_bytes", "inside", "packed_sha256", NULL};

static sb_status no_memory(sb_ctx *cx, const char *what) { SB_FAIL(cx->err, SB_ENOMEM, "%s", what); }

static bool is_sha256(const char *text) { return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64; }

/* sha256, of the content; or packed_sha256, of the file as it is published; and whether they are confirmed. */
static sb_status read_checksums(const sb_yaml *entry, const char *role, sb_ctx *cx, sb_file_ref *f)
{
    SB_TRY(sb_yaml_text(entry, "sha256", cx, &f->sha256));
    SB_TRY(sb_yaml_text(entry, "packed_sha256", cx, &f->published));
    if (f->published && f->sha256)
        return sb_yaml_fail(sb_yaml_get(entry, "packed_sha256"), cx, "'sha256' and 'packed_sha256' exclude each other");
    if (f->published) f->sha256 = "unknown";
    if (!f->sha256)
        return sb_yaml_fail(entry, cx, "'%s' lacks 'sha256', the checksum of the decompressed content", role);
    const bool known = f->published || strcmp(f->sha256, "unknown") != 0;
    const char *text = f->published ? f->published : f->sha256;
    if (known && !is_sha256(text))
        return sb_yaml_fail(sb_yaml_get(entry, f->published ? "packed_sha256" : "sha256"), cx,
                            "'%s' is not 64 lower-case hexadecimal digits%s", f->published ? "packed_sha256" : "sha256",
                            f->published ? "" : ", nor unknown");
    bool confirmed = known;
    SB_TRY(sb_yaml_bool(entry, "confirmed", cx, &confirmed));
    f->unconfirmed = !confirmed || !known;
    return SB_OK;
}

/* Appends the texts of a list (or one text) at map[key] to out. */
static sb_status add_texts(const sb_yaml *map, const char *key, const char **out, size_t *n, size_t room, sb_ctx *cx)
{
    const sb_yaml *node = sb_yaml_get(map, key);
    if (!node) return SB_OK;
    if (node->kind == SB_YAML_MAP) return sb_yaml_fail(node, cx, "'%s' must be a list of texts", key);
    const size_t count = node->kind == SB_YAML_SCALAR ? 1 : node->n;
    for (size_t i = 0; i < count; i++) {
        const sb_yaml *item = node->kind == SB_YAML_SCALAR ? node : node->item[i];
        if (item->kind != SB_YAML_SCALAR || !*item->text)
            return sb_yaml_fail(item, cx, "'%s' must be a list of texts", key);
        if (*n == room) return sb_yaml_fail(item, cx, "more than %zu '%s'", room, key);
        out[(*n)++] = item->text;
    }
    return SB_OK;
}

enum { PLACES = 32 };

/* The entry's own list, then that of the whole file. */
static sb_status text_list(const sb_yaml *entry, const sb_yaml *top, const char *key, sb_ctx *cx,
                           const char *const **list)
{
    const char **out = SB_NEW(cx->arena, PLACES + 1, const char *);
    if (!out) return no_memory(cx, "list of places");
    size_t n = 0;
    SB_TRY(add_texts(entry, key, out, &n, PLACES, cx));
    SB_TRY(add_texts(top, key, out, &n, PLACES, cx));
    *list = out;
    return SB_OK;
}

/* member and the entry's options as name/value pairs for the reader */
static sb_status reader_options(const sb_yaml *entry, const char *member, sb_ctx *cx, sb_file_ref *f)
{
    const sb_yaml *map = sb_yaml_get(entry, "options");
    if (map && map->kind != SB_YAML_MAP) return sb_yaml_fail(map, cx, "'options' must be a map");
    SB_TRY(sb_yaml_text(entry, "member", cx, &member));
    sb_option_text *option = SB_NEW(cx->arena, (map ? map->n : 0) + 1, sb_option_text);
    if (!option) return no_memory(cx, "options of a reader");
    if (member) option[f->options++] = (sb_option_text){"member", member};
    for (size_t i = 0; map && i < map->n; i++) {
        option[f->options].name = map->key[i]->text;
        SB_TRY(sb_yaml_flat(map->item[i], cx, &option[f->options].text));
        f->options++;
    }
    f->option = option;
    return SB_OK;
}

/* Refuses an unknown reader and options that it does not take where they are written. */
static sb_status check_reader(const sb_yaml *entry, const sb_yaml *top, sb_ctx *cx, const sb_file_ref *f)
{
    const sb_yaml *at = sb_yaml_get(entry, "reader"), *map = sb_yaml_get(entry, "options");
    const sb_reader *reader = NULL;
    if (!at && top) at = sb_yaml_get(top, "reader");
    const char *path = f->inside ? f->inside[0] : f->path ? f->path : f->name;
    const sb_status found = sb_array_reader(path, f->format, cx, &reader);
    if (found != SB_OK) return sb_yaml_where(at ? at : entry, SB_ECONFIG, cx);
    void *set = sb_arena_alloc(cx->arena, 1, reader->option_size);
    if (!set) return no_memory(cx, "options of a reader");
    sb_param_defaults(reader->options, set, cx);
    const size_t members = f->options - (map ? map->n : 0); /* `member` stands before the options */
    for (size_t i = 0; i < f->options; i++) {
        sb_status st = sb_param_set(reader->options, set, f->option[i].name, f->option[i].text, cx);
        if (st == SB_OK) continue;
        st = sb_err_in(cx->err, st, "format '%s'", reader->name);
        const sb_yaml *member = sb_yaml_get(entry, "member");
        return sb_yaml_where(i >= members ? map->key[i - members] : member ? member : entry, st, cx);
    }
    return SB_OK;
}

/* The member or members of an archive. */
static sb_status read_members(const sb_yaml *entry, sb_ctx *cx, sb_file_ref *f)
{
    const sb_yaml *node = sb_yaml_get(entry, "inside");
    if (!node) return SB_OK;
    const char **member = SB_NEW(cx->arena, PLACES + 1, const char *);
    if (!member) return no_memory(cx, "members of an archive");
    size_t n = 0;
    SB_TRY(add_texts(entry, "inside", member, &n, PLACES, cx));
    if (!n) return sb_yaml_fail(node, cx, "'inside' names nothing");
    f->inside = member;
    return SB_OK;
}

/* inside: whole, or the member or members of an archive */
static sb_status read_inside(const sb_yaml *entry, sb_ctx *cx, sb_file_ref *f)
{
    const sb_yaml *node = sb_yaml_get(entry, "inside");
    if (!node) return SB_OK;
    SB_TRY(read_members(entry, cx, f));
    f->packed = true;
    if (!f->inside[1] && strcmp(f->inside[0], "whole") == 0) f->inside = NULL;
    return f->format ? SB_OK : sb_yaml_fail(node, cx, "'inside' needs 'reader', the format of what is inside");
}

sb_status sb_file_ref_read(const sb_yaml *entry, const sb_yaml *top, const sb_source *set, const char *role,
                           const char *member, sb_ctx *cx, const sb_file_ref **out)
{
    sb_file_ref *f = SB_NEW(cx->arena, 1, sb_file_ref);
    if (!f) return no_memory(cx, "file entry");
    *f = (sb_file_ref){.set = set->info.name, .of = set, .role = role, .at = entry};
    if (entry->kind != SB_YAML_MAP) return sb_yaml_fail(entry, cx, "'%s' must be a map with 'name' and 'sha256'", role);
    SB_TRY(sb_yaml_text(entry, "name", cx, &f->name));
    if (!f->name) return sb_yaml_fail(entry, cx, "'%s' lacks 'name', the file's name", role);
    if (strchr(f->name, '/'))
        return sb_yaml_fail(sb_yaml_get(entry, "name"), cx, "'name' is a file name, without folders");
    SB_TRY(read_checksums(entry, role, cx, f));
    SB_TRY(sb_yaml_size(entry, "bytes", 1, (size_t)1 << 48, cx, &f->bytes));
    const sb_yaml *about = sb_yaml_get(entry, "about_bytes");
    if (about && f->bytes) return sb_yaml_fail(about, cx, "'bytes' and 'about_bytes' exclude each other");
    SB_TRY(sb_yaml_size(entry, "about_bytes", 1, (size_t)1 << 48, cx, &f->bytes));
    f->about = about;
    SB_TRY(sb_yaml_text(top, "reader", cx, &f->format));
    SB_TRY(sb_yaml_text(entry, "reader", cx, &f->format));
    SB_TRY(sb_yaml_text(top, "package", cx, &f->package));
    SB_TRY(sb_yaml_text(entry, "package", cx, &f->package));
    SB_TRY(text_list(entry, top, "folders", cx, &f->folder));
    SB_TRY(text_list(entry, top, "urls", cx, &f->url));
    SB_TRY(read_inside(entry, cx, f));
    SB_TRY(reader_options(entry, member, cx, f));
    SB_TRY(check_reader(entry, top, cx, f));
    *out = f;
    return SB_OK;
}

/* A relative path counts from the config's folder; if there is no such file, from the current one. */
static sb_status own_path(const sb_yaml *at, const char *text, sb_ctx *cx, const char **path)
{
    const char *slash = *text == '/' ? NULL : strrchr(at->file, '/');
    *path = text;
    const char *beside = slash ? sb_str_format(cx->arena, "%.*s/%s", (int)(slash - at->file), at->file, text) : text;
    if (!beside) return no_memory(cx, "path of a file");
    if (sb_file_exists(beside))
        *path = beside;
    else if (!sb_file_exists(text))
        return sb_yaml_where(at,
                             sb_err_set(cx->err, SB_ENOTFOUND, __FILE__, __LINE__, "no file '%s'%s", text,
                                        *text == '/'       ? ""
                                        : *at->file == '-' ? " in the current folder" /* of the command line */
                                                           : " beside the config or in the current folder"),
                             cx);
    return SB_OK;
}

sb_status sb_file_ref_own(const sb_yaml *entry, const char *set, const char *role, const char *sha256,
                          const char *member, sb_ctx *cx, const sb_file_ref **out)
{
    static const char *const keys[] = {"path", "reader", "member", "inside", "options", "sha256", NULL};
    sb_file_ref *f = SB_NEW(cx->arena, 1, sb_file_ref);
    if (!f) return no_memory(cx, "file entry");
    *f = (sb_file_ref){.set = set, .role = role, .sha256 = sha256, .at = entry};
    const char *path = NULL;
    if (entry->kind == SB_YAML_SCALAR) {
        path = entry->text;
        sb_option_text *option = SB_NEW(cx->arena, 1, sb_option_text);
        if (!option) return no_memory(cx, "options of a reader");
        *option = (sb_option_text){"member", member};
        f->option = option;
        f->options = member ? 1 : 0;
    } else {
        SB_TRY(sb_yaml_keys(entry, keys, cx));
        SB_TRY(sb_yaml_text(entry, "path", cx, &path));
        SB_TRY(sb_yaml_text(entry, "reader", cx, &f->format));
        SB_TRY(sb_yaml_text(entry, "sha256", cx, &f->sha256));
        SB_TRY(read_members(entry, cx, f));
        if (sb_yaml_get(entry, "sha256") && !is_sha256(f->sha256))
            return sb_yaml_fail(sb_yaml_get(entry, "sha256"), cx, "'sha256' is not 64 lower-case hexadecimal digits");
        SB_TRY(reader_options(entry, member, cx, f));
    }
    if (!path || !*path) return sb_yaml_fail(entry, cx, "'%s' lacks the path of a file", role);
    SB_TRY(own_path(entry, path, cx, &f->path));
    SB_TRY(check_reader(entry, NULL, cx, f));
    if (!f->sha256) { /* what decides the content must be known before it is opened: it is part of every key */
        char *hex = SB_NEW(cx->arena, 65, char);
        size_t size = 0;
        if (!hex) return no_memory(cx, "checksum");
        const sb_status st = sb_content_hash(f->path, f->inside, cx, hex, &size);
        if (st != SB_OK) return sb_yaml_where(entry, st, cx);
        f->sha256 = hex;
    }
    *out = f;
    return SB_OK;
}

const char *sb_file_ref_id(const sb_file_ref *f, sb_arena *a)
{
    const char *name = f->path ? f->path : f->name;
    return (f->packed || f->path) && f->inside ? sb_str_format(a, "%s:%s", name, f->inside[0]) : name;
}

const char *sb_file_ref_text(const sb_file_ref *f, sb_arena *a)
{
    sb_buf b = {.arena = a};
    sb_buf_add(&b, "%s(%s%s", f->format ? f->format : "by-suffix", f->published ? "packed " : "",
               f->published ? f->published : f->sha256); /* the same before and after the first fetch */
    for (size_t i = 0; f->published && f->inside && f->inside[i]; i++) sb_buf_add(&b, " %s", f->inside[i]);
    if (!f->format) { /* the suffix decides the reader */
        const char *name = f->name ? f->name : f->inside ? f->inside[0] : f->path, *dot = strrchr(name, '/');
        dot = strchr(dot ? dot : name, '.');
        sb_buf_add(&b, " %s", dot ? dot : "");
    }
    for (size_t i = 0; i < f->options; i++) sb_buf_add(&b, ", %s=%s", f->option[i].name, f->option[i].text);
    sb_buf_add(&b, ")");
    return b.bad ? NULL : b.text;
}
