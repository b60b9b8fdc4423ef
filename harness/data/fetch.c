#include "fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifndef SB_VERSION
#define SB_VERSION "0"
#endif

struct transfer {
    int fd, write_errno;
    const char *url;
    const sb_places *places;
};

static size_t on_bytes(char *bytes, size_t size, size_t count, void *self)
{
    struct transfer *t = self;
    for (size_t done = 0; done < size * count;) {
        const ssize_t w = write(t->fd, bytes + done, size * count - done);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) {
            t->write_errno = errno;
            return 0;
        }
        done += (size_t)w;
    }
    return size * count;
}

static int on_progress(void *self, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)up_total, (void)up_now;
    const struct transfer *t = self;
    if (t->places->progress && total > 0) t->places->progress(t->places->self, t->url, (double)now / (double)total);
    return 0;
}

static sb_status transfer(CURL *curl, struct transfer *t, sb_ctx *cx)
{
    char why[CURL_ERROR_SIZE] = "";
    const CURLcode set[] = {
        curl_easy_setopt(curl, CURLOPT_URL, t->url),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file"),
        curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L),
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L),
        curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L),
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L),
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L),
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 30L),
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "selbench/" SB_VERSION),
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes),
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, t),
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L),
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress),
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t),
    };
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (set[i] != CURLE_OK) SB_FAIL(cx->err, SB_EIO, "libcurl option %zu: %s", i, curl_easy_strerror(set[i]));
    const CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    if (code == CURLE_OK) return SB_OK;
    if (t->write_errno) SB_FAIL(cx->err, SB_EIO, "cannot write the download: %s", strerror(t->write_errno));
    SB_FAIL(cx->err, SB_EIO, "%s", *why ? why : curl_easy_strerror(code));
}

sb_status sb_fetch(const char *url, const char *path, const sb_places *places, sb_ctx *cx)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", path, strerror(errno));
    struct transfer t = {.fd = fd, .url = url, .places = places};
    CURL *curl = curl_easy_init();
    sb_status st =
        curl ? transfer(curl, &t, cx) : sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "libcurl does not start");
    curl_easy_cleanup(curl);
    if (st == SB_OK && fsync(fd) != 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot write '%s': %s", path, strerror(errno));
    (void)close(fd);
    if (st != SB_OK) (void)unlink(path);
    return st;
}
