#include "fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "str.h"

#ifndef SB_VERSION
#define SB_VERSION "0"
#endif

enum { TRIES = 5, TRIES_UNREACHED = 2, RETRY_MS = 1000, PAUSE_MAX_MS = 30000, SILENCE_S = 30, VALIDATOR = 200 };

struct transfer {
    const char *url, *note; /* note: the file that keeps url and validator */
    const sb_places *places;
    sb_ctx *cx;
    CURL *curl;
    int fd, write_errno;
    curl_off_t have, first;    /* bytes at the path; where the answer begins */
    char validator[VALIDATOR]; /* of the answer: its ETag, else its date */
    bool began, wrong_range;
};

/* The value of the header `name` in a line of size bytes, or NULL. */
static const char *header_value(const char *line, size_t size, const char *name, size_t *length)
{
    const size_t n = strlen(name);
    if (size <= n || strncasecmp(line, name, n) != 0) return NULL;
    while (size && strchr(" \r\n", line[size - 1])) size--;
    const char *value = line + n;
    while (value < line + size && *value == ' ') value++;
    *length = (size_t)(line + size - value);
    return value;
}

static size_t on_header(char *line, size_t unit, size_t count, void *self)
{
    struct transfer *t = self;
    const size_t size = unit * count;
    size_t length = 0;
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) { /* another answer, after a redirect */
        t->validator[0] = '\0';
        t->first = 0;
    }
    const char *tag = header_value(line, size, "etag:", &length);
    if (tag && *tag != '"') tag = NULL; /* a weak tag does not promise the same bytes */
    if (!tag && !*t->validator) tag = header_value(line, size, "last-modified:", &length);
    if (tag && length < VALIDATOR) {
        memcpy(t->validator, tag, length);
        t->validator[length] = '\0';
    }
    const char *range = header_value(line, size, "content-range:", &length);
    if (range && length > 6 && strncasecmp(range, "bytes ", 6) == 0) {
        t->first = 0;
        for (const char *p = range + 6; p < range + length && *p >= '0' && *p <= '9'; p++)
            t->first = 10 * t->first + (*p - '0');
    }
    return size;
}

/* The answer has begun: from the start, or where the bytes at hand end. */
static bool begin(struct transfer *t)
{
    long code = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    t->began = true;
    t->wrong_range = code == 206 && t->first != t->have;
    if (t->wrong_range) return false;
    if (code != 206) {
        t->have = 0;
        if (ftruncate(t->fd, 0) != 0) {
            t->write_errno = errno;
            return false;
        }
    }
    const char *note = sb_str_format(t->cx->arena, "%s\n%s\n", t->url, t->validator);
    return note && sb_file_write(t->note, note, strlen(note), t->cx) == SB_OK;
}

static size_t on_bytes(char *bytes, size_t unit, size_t count, void *self)
{
    struct transfer *t = self;
    const size_t size = unit * count;
    if (!t->began && !begin(t)) return 0;
    for (size_t done = 0; done < size;) {
        const ssize_t w = pwrite(t->fd, bytes + done, size - done, t->have);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) {
            t->write_errno = errno;
            return 0;
        }
        done += (size_t)w;
        t->have += w;
    }
    return size;
}

static int on_progress(void *self, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)up_total, (void)up_now;
    const struct transfer *t = self;
    const sb_places *p = t->places;
    const double all = total > 0 ? (double)(t->have - now + total) : 0;
    curl_off_t rate = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_SPEED_DOWNLOAD_T, &rate);
    if (p->transfer)
        p->transfer(p->self, t->url, (double)t->have, all, (double)rate);
    else if (p->progress && total > 0)
        p->progress(p->self, t->url, (double)t->have / all);
    return 0;
}

/* libcurl itself does not look into the environment for certificates; a name that it cannot read fails by its words. */
static CURLcode set_authorities(const struct transfer *t)
{
    return t->places->ca_file ? curl_easy_setopt(t->curl, CURLOPT_CAINFO, t->places->ca_file) : CURLE_OK;
}

static sb_status set_up(struct transfer *t, char *why, sb_ctx *cx)
{
    CURL *curl = t->curl;
    const long silence_s = t->places->silence_s ? (long)t->places->silence_s : SILENCE_S;
    const CURLcode set[] = {
        curl_easy_setopt(curl, CURLOPT_URL, t->url),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file"),
        curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L),
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L),
        curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L),
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, silence_s),
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L),
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, silence_s),
        set_authorities(t),
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "selbench/" SB_VERSION),
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why),
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header),
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, t),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes),
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, t),
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L),
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress),
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t),
    };
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (set[i] != CURLE_OK) SB_FAIL(cx->err, SB_EIO, "libcurl option %zu: %s", i, curl_easy_strerror(set[i]));
    return SB_OK;
}

