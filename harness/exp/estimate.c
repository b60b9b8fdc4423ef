#include "estimate.h"

#include <unistd.h>

/* Rates that are right within a factor of a few: enough to tell minutes from days. */
static const double FLOPS = 1e10, FIT_PASSES = 60, GEOMETRY_ROWS = 4096;

sb_estimate sb_estimate_bench(const sb_config *c, const sb_bench *b)
{
    const sb_dataset_info *info = sb_dataset_spec_info(b->data);
    sb_estimate e = {.known = info->n > 0 && info->d > 0};
    if (!e.known) return e;
    const double n = (double)info->n, d = (double)info->d, all = n + (double)info->n_test;
    const double q = (double)(info->c ? info->c : info->t), probes = (double)c->probes + 2;
    e.mapped_bytes = all * (4 * d + (info->c ? 4 : 8 * (double)info->t));
    /* the least that is sure: probes of every model and warm-up size, a Gram matrix, some scores of every row */
    e.worker_bytes =
        (double)b->models * probes * n * 8 * (double)(b->warmup.rows.of == SB_COUNT_OF_M ? 1 + b->budgets : 2) +
        8 * d * d + n * 8 * 8;
    for (size_t i = 0; i < b->budgets; i++) {
        const double m = (double)sb_budget_rows(&b->budget[i], info->n);
        const double fit = FIT_PASSES * 4 * m * d * q, pass = 2 * all * d * q, cover = 2 * GEOMETRY_ROWS * m * d;
        const double repeats = (double)sb_budget_repeats(b, i);
        e.seconds += repeats * (double)b->methods * (double)b->models * (fit + pass + cover) / FLOPS;
    }
    e.seconds += (double)b->repeats * (double)b->models * probes * 2 * n * d * q / FLOPS;
    return e;
}

sb_status sb_estimate_refuse(const sb_config *c, const sb_bench *b, size_t jobs, sb_ctx *cx)
{
    const sb_estimate e = sb_estimate_bench(c, b);
    const double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (!e.known) return SB_OK;
    if (e.worker_bytes > (double)c->memory)
        SB_FAIL(cx->err, SB_ENOMEM, "%s: a worker needs about %.0f MB, above limits.memory_mb %zu", b->label,
                e.worker_bytes / 1048576, c->memory >> 20);
    if (e.mapped_bytes + (double)jobs * e.worker_bytes > machine)
        SB_FAIL(cx->err, SB_ENOMEM, "%s: %zu workers need about %.0f MB, the machine has %.0f MB: use fewer --jobs",
                b->label, jobs, (e.mapped_bytes + (double)jobs * e.worker_bytes) / 1048576, machine / 1048576);
    return SB_OK;
}
