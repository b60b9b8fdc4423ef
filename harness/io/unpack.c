#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "str.h"
#include "stream.h"

enum { BLOCK = 1 << 18, NAMES_SHOWN = 8 };

struct sb_unpacker {
    const char *path; /* archive with members; NULL: packed bytes from `more` */
    const char *const *member;
    bool xz;
    sb_more_bytes more;
    void *self;
    size_t given; /* bytes that `more` gave */
    bool more_ended;
    sb_status more_status;   /* its failure: libarchive knows only that there was one */
    sb_ctx *cx;              /* of the call in progress */
    struct archive *archive; /* of the current member; NULL: the next one is not yet begun */
    size_t consumed;         /* by the archives before */
    bool ended;
};

static sb_status damaged(const sb_unpacker *u, const char *what)
{
    if (u->more_status != SB_OK) return u->more_status;
    const char *why = archive_error_string(u->archive);
    SB_FAIL(u->cx->err, archive_errno(u->archive) == ENOMEM ? SB_ENOMEM : SB_EFORMAT, "%s: %s", what,
            why ? why : "damaged");
}

/* Only filters and formats inside the library: libarchive would start programs for others. */
static bool set_archive_formats(struct archive *a)
{
    return archive_read_support_filter_gzip(a) == ARCHIVE_OK && archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
           archive_read_support_filter_xz(a) == ARCHIVE_OK && archive_read_support_format_tar(a) == ARCHIVE_OK &&
           archive_read_support_format_zip(a) == ARCHIVE_OK;
}

/* Exactly one layer: what is packed twice is not unpacked twice. */
static bool set_packed_format(struct archive *a, bool xz)
{
    return archive_read_append_filter(a, xz ? ARCHIVE_FILTER_XZ : ARCHIVE_FILTER_BZIP2) == ARCHIVE_OK &&
           archive_read_support_format_raw(a) == ARCHIVE_OK;
}

static la_ssize_t give_more(struct archive *a, void *self, const void **bytes)
{
    sb_unpacker *u = self;
    const uint8_t *more = NULL;
    size_t size = 0;
    u->more_status = u->more(u->self, u->cx, &more, &size);
    if (u->more_status != SB_OK) {
        archive_set_error(a, EIO, "cannot read");
        return -1;
    }
    u->given += size;
    u->more_ended = size == 0;
    *bytes = more;
    return (la_ssize_t)size;
}

static bool is_named(const char *entry, const char *member)
{
    const size_t n = entry ? strlen(entry) : 0, m = strlen(member);
    return n >= m && strcmp(entry + (n - m), member) == 0 && (n == m || entry[n - m - 1] == '/');
}

/* Walks to the member that is to come. */
static sb_status find_member(sb_unpacker *u)
{
    sb_buf names = {.arena = u->cx->arena};
    struct archive_entry *entry = NULL;
    for (size_t seen = 0;;) {
        const int rc = archive_read_next_header(u->archive, &entry);
        if (rc == ARCHIVE_EOF) break;
        if (rc < ARCHIVE_WARN) return damaged(u, "no archive that can be read");
        if (archive_entry_filetype(entry) != AE_IFREG) continue;
        const char *name = archive_entry_pathname(entry);
        if (is_named(name, *u->member)) return SB_OK;
        if (seen++ < NAMES_SHOWN) sb_buf_add(&names, "%s%.100s", seen > 1 ? ", " : "", name ? name : "(no name)");
    }
    SB_FAIL(u->cx->err, SB_ENOTFOUND, "it has no file '%s', but: %s", *u->member,
            names.text && !names.bad ? names.text : "nothing");
}

static sb_status begin_packed(sb_unpacker *u)
{
    struct archive_entry *entry = NULL;
    if (!set_packed_format(u->archive, u->xz) || archive_read_open(u->archive, u, NULL, give_more, NULL) < ARCHIVE_OK)
        return damaged(u, "nothing comes out of the packed data");
    const int rc = archive_read_next_header(u->archive, &entry);
    return rc < ARCHIVE_WARN ? damaged(u, "nothing comes out of the packed data") : SB_OK;
}

static sb_status begin_member(sb_unpacker *u)
{
    if (!set_archive_formats(u->archive) || archive_read_open_filename(u->archive, u->path, BLOCK) < ARCHIVE_OK)
        return damaged(u, "cannot be opened");
    return find_member(u);
}

/* Behind the packed data nothing may follow: libarchive would pass over it in silence. */
static sb_status end_packed(const sb_unpacker *u)
{
    const la_int64_t used = archive_filter_bytes(u->archive, -1);
    if (used >= 0 && (size_t)used < u->given)
        SB_FAIL(u->cx->err, SB_EFORMAT, "bytes that are not packed follow the packed data at byte %lld",
                (long long)used);
    return SB_OK;
}

