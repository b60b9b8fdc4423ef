/* The one way in which arrays are read from files: the format by name or suffix, options by name, the file closed. */
#include <string.h>

#include "npy.h"
#include "registry.h"
#include "str.h"
#include "stream.h"

/* Length of path without the suffix of its packing. */
static size_t size_unpacked(const char *path)
{
    static const char *const packed[] = {".gz", ".bz2", ".xz"};
    for (size_t k = 0; k < sizeof packed / sizeof *packed; k++)
        if (sb_str_ends(path, packed[k])) return strlen(path) - strlen(packed[k]);
    return strlen(path);
}

/* The reader with the longest suffix that path (unpacked) ends with, or NULL. */
static const sb_reader *by_suffix(const char *path)
{
    const size_t size = size_unpacked(path);
    const sb_reader *found = NULL;
    size_t longest = 0;
    for (const sb_reader_entry *e = sb_reader_table; e->plugin; e++) {
        for (const char *const *suffix = e->plugin->suffix; suffix && *suffix; suffix++) {
            const size_t length = strlen(*suffix);
            if (length <= longest || length > size || memcmp(path + size - length, *suffix, length) != 0) continue;
            longest = length;
            found = e->plugin;
        }
    }
    return found;
}

static bool is_archive(const char *path)
{
    static const char *const suffix[] = {".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"};
    for (size_t k = 0; k < sizeof suffix / sizeof *suffix; k++)
        if (sb_str_ends(path, suffix[k])) return true;
    return false;
}

sb_status sb_array_reader(const char *path, const char *format, sb_ctx *cx, const sb_reader **reader)
{
    if (format) return sb_reader_get(format, cx, reader, NULL);
    *reader = by_suffix(path);
    if (*reader) return SB_OK;
    if (is_archive(path))
        SB_FAIL(cx->err, SB_ECONFIG, "'%s' is an archive: say what is meant, as in {path: %s, inside: x.csv}", path,
                path);
    sb_buf names = {.arena = cx->arena};
    for (const sb_reader_entry *e = sb_reader_table; e->plugin; e++)
        sb_buf_add(&names, "%s%s", names.size ? ", " : "", e->plugin->name);
    SB_FAIL(cx->err, SB_ECONFIG, "no format has the suffix of '%s', name the format (%s)", path,
            names.bad || !names.text ? "none" : names.text);
}

static sb_status set_options(const sb_reader *reader, const sb_option_text *option, size_t options, sb_ctx *cx,
                             void **set)
{
    *set = sb_arena_alloc(cx->arena, 1, reader->option_size);
    if (!*set) SB_FAIL(cx->err, SB_ENOMEM, "options of format '%s'", reader->name);
    sb_param_defaults(reader->options, *set, cx);
    for (size_t k = 0; k < options; k++) {
        const sb_status st = sb_param_set(reader->options, *set, option[k].name, option[k].text, cx);
        if (st != SB_OK) return sb_err_in(cx->err, st, "format '%s'", reader->name);
    }
    return SB_OK;
}

sb_status sb_array_read_inside(const char *path, const char *const *inside, const char *format,
                               const sb_option_text *option, size_t options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const sb_reader *reader = NULL;
    void *set = NULL;
    sb_stream *in = NULL;
    SB_TRY(sb_array_reader(inside ? inside[0] : path, format, cx, &reader));
    SB_TRY(set_options(reader, option, options, cx, &set));
    SB_TRY(inside ? sb_stream_inside(path, inside, cx, &in) : sb_stream_open(path, cx, &in));
    sb_array a = {0};
    const sb_status st = reader->read(in, set, limit, cx, &a);
    sb_stream_close(in);
    if (st != SB_OK && inside) return sb_err_in(cx->err, st, "'%s' inside '%s' (%s)", inside[0], path, reader->name);
    if (st != SB_OK) return sb_err_in(cx->err, st, "'%s' (%s)", path, reader->name);
    *out = a;
    return SB_OK;
}

sb_status sb_array_read(const char *path, const char *format, const sb_option_text *option, size_t options,
                        size_t limit, sb_ctx *cx, sb_array *out)
{
    return sb_array_read_inside(path, NULL, format, option, options, limit, cx, out);
}
