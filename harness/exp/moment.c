#include <string.h>

#include "judge.h"
#include "selbench/la.h"

enum { ROWS = 256 };

/* b rows of x from `first` of s as float64, each times the root of its weight. */
static void load(sb_mat x, const sb_subset *s, size_t first, size_t b, double *block)
{
    for (size_t i = 0; i < b; i++) {
        const size_t at = first + i;
        const float *const from = sb_mat_row(x, s->row ? s->row[at] : at);
        const double root = s->weight ? sqrt(s->weight[at]) : 1;
        for (size_t j = 0; j < x.d; j++) block[i * x.d + j] = root * (double)from[j];
    }
}

sb_status sb_moment(sb_mat x, const sb_subset *s, const double *direction, size_t r, sb_ctx *cx, double *second)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *const block = SB_NEW(cx->arena, ROWS * x.d, double);
    double *const z = SB_NEW(cx->arena, ROWS * r, double);
    if (!block || !z) SB_FAIL(cx->err, SB_ENOMEM, "block of %d rows of %zu features", ROWS, x.d);
    memset(second, 0, r * r * sizeof *second);
    sb_total weight = {0, 0};
    for (size_t first = 0; first < s->m; first += ROWS) {
        const size_t b = s->m - first < ROWS ? s->m - first : ROWS;
        load(x, s, first, b, block);
        for (size_t i = 0; i < b; i++) sb_total_add(&weight, s->weight ? s->weight[first + i] : 1);
        sb_dgemm(false, true, b, r, x.d, 1, block, x.d, direction, x.d, 0, z, r);
        sb_dsyrk(r, b, 1, z, r, 1, second, r);
    }
    sb_symmetrise(second, r, r);
    for (size_t i = 0; i < r * r; i++) second[i] /= sb_total_value(weight);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}
