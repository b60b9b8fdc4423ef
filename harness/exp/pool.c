#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "kernel.h"

enum { TICK_MS = 200, START = 1, MESSAGE, ENDED };

typedef struct frame {
    uint32_t type, status;
    uint64_t cell, size;
} frame;

typedef struct order {
    uint64_t job, first;
} order;

typedef struct worker {
    pid_t pid; /* 0: none */
    int to, from;
    size_t job, at; /* SIZE_MAX: idle; no cell yet */
    size_t last;
    uint64_t deadline_ns; /* 0: none */
    bool killed_by_clock;
} worker;

typedef struct pool {
    worker *w;
    size_t workers;
    double seconds;
    const sb_pool_calls *calls;
    sb_ctx *cx;
} pool;

static volatile sig_atomic_t interrupted;
static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

static bool write_all(int fd, const void *bytes, size_t size)
{
    for (const char *p = bytes; size;) {
        const ssize_t w = write(fd, p, size);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) return false;
        p += w;
        size -= (size_t)w;
    }
    return true;
}

static bool read_all(int fd, void *bytes, size_t size)
{
    for (char *p = bytes; size;) {
        const ssize_t r = read(fd, p, size);
        if (r < 0 && errno == EINTR) continue;
        if (r <= 0) return false;
        p += r;
        size -= (size_t)r;
    }
    return true;
}

static void send_frame(const sb_link *link, frame f, const void *bytes)
{
    f.size = bytes ? f.size : 0;
    if (!write_all(link->fd, &f, sizeof f) || (f.size && !write_all(link->fd, bytes, f.size))) _exit(1);
}

void sb_link_start(const sb_link *link, size_t cell) { send_frame(link, (frame){.type = START, .cell = cell}, NULL); }

void sb_link_send(const sb_link *link, const void *bytes, size_t size)
{
    send_frame(link, (frame){.type = MESSAGE, .size = size}, bytes);
}

/* The child: orders in, messages out, until the parent closes the pipe. */
static void child_main(const sb_pool_calls *calls, int from_parent, int to_parent) SB_NORETURN;
static void child_main(const sb_pool_calls *calls, int from_parent, int to_parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_DFL);
    sb_kernel_single_thread();
    const sb_link link = {to_parent};
    sb_err err; /* outlives the job: what a worker keeps may point to it */
    for (order o; read_all(from_parent, &o, sizeof o);) {
        err = (sb_err){0};
        const sb_status st = calls->work(calls->self, (size_t)o.job, (size_t)o.first, &link, &err);
        send_frame(&link, (frame){.type = ENDED, .status = (uint32_t)st, .size = strlen(err.text)}, err.text);
    }
    _exit(0);
}

static sb_status spawn(pool *p, worker *w)
{
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC) != 0) SB_FAIL(p->cx->err, SB_EIO, "cannot make a pipe: %s", strerror(errno));
    if (pipe2(up, O_CLOEXEC) != 0) {
        (void)close(down[0]), (void)close(down[1]);
        SB_FAIL(p->cx->err, SB_EIO, "cannot make a pipe: %s", strerror(errno));
    }
    (void)fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < p->workers; i++)
            if (p->w[i].pid) (void)close(p->w[i].to), (void)close(p->w[i].from);
        (void)close(down[1]), (void)close(up[0]);
        child_main(p->calls, down[0], up[1]);
    }
    (void)close(down[0]), (void)close(up[1]);
    if (pid < 0) {
        (void)close(down[1]), (void)close(up[0]);
        SB_FAIL(p->cx->err, SB_EIO, "cannot start a worker process: %s", strerror(errno));
    }
    *w = (worker){.pid = pid, .to = down[1], .from = up[0], .job = SIZE_MAX, .at = SIZE_MAX, .last = w->last};
    return SB_OK;
}

static void retire(worker *w, bool kill_it)
{
    if (!w->pid) return;
    if (kill_it) (void)kill(w->pid, SIGKILL);
    (void)close(w->to), (void)close(w->from);
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    w->pid = 0;
}

/* The worker's pipe ended: why did it die? */
static sb_status bury(pool *p, worker *w)
{
    int status = 0;
    char why[128];
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)close(w->to), (void)close(w->from);
    w->pid = 0;
    sb_outcome outcome = SB_CELL_CRASHED;
    if (w->killed_by_clock) {
        outcome = SB_CELL_TIMEOUT;
        (void)snprintf(why, sizeof why, "longer than the limit of %g seconds", p->seconds);
    } else if (WIFSIGNALED(status)) {
        if (WTERMSIG(status) == SIGKILL) outcome = SB_CELL_MEMORY;
        (void)snprintf(why, sizeof why, "the worker was ended by signal %d (%s)%s", WTERMSIG(status),
                       strsignal(WTERMSIG(status)),
                       outcome == SB_CELL_MEMORY ? ", as the kernel does when memory runs out" : "");
    } else {
        (void)snprintf(why, sizeof why, "the worker ended with exit code %d", WEXITSTATUS(status));
    }
    const size_t job = w->job, at = w->at;
    w->job = w->at = SIZE_MAX;
    w->last = SIZE_MAX;
    return job == SIZE_MAX ? SB_OK : p->calls->died(p->calls->self, job, at, outcome, why, p->cx);
}

