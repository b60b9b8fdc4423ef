/* A pass of a model over rows in blocks of one size. BLAS kernels treat the rows at the edge of a matrix differently
 * from the others, so a row evaluated alone can differ in its last bit from the same row evaluated among all. Here
 * every call of the model has the same shape, and a queried row gets the bits of the full pass
 * (tests/oracle/test_metrics.c). */
#include <string.h>

#include "judge.h"

typedef struct block {
    sb_data data; /* SB_PASS_ROWS rows: a view of the caller's data, or the copy below */
    float *x;
    int32_t *label;
    double *y, *loss, *out;
} block;

static sb_status block_new(const sb_data *data, size_t width, sb_ctx *cx, block *b)
{
    *b = (block){.data = *data};
    b->x = SB_NEW(cx->arena, SB_PASS_ROWS * data->x.d, float);
    b->label = SB_NEW(cx->arena, SB_PASS_ROWS, int32_t);
    b->y = SB_NEW(cx->arena, SB_PASS_ROWS * data->t, double);
    b->loss = SB_NEW(cx->arena, SB_PASS_ROWS, double);
    b->out = SB_NEW(cx->arena, SB_PASS_ROWS * width, double);
    if (!b->x || !b->label || !b->y || !b->loss || !b->out)
        SB_FAIL(cx->err, SB_ENOMEM, "block of %d rows of %zu features", SB_PASS_ROWS, data->x.d);
    return SB_OK;
}

static void block_view(const sb_data *data, size_t first, block *b)
{
    b->data.x = (sb_mat){sb_mat_row(data->x, first), SB_PASS_ROWS, data->x.d, data->x.ld};
    b->data.label = data->label ? data->label + first : NULL;
    b->data.y = data->y ? data->y + first * data->t : NULL;
}

static void block_copy(const sb_data *data, const uint32_t *row, size_t first, size_t m, block *b)
{
    const size_t d = data->x.d, t = data->t;
    for (size_t i = 0; i < SB_PASS_ROWS; i++) {
        const size_t at = first + i < m ? first + i : m - 1, from = row ? row[at] : at;
        memcpy(b->x + i * d, sb_mat_row(data->x, from), d * sizeof *b->x);
        if (data->label) b->label[i] = data->label[from];
        if (data->y) memcpy(b->y + i * t, data->y + from * t, t * sizeof *b->y);
    }
    b->data.x = (sb_mat){b->x, SB_PASS_ROWS, d, d};
    b->data.label = data->label ? b->label : NULL;
    b->data.y = data->y ? b->y : NULL;
}

sb_status sb_pass(const sb_data *data, const sb_model_use *use, const double *theta, const uint32_t *row, size_t m,
                  sb_ctx *cx, double *loss, double *out)
{
    const size_t width = sb_pass_width(data), mark = sb_arena_mark(cx->arena);
    block b;
    SB_TRY(block_new(data, width, cx, &b));
    const size_t scratch = sb_arena_mark(cx->arena);
    for (size_t first = 0; first < m; first += SB_PASS_ROWS) {
        const bool whole = m - first >= SB_PASS_ROWS;
        if (whole && !row)
            block_view(data, first, &b);
        else
            block_copy(data, row, first, m, &b);
        double *const loss_to = !loss ? NULL : whole ? loss + first : b.loss;
        double *const out_to = !out ? NULL : whole ? out + first * width : b.out;
        const sb_status st = use->model->eval(&b.data, theta, use->options, cx, loss_to, out_to);
        if (st != SB_OK) return sb_err_in(cx->err, st, "model '%s'", use->model->name);
        if (!whole && loss) memcpy(loss + first, b.loss, (m - first) * sizeof *loss);
        if (!whole && out) memcpy(out + first * width, b.out, (m - first) * width * sizeof *out);
        sb_arena_rewind(cx->arena, scratch);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}
