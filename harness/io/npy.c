#include "npy.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "file.h"

enum { PREFIX = 10, HEADER_ROOM = 512, LOCAL = 30, CENTRAL = 46, END = 22, DATE_1980 = 0x21, ZIP_2_0 = 20 };

static const char *descr(sb_dtype type)
{
    switch (type) {
    case SB_U8: return "|u1";
    case SB_I8: return "|i1";
    case SB_I32: return "<i4";
    case SB_I64: return "<i8";
    case SB_F16: return "<f2";
    case SB_F32: return "<f4";
    case SB_F64: return "<f8";
    }
    SB_BUG("dtype %d", (int)type);
}

static size_t data_size(const sb_array *a) { return sb_array_rows(a) * sb_array_width(a) * sb_dtype_size(a->type); }

/* Magic, version, length, and the dictionary padded with blanks so that the data begin at a multiple of 64. */
static size_t npy_header(const sb_array *a, char header[HEADER_ROOM])
{
    char shape[24 * SB_DIMS_MAX] = "";
    size_t used = 0;
    if (a->dims > SB_DIMS_MAX) SB_BUG("array of %zu dimensions", a->dims);
    for (size_t k = 0; k < a->dims; k++)
        used += (size_t)snprintf(shape + used, sizeof shape - used, "%s%zu%s", k ? ", " : "", a->shape[k],
                                 a->dims == 1 ? "," : "");
    const int text = snprintf(header + PREFIX, HEADER_ROOM - PREFIX,
                              "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr(a->type), shape);
    const size_t end = (PREFIX + (size_t)text + 1 + 63) / 64 * 64;
    memset(header + PREFIX + text, ' ', end - PREFIX - (size_t)text);
    header[end - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((end - PREFIX) & 0xff);
    header[9] = (char)((end - PREFIX) >> 8);
    return end;
}

sb_status sb_npy_bytes(const sb_array *a, sb_ctx *cx, char **bytes, size_t *size)
{
    char header[HEADER_ROOM];
    const size_t begin = npy_header(a, header), data = data_size(a);
    char *all = SB_NEW(cx->arena, begin + data, char);
    if (!all) SB_FAIL(cx->err, SB_ENOMEM, "%zu bytes of NPY", begin + data);
    memcpy(all, header, begin);
    if (data) memcpy(all + begin, a->data, data);
    *bytes = all;
    *size = begin + data;
    return SB_OK;
}

sb_status sb_npy_write(const char *path, const sb_array *a, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    char *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_npy_bytes(a, cx, &bytes, &size));
    SB_TRY(sb_file_write(path, bytes, size, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static char *put(char *to, unsigned long value, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++) to[k] = (char)(value >> 8 * k & 0xff);
    return to + bytes;
}

/* The fields that local header and directory entry have in common, from "version needed" to "extra length". */
static char *put_common(char *to, uint32_t crc, size_t size, size_t name)
{
    to = put(to, ZIP_2_0, 2);
    to = put(to, 0, 2); /* flags */
    to = put(to, 0, 2); /* stored */
    to = put(to, 0, 2); /* 00:00:00 */
    to = put(to, DATE_1980, 2);
    to = put(to, crc, 4);
    to = put(to, size, 4);
    to = put(to, size, 4);
    to = put(to, name, 2);
    return put(to, 0, 2);
}

static char *put_name(char *to, const char *name)
{
    const size_t size = strlen(name);
    memcpy(to, name, size);
    memcpy(to + size, ".npy", 4);
    return to + size + 4;
}

static size_t name_size(const sb_npz_member *m) { return strlen(m->name) + 4; }

static sb_status npz_size(const sb_npz_member *member, size_t members, sb_ctx *cx, size_t *size)
{
    *size = END;
    for (size_t k = 0; k < members; k++) {
        char header[HEADER_ROOM];
        const size_t one = npy_header(&member[k].array, header) + data_size(&member[k].array),
                     name = name_size(&member[k]);
        if (name == 4 || name > UINT16_MAX) SB_FAIL(cx->err, SB_EARG, "a name of %zu bytes in an NPZ", name - 4);
        *size += LOCAL + CENTRAL + 2 * name + one;
        if (one > UINT32_MAX || *size > UINT32_MAX)
            SB_FAIL(cx->err, SB_EARG, "'%s' takes the NPZ to %zu bytes, above 4 GiB", member[k].name, *size);
    }
    if (members > UINT16_MAX) SB_FAIL(cx->err, SB_EARG, "%zu arrays in an NPZ, above %d", members, UINT16_MAX);
    return SB_OK;
}

static char *put_member(char *to, const sb_npz_member *m, uint32_t *crc)
{
    const sb_array *a = &m->array;
    char header[HEADER_ROOM];
    const size_t head = npy_header(a, header), data = data_size(a);
    *crc = (uint32_t)crc32_z(0, (const Bytef *)header, head);
    if (data) *crc = (uint32_t)crc32_z(*crc, a->data, data);
    to = put(to, 0x04034b50, 4);
    to = put_common(to, *crc, head + data, name_size(m));
    to = put_name(to, m->name);
    memcpy(to, header, head);
    if (data) memcpy(to + head, a->data, data);
    return to + head + data;
}

static char *put_directory_entry(char *to, const sb_npz_member *m, uint32_t crc, size_t begin)
{
    char header[HEADER_ROOM];
    to = put(to, 0x02014b50, 4);
    to = put(to, ZIP_2_0, 2); /* made by */
    to = put_common(to, crc, npy_header(&m->array, header) + data_size(&m->array), name_size(m));
    to = put(to, 0, 2); /* no comment */
    to = put(to, 0, 2); /* first disk */
    to = put(to, 0, 2); /* internal attributes */
    to = put(to, 0, 4); /* external attributes */
    to = put(to, begin, 4);
    return put_name(to, m->name);
}

static char *put_end(char *to, size_t members, size_t directory, size_t size)
{
    to = put(to, 0x06054b50, 4);
    to = put(to, 0, 4); /* one disk */
    to = put(to, members, 2);
    to = put(to, members, 2);
    to = put(to, size, 4);
    to = put(to, directory, 4);
    return put(to, 0, 2); /* no comment */
}

sb_status sb_npz_bytes(const sb_npz_member *member, size_t members, sb_ctx *cx, char **bytes, size_t *size)
{
    size_t total = 0;
    SB_TRY(npz_size(member, members, cx, &total));
    char *all = SB_NEW(cx->arena, total, char), *to = all;
    size_t *begin = SB_NEW(cx->arena, members, size_t);
    uint32_t *crc = SB_NEW(cx->arena, members, uint32_t);
    if (!all || !begin || !crc) SB_FAIL(cx->err, SB_ENOMEM, "%zu bytes of NPZ", total);
    for (size_t k = 0; k < members; k++) {
        begin[k] = (size_t)(to - all);
        to = put_member(to, &member[k], &crc[k]);
    }
    const size_t directory = (size_t)(to - all);
    for (size_t k = 0; k < members; k++) to = put_directory_entry(to, &member[k], crc[k], begin[k]);
    to = put_end(to, members, directory, (size_t)(to - all) - directory);
    if ((size_t)(to - all) != total) SB_BUG("NPZ of %zu bytes, %zu planned", (size_t)(to - all), total);
    *bytes = all;
    *size = total;
    return SB_OK;
}

sb_status sb_npz_write(const char *path, const sb_npz_member *member, size_t members, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    char *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_npz_bytes(member, members, cx, &bytes, &size));
    SB_TRY(sb_file_write(path, bytes, size, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}
