/* Judging a selection: what it is compared with (computed once, shared by all methods of a repeat), and the metrics. */
#ifndef SB_EXP_EVALUATE_H
#define SB_EXP_EVALUATE_H

#include "metric.h"
#include "selbench/method.h"
#include "selbench/model.h"

/* A model with its resolved options. */
typedef struct sb_model_use {
    const sb_model *model;
    const void *options;
} sb_model_use;

/* A fitted model and how the fit went. theta: (d+1) x q. */
typedef struct sb_fitted {
    size_t q;
    double *theta;
    sb_fit_info info;
} sb_fitted;

/* Fits on subset s (NULL: all rows) and allocates theta from cx->arena. Streams under cx->path. */
sb_status sb_fit(const sb_data *train, const sb_model_use *use, const sb_subset *s, const void *shared, sb_ctx *cx,
                 sb_fitted *out) SB_CHECKED;

/* The full-data optimum of one (data set, embedding, model): computed once per run and stored. */
typedef struct sb_truth {
    sb_fitted full;
    double loss;  /* L(theta_full) over all training rows */
    void *shared; /* the model's share() on the training rows, or NULL */
} sb_truth;
/* theta: a stored theta_full of the right size (its info too), or NULL to fit it. */
sb_status sb_truth_make(const sb_data *train, const sb_model_use *use, const double *theta, const sb_fit_info *info,
                        sb_ctx *cx, sb_truth *out) SB_CHECKED;

enum { SB_PROBE_FULL = 0, SB_PROBE_PILOT = 1, SB_PROBE_FIRST = 2 };

/* Parameters at which losses are approximated, with the loss of every training row at each: one per repeat, the same
 * for all methods. Probe 0: full-data optimum; 1: the proxy (present only with a warm-up); from 2: the probe set. */
typedef struct sb_probes {
    size_t n, count; /* count >= 2; 2 = no probe set */
    bool has_pilot;
    double *loss; /* count x n */
    double *mean; /* count: L at each */
} sb_probes;
/* probes: size of the probe set (0: none): the zero parameters, then models fitted on uniform subsets of doubling size
 * (streams cx->path "/probeJ"): max(32, 2c) rows, at most n/2, then twice as many each. Sizes that the model refuses
 * are passed over and n is never reached, so count can stay below 2 + probes. pilot: NULL when there is no warm-up; its
 * mean is then NaN and its losses are 0. */
sb_status sb_probes_make(const sb_data *train, const sb_model_use *use, const sb_truth *truth, const sb_fitted *pilot,
                         size_t probes, sb_ctx *cx, sb_probes *out) SB_CHECKED;

/* Of the embedding that methods see: fixed rows for coverage, and the leading principal directions for moments. Once
 * per (data set, embedding); stream cx->path "/cover". */
typedef struct sb_geometry {
    sb_mat x;
    size_t rows;       /* min(n, 4096) */
    uint32_t *row;     /* the rows to be covered */
    size_t r;          /* directions: min(d, 64), less those of no variance */
    double *direction; /* r x d, orthonormal */
    double *variance;  /* r: eigenvalues of the second-moment matrix X'X/n, descending */
} sb_geometry;
sb_status sb_geometry_make(sb_mat x, sb_ctx *cx, sb_geometry *out) SB_CHECKED;

/* Subset diagnostics (group SB_M_SUBSET) of a selection into value[sb_metric_index(...)]; label NULL for regression.
 * value: sb_metric_count() entries, those that do not apply stay as they are (the caller fills NaN first). */
sb_status sb_evaluate_subset(const sb_selection *s, const sb_geometry *g, const int32_t *label, size_t c, sb_ctx *cx,
                             double *value) SB_CHECKED;

/* Trains on the selection and writes the loss, test and fit metrics. fit_ns: duration of the fit alone.
 * SB_SKIP: the selection cannot be fitted (the reason is the row's reason). */
sb_status sb_evaluate_model(const sb_data *train, const sb_data *test, const sb_model_use *use, const sb_truth *truth,
                            const sb_probes *probes, const sb_selection *s, double delta, sb_ctx *cx, double *value,
                            uint64_t *fit_ns) SB_CHECKED;

/* The oracle behind the metered calls of a task: losses, probabilities, residuals of a fitted proxy on `train`, and the
 * full loss of `use` fitted on candidate subsets. theta NULL: no proxy (only full_loss). */
typedef struct sb_proxy {
    const sb_data *train;
    const sb_model_use *use;
    const double *theta;
    const void *shared;
    sb_oracle oracle; /* filled by sb_proxy_init, self = the proxy */
    /* caches of a full pass, made when first asked for all rows, in the arena of the ctx given to sb_proxy_init;
     * nothing is kept when a query comes with that same arena, which its caller may rewind */
    sb_ctx *cx;
    double *loss, *out;
    /* of sb_proxy_warm, which lets it answer for trajectories, committees, small proxies; these are kept like caches */
    const uint32_t *warm;
    size_t warm_n;
    sb_trajectory *path;
    double *member[SB_COMMITTEE_MAX]; /* theta of each committee member */
    struct sb_small *small;           /* the small proxies, a list */
} sb_proxy;
/* The rows it was trained on, borrowed. */
void sb_proxy_warm(sb_proxy *p, const uint32_t *warm, size_t warm_n);
/* oracle.small (small.c). */
sb_status sb_proxy_small(void *self, size_t columns, sb_ctx *cx, sb_mat *x, const sb_oracle **oracle) SB_CHECKED;
void sb_proxy_init(sb_proxy *p, const sb_data *train, const sb_model_use *use, const double *theta, const void *shared,
                   sb_ctx *cx);

#endif
