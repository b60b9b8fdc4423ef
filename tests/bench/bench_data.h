/* What every benchmark needs: Fashion-MNIST as the peers load it, a timer, and the JSON line that is read side by side
 * with theirs. Benchmarks are programs of their own: they may print and read clocks. */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "selbench/ctx.h"
#include "selbench/data.h"

enum { BENCH_TRAIN = 60000, BENCH_TEST = 10000, BENCH_D = 784, BENCH_C = 10, BENCH_REPS_MAX = 64 };

typedef struct bench_data {
    sb_mat x, x_test;          /* 60000 x 784 and 10000 x 784, value / 255 in float32 */
    const int32_t *y, *y_test; /* labels 0..9 */
} bench_data;

static inline void bench_die(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* A context whose arena has no cap; released by the end of the program. */
static inline sb_ctx bench_ctx(sb_err *err)
{
    const sb_ctx cx = {.arena = sb_arena_new(0), .err = err, .seed = 1, .path = "bench"};
    if (!cx.arena) bench_die("bench", "no memory");
    return cx;
}

static inline void bench_ok(const sb_ctx *cx, sb_status st)
{
    if (st != SB_OK) bench_die(sb_status_text(st), cx->err->text);
}

/* The bytes of an IDX file behind its header of `skip` bytes. */
static inline uint8_t *bench_idx(sb_ctx *cx, const char *name, size_t skip, size_t count)
{
    const char *dir = getenv("FMNIST_DIR");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir ? dir : "/usr/share/datasets/fashion-mnist", name);
    uint8_t *bytes = SB_NEW(cx->arena, count, uint8_t), header[16];
    gzFile f = gzopen(path, "rb");
    if (!f || !bytes) bench_die(path, "cannot open");
    if (gzread(f, header, (unsigned)skip) != (int)skip || gzread(f, bytes, (unsigned)count) != (int)count)
        bench_die(path, "too short");
    (void)gzclose(f);
    return bytes;
}

static inline sb_mat bench_images(sb_ctx *cx, const char *name, size_t n)
{
    const uint8_t *pixel = bench_idx(cx, name, 16, n * BENCH_D);
    float *x = SB_NEW(cx->arena, n * BENCH_D, float);
    if (!x) bench_die(name, "no memory");
    for (size_t i = 0; i < n * BENCH_D; i++) x[i] = (float)pixel[i] / 255.0f;
    return (sb_mat){x, n, BENCH_D, BENCH_D};
}

static inline const int32_t *bench_labels(sb_ctx *cx, const char *name, size_t n)
{
    const uint8_t *byte = bench_idx(cx, name, 8, n);
    int32_t *y = SB_NEW(cx->arena, n, int32_t);
    if (!y) bench_die(name, "no memory");
    for (size_t i = 0; i < n; i++) y[i] = byte[i];
    return y;
}

static inline bench_data bench_load(sb_ctx *cx)
{
    return (bench_data){bench_images(cx, "train-images-idx3-ubyte.gz", BENCH_TRAIN),
                        bench_images(cx, "t10k-images-idx3-ubyte.gz", BENCH_TEST),
                        bench_labels(cx, "train-labels-idx1-ubyte.gz", BENCH_TRAIN),
                        bench_labels(cx, "t10k-labels-idx1-ubyte.gz", BENCH_TEST)};
}

static inline double bench_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double bench_cpu(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* BENCH_REPS in the environment, else `fallback`. */
static inline size_t bench_reps(size_t fallback)
{
    const char *text = getenv("BENCH_REPS");
    const unsigned long v = text ? strtoul(text, NULL, 10) : fallback;
    return v < 1 ? 1 : v > BENCH_REPS_MAX ? BENCH_REPS_MAX : v;
}

/* One line; quality: further JSON fields without braces ("\"max_err\":1e-6"), or "". Sorts seconds. */
static inline void bench_line(const char *name, double *seconds, double *cpu, size_t reps, const char *quality)
{
    const char *threads = getenv("OPENBLAS_NUM_THREADS");
    qsort(seconds, reps, sizeof *seconds, bench_compare);
    qsort(cpu, reps, sizeof *cpu, bench_compare);
    (void)printf("{\"peer\":\"selbench\",\"name\":\"%s\",\"threads\":%s,\"seconds\":%.6f,\"min\":%.6f,\"max\":%.6f,"
                 "\"reps\":%zu,\"cpu\":%.2f%s%s}\n",
                 name, threads ? threads : "2", seconds[reps / 2], seconds[0], seconds[reps - 1], reps, cpu[reps / 2],
                 *quality ? "," : "", quality);
    (void)fflush(stdout);
}

/* Runs `call(self, cx)` reps times, rewinding the arena before each, and leaves the last result in place. */
typedef sb_status (*bench_call)(void *self, sb_ctx *cx);
static inline void bench_run(bench_call call, void *self, sb_ctx *cx, size_t reps, double *seconds, double *cpu)
{
    const size_t mark = sb_arena_mark(cx->arena);
    for (size_t r = 0; r < reps; r++) {
        sb_arena_rewind(cx->arena, mark);
        const double t0 = bench_now(), c0 = bench_cpu();
        bench_ok(cx, call(self, cx));
        seconds[r] = bench_now() - t0;
        cpu[r] = bench_cpu() - c0;
    }
}

#endif
