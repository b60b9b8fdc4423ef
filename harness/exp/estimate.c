#include "estimate.h"

#include <unistd.h>

/* Rates that are right within a factor of a few: enough to tell minutes from days. */
static const double FLOPS = 1e10, FIT_PASSES = 60, GEOMETRY_ROWS = 4096;
/* Up to so many columns every data set has its d x d Gram matrix; above, a sample of as many rows (geometry.c). */
static const double GRAM_COLUMNS = 512;

sb_estimate sb_estimate_bench(const sb_config *c, const sb_bench *b, const sb_extent *shape)
{
    sb_estimate e = {.known = shape->n > 0 && shape->d > 0};
    if (!e.known) return e;
    const double n = (double)shape->n, d = (double)shape->d, all = n + (double)shape->n_test;
    const double q = (double)(shape->c ? shape->c : shape->t), probes = (double)c->probes + 2;
    e.mapped_bytes = all * (4 * d + (shape->c ? 4 : 8 * (double)shape->t));
    /* the least that is sure: probes of every model and warm-up size, a Gram matrix, some scores of every row */
    e.worker_bytes =
        (double)b->models * probes * n * 8 * (double)(b->warmup.rows.of == SB_COUNT_OF_M ? 1 + b->budgets : 2) +
        8 * d * (d < GRAM_COLUMNS ? d : GRAM_COLUMNS) + n * 8 * 8;
    for (size_t i = 0; i < b->budgets; i++) {
        const double m = (double)sb_budget_rows(&b->budget[i], shape->n);
        const double fit = FIT_PASSES * 4 * m * d * q, pass = 2 * all * d * q, cover = 2 * GEOMETRY_ROWS * m * d;
        const double repeats = (double)sb_budget_repeats(b, i);
        e.seconds += repeats * (double)b->methods * (double)b->models * (fit + pass + cover) / FLOPS;
    }
    e.seconds += (double)b->repeats * (double)b->models * probes * 2 * n * d * q / FLOPS;
    return e;
}

sb_status sb_estimate_refuse(const sb_config *c, const sb_bench *b, const sb_extent *shape, size_t jobs, sb_ctx *cx)
{
    static const char cure[] = "fewer columns (an embedding such as {random_projection: {dims: 256}}), fewer 'rows'";
    const sb_estimate e = sb_estimate_bench(c, b, shape);
    const double mib = 1048576, machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (!e.known) return SB_OK;
    if (e.worker_bytes > (double)c->memory)
        SB_FAIL(cx->err, SB_ENOMEM,
                "%s, %zu x %zu: a worker needs about %.0f MiB beside the %.0f MiB of the data, above limits.memory_mb "
                "%zu: take %s, or raise the limit",
                b->label, shape->n, shape->d, e.worker_bytes / mib, e.mapped_bytes / mib, c->memory >> 20, cure);
    if (e.mapped_bytes + (double)jobs * e.worker_bytes > machine)
        SB_FAIL(cx->err, SB_ENOMEM,
                "%s, %zu x %zu: the data need %.0f MiB and each of %zu workers about %.0f MiB, the machine has %.0f "
                "MiB: take %s, or fewer --jobs",
                b->label, shape->n, shape->d, e.mapped_bytes / mib, jobs, e.worker_bytes / mib, machine / mib, cure);
    return SB_OK;
}
