/* Self-supervised prototypes: k-means on the embedding, and a row's score is its distance to its own centroid,
 * 1 - cosine (0 similarity with a zero row). Hard rows lie far from their prototype, easy ones near. */
#include <math.h>

#include "selbench/kmeans.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { FEW = 5 }; /* rows: with fewer to a prototype, each row is near its own */
enum { KEEP_HARD, KEEP_EASY };
enum { DISTANCE_COSINE, DISTANCE_EUCLIDEAN };

typedef struct opts {
    sb_count k;
    size_t iterations;
    int keep, distance;
} opts;

static const char *const keeps[] = {"hard", "easy", NULL};
static const char *const distances[] = {"cosine", "euclidean", NULL};
static const sb_param params[] = {
    {"k",
     "prototypes, no more than rows: a number, 10% of the data, or 20%m of the budget; one for five rows at most (note "
     "prototypes: how many)",
     "100", SB_P_COUNT, offsetof(opts, k), 1, 1e9, NULL},
    {"iterations", "passes of k-means at most; 0: seeding only", "50", SB_P_SIZE, offsetof(opts, iterations), 0, 100000,
     NULL},
    {"keep", "hard: far from the prototype, for plentiful data; easy: near, for scarce data", "hard", SB_P_ENUM,
     offsetof(opts, keep), 0, 1, keeps},
    {"distance", "cosine: 1 - cos, as in the paper; euclidean", "cosine", SB_P_ENUM, offsetof(opts, distance), 0, 1,
     distances},
    {0},
};

static double one_minus_cosine(const float *a, const float *b, size_t d)
{
    const double aa = sb_dot_f32(a, a, d), bb = sb_dot_f32(b, b, d);
    return aa > 0 && bb > 0 ? 1 - sb_dot_f32(a, b, d) / sqrt(aa * bb) : 1;
}

static sb_status prototypes_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                   sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const sb_mat x = task->x;
    const size_t asked = sb_count_rows(o->k, x.n, budget), most = x.n < FEW ? 1 : x.n / FEW;
    SB_TRY(sb_option_within("k", asked, x.n, "rows", cx));
    const sb_kmeans_options how = {.k = asked < most ? asked : most, .iterations = o->iterations, .tolerance = 1e-4};
    sb_kmeans km;
    SB_TRY(sb_kmeans_run(x, &how, cx, &km));
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, x.n, double);
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", x.n);
    for (size_t i = 0; i < x.n; i++)
        score[i] = o->distance == DISTANCE_COSINE
                       ? one_minus_cosine(sb_mat_row(x, i), km.centre + km.cluster[i] * km.d, km.d)
                       : km.sqdist[i];
    SB_TRY(sb_rank(score, x.n, budget, o->keep == KEEP_HARD, taken, cx, out->row, &out->m));
    sb_selection_note(out, "prototypes", (double)km.k);
    return SB_OK;
}

const sb_method sb_method_prototypes = {
    .name = "prototypes",
    .summary = "rows far from (or near to) the centroid of their k-means cluster",
    .source = "Sorscher et al. 2022, section 5",
    .formula = "score = 1 - cosine to the centroid of the row's k-means cluster; the largest (hard) or smallest\n"
               "(easy) first",
    .cost = "k-means, then n d; memory 30 n and that of k-means",
    .variants = "the number of clusters is not given by the paper. hard is for plentiful data, easy for scarce",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = prototypes_select,
};