static sb_status handle(pool *p, worker *w)
{
    frame f;
    if (!read_all(w->from, &f, sizeof f)) return bury(p, w);
    char *bytes = SB_NEW(p->cx->arena, f.size + 1, char);
    if (!bytes) SB_FAIL(p->cx->err, SB_ENOMEM, "a message of %llu bytes", (unsigned long long)f.size);
    if (f.size && !read_all(w->from, bytes, f.size)) return bury(p, w);
    sb_status st = SB_OK;
    if (f.type == START) {
        w->at = (size_t)f.cell;
        w->deadline_ns = sb_clock_ns() + (uint64_t)(p->seconds * 1e9);
    } else if (f.type == MESSAGE) {
        st = p->calls->message(p->calls->self, w->job, bytes, f.size, p->cx);
    } else {
        st = p->calls->ended(p->calls->self, w->job, (sb_status)f.status, bytes, p->cx);
        w->last = w->job;
        w->job = w->at = SIZE_MAX;
        w->deadline_ns = 0;
    }
    return st;
}

static sb_status feed(pool *p, bool *busy)
{
    *busy = false;
    for (size_t i = 0; i < p->workers; i++) {
        worker *w = &p->w[i];
        if (w->job == SIZE_MAX) {
            size_t job = 0, first = 0;
            if (!p->calls->next(p->calls->self, i, w->last, &job, &first)) continue;
            if (!w->pid) SB_TRY(spawn(p, w));
            const order o = {job, first};
            w->job = job;
            w->at = SIZE_MAX;
            if (!write_all(w->to, &o, sizeof o)) SB_TRY(bury(p, w));
        }
        *busy |= w->job != SIZE_MAX;
    }
    return SB_OK;
}

static sb_status wait_once(pool *p, struct pollfd *fds, size_t *owner)
{
    nfds_t n = 0;
    for (size_t i = 0; i < p->workers; i++) {
        if (!p->w[i].pid) continue;
        fds[n] = (struct pollfd){.fd = p->w[i].from, .events = POLLIN};
        owner[n++] = i;
    }
    const int ready = poll(fds, n, TICK_MS);
    if (ready < 0 && errno != EINTR) SB_FAIL(p->cx->err, SB_EIO, "cannot wait for workers: %s", strerror(errno));
    for (nfds_t i = 0; ready > 0 && i < n; i++)
        if (fds[i].revents) SB_TRY(handle(p, &p->w[owner[i]]));
    const uint64_t now = sb_clock_ns();
    for (size_t i = 0; i < p->workers; i++) {
        worker *w = &p->w[i];
        if (!w->pid || !w->deadline_ns || now < w->deadline_ns || w->killed_by_clock) continue;
        w->killed_by_clock = true;
        (void)kill(w->pid, SIGKILL);
    }
    p->calls->tick(p->calls->self);
    return SB_OK;
}

static sb_status loop(pool *p)
{
    struct pollfd *fds = SB_NEW(p->cx->arena, p->workers, struct pollfd);
    size_t *owner = SB_NEW(p->cx->arena, p->workers, size_t);
    if (!fds || !owner) SB_FAIL(p->cx->err, SB_ENOMEM, "%zu workers", p->workers);
    for (;;) {
        bool busy = false;
        if (interrupted) SB_FAIL(p->cx->err, SB_EINTERRUPT, "interrupted");
        SB_TRY(feed(p, &busy));
        if (!busy) return SB_OK;
        SB_TRY(wait_once(p, fds, owner));
    }
}

sb_status sb_pool_run(size_t workers, double seconds, const sb_pool_calls *calls, sb_ctx *cx)
{
    pool p = {.workers = workers, .seconds = seconds, .calls = calls, .cx = cx};
    p.w = SB_NEW(cx->arena, workers, worker);
    if (!p.w) SB_FAIL(cx->err, SB_ENOMEM, "%zu workers", workers);
    for (size_t i = 0; i < workers; i++) p.w[i] = (worker){.job = SIZE_MAX, .at = SIZE_MAX, .last = SIZE_MAX};
    struct sigaction act = {.sa_handler = on_signal}, old_int, old_term, old_pipe, ignore = {.sa_handler = SIG_IGN};
    interrupted = 0;
    (void)sigaction(SIGINT, &act, &old_int);
    (void)sigaction(SIGTERM, &act, &old_term);
    (void)sigaction(SIGPIPE, &ignore, &old_pipe);
    const sb_status st = loop(&p);
    for (size_t i = 0; i < workers; i++) retire(&p.w[i], st != SB_OK);
    (void)sigaction(SIGINT, &old_int, NULL);
    (void)sigaction(SIGTERM, &old_term, NULL);
    (void)sigaction(SIGPIPE, &old_pipe, NULL);
    return st;
}
