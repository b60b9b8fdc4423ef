/* NPZ: a ZIP archive of NPY files. The whole archive is held in memory, the member is unpacked on the way. */
#include <stdio.h>
#include <string.h>

#include "selbench/npy.h"
#include "selbench/zip.h"

typedef struct npz_options {
    const char *member;
} npz_options;

static const sb_param params[] = {
    {"member", "name of the array, without .npy; empty: the only one", "", SB_P_TEXT, offsetof(npz_options, member), 0,
     0, NULL},
    {0},
};

/* "weights" names the member "weights.npy". */
static bool is_named(const sb_zip_member *m, const char *name)
{
    const size_t size = strlen(name);
    return strncmp(m->name, name, size) == 0 && (!m->name[size] || strcmp(m->name + size, ".npy") == 0);
}

static sb_status find(const sb_zip_member *member, size_t members, const char *name, sb_ctx *cx,
                      const sb_zip_member **found)
{
    char all[512] = "";
    size_t used = 0;
    for (size_t k = 0; k < members; k++) {
        if (*name ? is_named(&member[k], name) : members == 1) {
            *found = &member[k];
            return SB_OK;
        }
        const size_t size = strlen(member[k].name);
        const bool npy = size > 4 && strcmp(member[k].name + size - 4, ".npy") == 0;
        const int w = snprintf(all + used, sizeof all - used, "%s%.*s", k ? ", " : "",
                               (int)(size < 100 ? size - (npy ? 4 : 0) : 100), member[k].name);
        used = w > 0 && used + (size_t)w < sizeof all ? used + (size_t)w : sizeof all - 1;
    }
    if (members == 0) SB_FAIL(cx->err, SB_EDATA, "the archive is empty");
    if (!*name) SB_FAIL(cx->err, SB_ECONFIG, "%zu arrays, name one with option 'member': %s", members, all);
    SB_FAIL(cx->err, SB_ECONFIG, "no array '%.200s', there are: %s", name, all);
}

static sb_status npz_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const npz_options *o = options;
    uint8_t *bytes = NULL;
    size_t size = 0, members = 0;
    const sb_zip_member *member = NULL, *found = NULL;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    SB_TRY(sb_zip_list(bytes, size, cx, &member, &members));
    SB_TRY(find(member, members, o->member, cx, &found));
    sb_stream *unpacked = NULL;
    SB_TRY(sb_zip_open(found, cx, &unpacked));
    const sb_status st = sb_npy_read(unpacked, limit, cx, out);
    return st == SB_OK ? st : sb_err_in(cx->err, st, "array '%.200s'", found->name);
}

const sb_reader sb_reader_npz = {
    .name = "npz",
    .summary = "an array of an archive as numpy.savez and savez_compressed write it",
    .source = "NumPy enhancement proposal 1; PKWARE APPNOTE 6.3.10",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".npz", NULL},
    .option_size = sizeof(npz_options),
    .options = params,
    .read = npz_read,
};
