#include "selbench/rounding.h"

#include <math.h>

#include "selbench/la.h"

sb_status sb_rounding_make(sb_mat x, const sb_kmeans_options *options, bool medoids, double z, sb_ctx *cx,
                           sb_rounding *out)
{
    out->v = SB_NEW(cx->arena, x.n, double);
    out->centre = SB_NEW(cx->arena, options->k, uint32_t);
    if (!out->v || !out->centre) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", x.n);
    if (medoids)
        SB_TRY(sb_kmedoids_run(x, options, cx, &out->km));
    else
        SB_TRY(sb_kmeans_run(x, options, cx, &out->km));
    const sb_kmeans *const km = &out->km;
    for (size_t i = 0; i < x.n; i++) {
        const double square = sb_sqdist_f32(sb_mat_row(x, i), sb_mat_row(x, km->medoid[km->cluster[i]]), x.d);
        out->v[i] = z == 2 ? square : z == 1 ? sqrt(square) : pow(square, z / 2);
    }
    out->centres = 0;
    for (size_t j = 0; j < km->k; j++)
        if (km->size[j]) out->centre[out->centres++] = km->medoid[j];
    return SB_OK;
}
