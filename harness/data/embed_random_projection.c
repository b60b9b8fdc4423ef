/* Random projection: x R / sqrt(dims), R with independent entries of mean 0 and variance 1, so that squared lengths and
 * distances are kept in expectation (Johnson and Lindenstrauss 1984). */
#include <math.h>

#include "selbench/la.h"
#include "selbench/transform.h"

enum { BLOCK = 1024 };
enum { GAUSSIAN, SPARSE };

typedef struct projection_options {
    size_t dims, seed;
    int entries;
} projection_options;

static const sb_param params[] = {
    {"dims", "columns of the result; may be above d", "128", SB_P_SIZE, offsetof(projection_options, dims), 1, 1e6,
     NULL},
    {"entries", "of the matrix: gaussian; sparse: sqrt(3) times -1, 0, 1 with probability 1/6, 2/3, 1/6", "gaussian",
     SB_P_ENUM, offsetof(projection_options, entries), 0, 1, (const char *const[]){"gaussian", "sparse", NULL}},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(projection_options, seed), 0, 4294967295.0,
     NULL},
    {0},
};

static sb_status projection_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    (void)n, (void)d, (void)cx;
    *columns = ((const projection_options *)options)->dims;
    return SB_OK;
}

static void apply(sb_mat x, const double *r, size_t p, double *block, double *z, float *out)
{
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < x.d; j++) block[i * x.d + j] = (double)sb_mat_row(x, i0 + i)[j];
        sb_dgemm(false, true, k, p, x.d, 1, block, x.d, r, x.d, 0, z, p);
        for (size_t i = 0; i < k * p; i++) out[i0 * p + i] = (float)z[i];
    }
}

static sb_status projection_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out,
                                float *test_out)
{
    const projection_options *o = options;
    const size_t d = train.d, p = o->dims;
    double *r = SB_NEW(cx->arena, p * d, double), *z = SB_NEW(cx->arena, BLOCK * p, double);
    double *block = SB_NEW(cx->arena, BLOCK * d, double);
    if (!r || !z || !block) SB_FAIL(cx->err, SB_ENOMEM, "random projection of %zu columns to %zu", d, p);
    const double scale = 1 / sqrt((double)p);
    sb_rng rng = sb_rng_stream(cx->seed + o->seed, cx->path);
    for (size_t i = 0; i < p * d; i++) {
        const size_t side = o->entries == SPARSE ? sb_rng_below(&rng, 6) : 0;
        const double entry = side == 0 ? 1 : side == 1 ? -1 : 0;
        r[i] = scale * (o->entries == SPARSE ? sqrt(3) * entry : sb_rng_normal(&rng));
    }
    apply(train, r, p, block, z, train_out);
    apply(test, r, p, block, z, test_out);
    return SB_OK;
}

const sb_transform sb_transform_random_projection = {
    .name = "random_projection",
    .summary = "random linear projection that keeps distances in expectation",
    .source = "Johnson and Lindenstrauss 1984; Achlioptas 2003 (sparse entries)",
    .abi = SB_TRANSFORM_ABI,
    .option_size = sizeof(projection_options),
    .options = params,
    .columns = projection_columns,
    .run = projection_run,
};
