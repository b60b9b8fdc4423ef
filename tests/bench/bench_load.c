/* Loading Fashion-MNIST: unpacking the training images, and all four files to float32 in [0, 1] and labels.
 *   bench_load [FOLDER [REPETITIONS]] */
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "npy.h"
#include "str.h"
#include "stream.h"

enum { REPS_MAX = 99, STEP = 1 << 14 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(const char *name, double *seconds, size_t reps, const char *quality, double value)
{
    qsort(seconds, reps, sizeof *seconds, by_value);
    printf(
        "{\"peer\":\"selbench\",\"name\":\"%s\",\"threads\":1,\"seconds\":%.6f,\"min\":%.6f,\"max\":%.6f,\"reps\":%zu,"
        "\"%s\":%.6f}\n",
        name, seconds[reps / 2], seconds[0], seconds[reps - 1], reps, quality, value);
}

static sb_status unpack(const char *folder, sb_ctx *cx, double *megabytes)
{
    sb_stream *in = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_open(sb_file_join(cx->arena, folder, "train-images-idx3-ubyte.gz"), cx, &in));
    const sb_status st = sb_stream_all(in, (size_t)1 << 30, &bytes, &size, cx);
    sb_stream_close(in);
    *megabytes = (double)size / 1e6;
    return st;
}

/* The mean of everything loaded, so that two programs can be seen to have loaded the same. */
static sb_status load(const char *folder, sb_ctx *cx, double *mean)
{
    static const char *const file[] = {"train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                                       "train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
    *mean = 0;
    for (size_t k = 0; k < 4; k++) {
        sb_array a;
        SB_TRY(sb_array_read(sb_file_join(cx->arena, folder, file[k]), NULL, NULL, 0, (size_t)1 << 30, cx, &a));
        const size_t count = sb_array_rows(&a) * sb_array_width(&a);
        float *x = SB_NEW(cx->arena, count, float);
        if (!x) SB_FAIL(cx->err, SB_ENOMEM, "%zu floats", count);
        for (size_t i = 0; i < count; i += STEP) {
            const size_t some = count - i < STEP ? count - i : STEP;
            sb_array_floats(&a, i, some, x + i);
            for (size_t j = i; k < 2 && j < i + some; j++) x[j] /= 255;
        }
        *mean += (double)x[count / 2] / 4;
    }
    return SB_OK;
}

static void measure(const char *name, const char *folder, size_t reps, const char *quality,
                    sb_status (*run)(const char *, sb_ctx *, double *))
{
    double seconds[REPS_MAX], value = 0;
    for (size_t r = 0; r < reps; r++) {
        sb_err err = {0};
        sb_ctx cx = {.arena = sb_arena_new(0), .err = &err, .path = "bench"};
        const uint64_t begin = sb_clock_ns();
        const sb_status st = run(folder, &cx, &value);
        seconds[r] = (double)(sb_clock_ns() - begin) / 1e9;
        sb_arena_free(cx.arena);
        if (st == SB_OK) continue;
        fprintf(stderr, "%s: %s\n", name, err.text);
        exit(EXIT_FAILURE);
    }
    report(name, seconds, reps, quality, value);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/usr/share/datasets/fashion-mnist";
    unsigned long long reps = 5;
    if (argc > 2 && (!sb_str_size(argv[2], &reps) || reps < 1 || reps > REPS_MAX)) return EXIT_FAILURE;
    measure("gunzip_train_images", folder, (size_t)reps, "out_MB", unpack);
    measure("load_all(4 files, to f32)", folder, (size_t)reps, "mid_mean", load);
    return EXIT_SUCCESS;
}
