#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "str.h"

enum { BLOCK = 1 << 18, NAMES_SHOWN = 8 };

struct unpack {
    const char *path;
    struct archive *archive;
    int fd;
    size_t written, limit;
    sb_ctx *cx;
};

static sb_status damaged(const struct unpack *u, const char *what)
{
    const char *why = archive_error_string(u->archive);
    SB_FAIL(u->cx->err, archive_errno(u->archive) == ENOMEM ? SB_ENOMEM : SB_EFORMAT, "'%s': %s: %s", u->path, what,
            why ? why : "damaged");
}

/* Only filters and formats inside the library: libarchive would start programs for others. */
static bool set_formats(struct archive *a, bool names)
{
    bool good = archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
                archive_read_support_filter_bzip2(a) == ARCHIVE_OK && archive_read_support_filter_xz(a) == ARCHIVE_OK;
    if (!names) return good && archive_read_support_format_raw(a) == ARCHIVE_OK;
    good = good && archive_read_support_format_tar(a) == ARCHIVE_OK;
    return good && archive_read_support_format_zip(a) == ARCHIVE_OK;
}

static sb_status write_all(const struct unpack *u, const uint8_t *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t w = write(u->fd, bytes + done, size - done);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) SB_FAIL(u->cx->err, SB_EIO, "cannot write what is in '%s': %s", u->path, strerror(errno));
        done += (size_t)w;
    }
    return SB_OK;
}

static sb_status copy_member(struct unpack *u, uint8_t *block, const char *name)
{
    for (;;) {
        const la_ssize_t got = archive_read_data(u->archive, block, BLOCK);
        if (got < 0) return damaged(u, name);
        if (got == 0) return SB_OK;
        if ((size_t)got > u->limit - u->written)
            SB_FAIL(u->cx->err, SB_EDATA, "'%s': more than %zu bytes come out of it", u->path, u->limit);
        u->written += (size_t)got;
        SB_TRY(write_all(u, block, (size_t)got));
    }
}

static bool is_named(const char *entry, const char *member)
{
    const size_t n = entry ? strlen(entry) : 0, m = strlen(member);
    return n >= m && strcmp(entry + (n - m), member) == 0 && (n == m || entry[n - m - 1] == '/');
}

static sb_status find_member(struct unpack *u, const char *member, uint8_t *block)
{
    sb_buf names = {.arena = u->cx->arena};
    struct archive_entry *entry = NULL;
    for (size_t seen = 0;;) {
        const int rc = archive_read_next_header(u->archive, &entry);
        if (rc == ARCHIVE_EOF) break;
        if (rc < ARCHIVE_WARN) return damaged(u, "no archive that can be read");
        const char *name = archive_entry_pathname(entry);
        if (!member) return copy_member(u, block, "packed data");
        if (archive_entry_filetype(entry) != AE_IFREG) continue;
        if (is_named(name, member)) return copy_member(u, block, member);
        if (seen++ < NAMES_SHOWN) sb_buf_add(&names, "%s%.100s", seen > 1 ? ", " : "", name ? name : "(no name)");
    }
    SB_FAIL(u->cx->err, SB_ENOTFOUND, "'%s' has no file '%s', but: %s", u->path, member ? member : "",
            names.text && !names.bad ? names.text : "nothing");
}

static sb_status one_walk(struct unpack *u, const char *member, uint8_t *block)
{
    sb_ctx *cx = u->cx;
    u->archive = archive_read_new();
    if (!u->archive) SB_FAIL(cx->err, SB_ENOMEM, "archive reader");
    sb_status st;
    if (!set_formats(u->archive, member != NULL) || archive_read_open_filename(u->archive, u->path, BLOCK) < ARCHIVE_OK)
        st = damaged(u, "cannot be opened");
    else
        st = find_member(u, member, block);
    (void)archive_read_free(u->archive);
    return st;
}

sb_status sb_unpack(const char *path, const char *const *member, const char *out, size_t limit, sb_ctx *cx)
{
    uint8_t *block = SB_NEW(cx->arena, BLOCK, uint8_t);
    if (!block) SB_FAIL(cx->err, SB_ENOMEM, "buffer of %d bytes", BLOCK);
    struct unpack u = {.path = path, .limit = limit, .cx = cx};
    u.fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (u.fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", out, strerror(errno));
    sb_status st = member ? SB_OK : one_walk(&u, NULL, block);
    for (size_t i = 0; member && member[i] && st == SB_OK; i++) st = one_walk(&u, member[i], block);
    if (st == SB_OK && fsync(u.fd) != 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot write '%s': %s", out, strerror(errno));
    (void)close(u.fd);
    if (st != SB_OK) (void)unlink(out);
    return st;
}