static void end_archive(sb_unpacker *u)
{
    const la_int64_t used = archive_filter_bytes(u->archive, -1);
    u->consumed += used > 0 ? (size_t)used : 0;
    (void)archive_read_free(u->archive);
    u->archive = NULL;
}

static sb_status read_some(sb_unpacker *u, uint8_t *to, size_t size, size_t *got)
{
    *got = 0;
    if (!u->archive) {
        u->archive = archive_read_new();
        if (!u->archive) SB_FAIL(u->cx->err, SB_ENOMEM, "archive reader");
        SB_TRY(u->path ? begin_member(u) : begin_packed(u));
    }
    const la_ssize_t r = archive_read_data(u->archive, to, size);
    if (r < 0) return damaged(u, u->path ? *u->member : "packed data");
    *got = (size_t)r;
    if (r > 0) return SB_OK;
    if (!u->path) SB_TRY(end_packed(u));
    end_archive(u);
    u->ended = !u->path || !*++u->member;
    return SB_OK;
}

sb_status sb_unpack_read(sb_unpacker *u, void *buffer, size_t size, size_t *got, sb_ctx *cx)
{
    u->cx = cx;
    *got = 0;
    while (*got < size && !u->ended) {
        size_t some = 0;
        SB_TRY(read_some(u, (uint8_t *)buffer + *got, size - *got, &some));
        *got += some;
    }
    return SB_OK;
}

size_t sb_unpack_consumed(const sb_unpacker *u)
{
    const la_int64_t used = u->archive ? archive_filter_bytes(u->archive, -1) : 0;
    return u->consumed + (used > 0 ? (size_t)used : 0);
}

void sb_unpack_close(sb_unpacker *u)
{
    if (u && u->archive) end_archive(u);
}

sb_status sb_unpack_members(const char *path, const char *const *member, sb_ctx *cx, sb_unpacker **out)
{
    sb_unpacker *u = SB_NEW(cx->arena, 1, sb_unpacker);
    if (!u) SB_FAIL(cx->err, SB_ENOMEM, "archive reader");
    *u = (sb_unpacker){.path = path, .member = member, .ended = !*member};
    *out = u;
    return SB_OK;
}

sb_status sb_unpack_packed(bool xz, sb_more_bytes more, void *self, sb_ctx *cx, sb_unpacker **out)
{
    sb_unpacker *u = SB_NEW(cx->arena, 1, sb_unpacker);
    if (!u) SB_FAIL(cx->err, SB_ENOMEM, "archive reader");
    *u = (sb_unpacker){.xz = xz, .more = more, .self = self};
    *out = u;
    return SB_OK;
}

static sb_status write_all(int fd, const char *out, const uint8_t *bytes, size_t size, sb_ctx *cx)
{
    for (size_t done = 0; done < size;) {
        const ssize_t w = write(fd, bytes + done, size - done);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) SB_FAIL(cx->err, SB_EIO, "cannot write '%s': %s", out, strerror(errno));
        done += (size_t)w;
    }
    return SB_OK;
}

static sb_status copy(sb_stream *in, int fd, const char *out, sb_ctx *cx)
{
    uint8_t *block = SB_NEW(cx->arena, BLOCK, uint8_t);
    if (!block) SB_FAIL(cx->err, SB_ENOMEM, "buffer of %d bytes", BLOCK);
    for (size_t got = BLOCK; got == BLOCK;) {
        SB_TRY(sb_stream_read(in, block, BLOCK, &got, cx));
        SB_TRY(write_all(fd, out, block, got, cx));
    }
    if (fsync(fd) != 0) SB_FAIL(cx->err, SB_EIO, "cannot write '%s': %s", out, strerror(errno));
    return SB_OK;
}

sb_status sb_unpack(const char *path, const char *const *member, const char *out, size_t limit, sb_ctx *cx)
{
    sb_stream *in = NULL;
    SB_TRY(member ? sb_stream_inside(path, member, cx, &in) : sb_stream_open(path, cx, &in));
    sb_stream_limit(in, limit);
    const int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    sb_status st = SB_OK;
    if (fd < 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot create '%s': %s", out, strerror(errno));
    else
        st = copy(in, fd, out, cx);
    sb_stream_close(in);
    if (fd >= 0) (void)close(fd);
    if (fd >= 0 && st != SB_OK) (void)unlink(out);
    return st == SB_OK ? st : sb_err_in(cx->err, st, "'%s'", path);
}