/* The validator under which the bytes at hand were received from this url, or NULL: they are of no use. */
static const char *noted_validator(const struct transfer *t, sb_ctx *cx)
{
    char *text = NULL;
    size_t size = 0;
    if (!sb_file_exists(t->note) || sb_file_read(t->note, 1 << 16, cx, &text, &size) != SB_OK) return NULL;
    const size_t url = strlen(t->url);
    if (strncmp(text, t->url, url) != 0 || text[url] != '\n') return NULL;
    char *validator = text + url + 1;
    validator[strcspn(validator, "\n")] = '\0';
    return *validator && strlen(validator) < VALIDATOR ? validator : NULL;
}

/* One request, for what is missing. */
static CURLcode request(struct transfer *t, sb_ctx *cx)
{
    const char *validator = t->have ? noted_validator(t, cx) : NULL;
    if (!validator) t->have = 0;
    const char *range = sb_str_format(cx->arena, "%lld-", (long long)t->have);
    const char *line = validator ? sb_str_format(cx->arena, "If-Range: %s", validator) : NULL;
    if (!range || (validator && !line)) return CURLE_OUT_OF_MEMORY;
    struct curl_slist *headers = line ? curl_slist_append(NULL, line) : NULL;
    t->began = t->wrong_range = false;
    t->validator[0] = '\0';
    CURLcode code = curl_easy_setopt(t->curl, CURLOPT_RANGE, validator ? range : NULL);
    if (code == CURLE_OK) code = curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK) code = curl_easy_perform(t->curl);
    (void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (code == CURLE_OK && !t->began && !begin(t)) code = CURLE_WRITE_ERROR; /* an empty file */
    return code;
}

/* How often to try in a row when this happens; 0: it would happen again. */
static int tries(const struct transfer *t, CURLcode code)
{
    const int most = t->places->tries ? (int)t->places->tries : TRIES;
    long answer = 0;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return most < TRIES_UNREACHED ? most : TRIES_UNREACHED;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return most;
    case CURLE_WRITE_ERROR: return t->wrong_range ? most : 0;
    case CURLE_HTTP_RETURNED_ERROR:
        (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer);
        return answer == 408 || answer == 416 || answer == 425 || answer == 429 || (answer >= 500 && answer <= 504)
                   ? most
                   : 0;
    default: return 0;
    }
}

/* One second, two, four, ... or what the server asks for. */
static void pause_before(const struct transfer *t, int failures)
{
    curl_off_t asked_s = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &asked_s);
    long ms = (long)(t->places->retry_ms ? t->places->retry_ms : RETRY_MS) << (failures - 1);
    if (asked_s > 0 && asked_s * 1000 > ms) ms = asked_s < PAUSE_MAX_MS / 1000 ? (long)asked_s * 1000 : PAUSE_MAX_MS;
    if (ms > PAUSE_MAX_MS) ms = PAUSE_MAX_MS;
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&wait, NULL);
}

static sb_status all_tries(struct transfer *t, sb_ctx *cx)
{
    char why[CURL_ERROR_SIZE] = "";
    SB_TRY(set_up(t, why, cx));
    CURLcode code = CURLE_OK;
    for (int failures = 0;;) {
        const size_t mark = sb_arena_mark(cx->arena);
        const curl_off_t before = t->have;
        *why = '\0';
        code = request(t, cx);
        sb_arena_rewind(cx->arena, mark);
        if (code == CURLE_OK) break;
        if (t->wrong_range || code == CURLE_HTTP_RETURNED_ERROR) { /* 416: the file is another one now */
            long answer = 0;
            (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer);
            if (t->wrong_range || answer == 416) (void)unlink(t->note);
        }
        failures = t->have > before ? 1 : failures + 1;
        if (failures >= tries(t, code)) break;
        pause_before(t, failures);
    }
    (void)curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, NULL);
    if (code == CURLE_OK) return SB_OK;
    if (t->write_errno) SB_FAIL(cx->err, SB_EIO, "cannot write the download: %s", strerror(t->write_errno));
    SB_FAIL(cx->err, SB_EIO, "%s", *why ? why : curl_easy_strerror(code));
}

sb_status sb_fetch(const char *url, const char *path, const sb_places *places, sb_ctx *cx)
{
    struct transfer t = {.url = url, .places = places, .cx = cx};
    t.note = sb_str_format(cx->arena, "%s.from", path);
    if (!t.note) SB_FAIL(cx->err, SB_ENOMEM, "download");
    t.fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (t.fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", path, strerror(errno));
    struct stat at_hand;
    if (fstat(t.fd, &at_hand) == 0) t.have = at_hand.st_size;
    t.curl = curl_easy_init();
    sb_status st =
        t.curl ? all_tries(&t, cx) : sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "libcurl does not start");
    curl_easy_cleanup(t.curl);
    if (st == SB_OK && fsync(t.fd) != 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot write '%s': %s", path, strerror(errno));
    (void)close(t.fd);
    if (st == SB_OK)
        (void)unlink(t.note);
    else if (t.have == 0 || t.write_errno) /* a full disk is not to be kept full */
        sb_fetch_forget(path, cx);
    return st;
}

void sb_fetch_forget(const char *path, sb_ctx *cx)
{
    const char *note = sb_str_format(cx->arena, "%s.from", path);
    (void)unlink(path);
    if (note) (void)unlink(note);
}
