/* What a method sees of a cell: the embedding, and what it declared in `needs`. There are no test rows in it.
 * Everything that costs labels or losses is asked for by a call, and the call is billed. */
#ifndef SELBENCH_TASK_H
#define SELBENCH_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/data.h"

/* What a method may declare to need; a thing not declared is NULL or refused. */
typedef enum sb_needs {
    SB_NEEDS_LABELS = 1u << 0,     /* task->label or task->y */
    SB_NEEDS_LOSS = 1u << 1,       /* sb_task_loss */
    SB_NEEDS_PROB = 1u << 2,       /* sb_task_prob (classification only) */
    SB_NEEDS_GRADIENT = 1u << 3,   /* sb_task_residual, the factor a_i of the gradient */
    SB_NEEDS_TRAJECTORY = 1u << 4, /* per-checkpoint losses and margins */
    SB_NEEDS_VIEW = 1u << 5,       /* task->view */
    SB_NEEDS_TARGET = 1u << 6,     /* task->target */
    SB_NEEDS_PATTERNS = 1u << 7,   /* task->pattern */
    SB_NEEDS_TRAINING = 1u << 8,   /* sb_task_full_loss: fits the first model on a candidate subset (best_of_uniform) */
    SB_MAY_LABELS = 1u << 9,       /* sb_task_labels: class labels, where an option asks for them; billed then only */
    SB_NEEDS_COMMITTEE = 1u << 10, /* sb_task_committee: models fitted on bootstraps of the warm-up rows */
    SB_NEEDS_SMALL = 1u << 11,     /* sb_task_small: a cheaper proxy than the warm-up model */
    SB_MAY_GRADIENT = 1u << 12     /* sb_task_residual, where an option asks for it; billed then only */
} sb_needs;

/* Queries made so far: part of the cost of a selection. */
typedef struct sb_meter {
    uint64_t labels; /* labels or targets read */
    uint64_t losses; /* per-row losses queried */
    uint64_t probs;  /* rows whose probabilities were queried */
    uint64_t grads;  /* rows whose gradient factor was queried */
    uint64_t fits;   /* models trained beside the warm-up model */
    bool proxy;      /* the warm-up model was asked: its fit counts */
    bool warm;       /* something trained on the warm-up rows was asked: their labels count */
} sb_meter;

/* How each row fared while a linear model was trained on the warm-up rows: minibatch gradient steps from zero on
 * standardised features, one checkpoint after each epoch (exp/trajectory.c states steps and batches). Borrowed. */
typedef struct sb_trajectory {
    size_t n, t;                  /* rows, checkpoints */
    const double *loss;           /* n x t */
    const double *margin;         /* n x t: p_y less the largest other p; NULL for regression, as all below */
    const double *logit_margin;   /* n x t: the same of the logits */
    const unsigned char *correct; /* n x t: 1 where the most probable class (lowest among equals) is the label */
} sb_trajectory;

/* What stands behind the metered calls: filled by the harness (exp/oracle.c) and, in tests, by the test. Methods use
 * the sb_task_ calls below instead. Each writes m values (or m x c) for the given rows; NULL: not available. */
typedef struct sb_oracle {
    void *self;
    sb_status (*loss)(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *loss);
    sb_status (*prob)(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *prob);
    sb_status (*residual)(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *a);
    sb_status (*full_loss)(void *self, const sb_subset *s, sb_ctx *cx, double *loss);
    sb_status (*logits)(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *z);
    sb_status (*contrasts)(void *self, sb_ctx *cx, double *norm2);
    sb_status (*trajectory)(void *self, sb_ctx *cx, sb_trajectory *out);
    sb_status (*committee)(void *self, size_t member, sb_ctx *cx, double *prob);
    sb_status (*small)(void *self, size_t columns, sb_ctx *cx, sb_mat *x, const struct sb_oracle **oracle);
} sb_oracle;

typedef struct sb_task {
    sb_mat x; /* n x d embedding of the training rows */
    sb_kind kind;
    size_t c;                   /* classes; 0 for regression */
    size_t t;                   /* targets; 0 for classification */
    const int32_t *label;       /* NULL unless LABELS is declared and this is classification */
    const double *y;            /* n x t; NULL unless LABELS is declared and this is regression */
    const int32_t *label_asked; /* what sb_task_labels gives: methods call that and leave this alone */
    const uint32_t *warm;       /* rows drawn first, on which the proxy was trained; NULL when there is none */
    size_t warm_n;
    bool warm_joins;       /* the warm-up rows will be put in front of the selection: do not choose them again */
    sb_mat view;           /* second embedding of the same rows; .data NULL unless VIEW */
    sb_mat target;         /* rows of the distribution to select for; .data NULL unless TARGET */
    const size_t *pattern; /* n + 1 offsets into view: rows of `view` that belong to row i; NULL unless PATTERNS */
    unsigned granted;      /* sb_needs that the calls below accept */
    const sb_oracle *oracle;
    sb_meter *meter;
} sb_task;

/* n bytes from cx->arena: 1 for the rows that may not be chosen (those of a warm-up that joins). NULL: no memory. */
unsigned char *sb_task_taken(const sb_task *task, sb_ctx *cx);

/* The class labels of all n rows, for a method that can do without unless an option asks for them. Billed n labels.
 * SB_BUG when MAY_LABELS was not declared; SB_SKIP when there are none (regression, unlabelled data). */
sb_status sb_task_labels(const sb_task *task, sb_ctx *cx, const int32_t **label) SB_CHECKED;

/* Losses of the proxy at m rows (row NULL: all n rows, m = n). Billed m losses and m labels.
 * SB_BUG when LOSS was not declared; SB_SKIP when the experiment has no warm-up. */
sb_status sb_task_loss(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *loss) SB_CHECKED;

/* Class probabilities of the proxy, m x c row-major (row NULL: all n rows). Billed m probs. Needs PROB. */
sb_status sb_task_prob(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *prob) SB_CHECKED;

/* The factor a_i of the proxy's per-row gradient a_i (x) [x_i; 1]: p_i - e_y (m x c), or prediction - y (m x t).
 * Billed m grads and m labels. Needs GRADIENT. */
sb_status sb_task_residual(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *a) SB_CHECKED;

/* Logits of the proxy, m x c row-major (row NULL: all n rows); a model of two classes with one output z has (0, z). No
 * model here fixes their common shift. Billed m probs. Needs PROB. */
sb_status sb_task_logits(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *z) SB_CHECKED;

/* norm2[a c + b] = |w_a - w_b|^2, the class weights of the proxy without intercepts, in the units of the features that
 * it was trained on: how fast the logits of two classes part. Free. Needs PROB. */
sb_status sb_task_contrasts(const sb_task *task, sb_ctx *cx, double *norm2) SB_CHECKED;

/* Trajectories of all rows, made once per repeat and warm-up. Billed one fit, n t losses and n labels. Needs
 * TRAJECTORY. */
sb_status sb_task_trajectory(const sb_task *task, sb_ctx *cx, sb_trajectory *out) SB_CHECKED;

enum { SB_COMMITTEE_MAX = 64 };
/* Class probabilities (n x c) of the first model fitted on bootstrap number `member` (below SB_COMMITTEE_MAX) of the
 * warm-up rows, drawn with replacement; fitted once per repeat and warm-up. Billed one fit and n probs. Needs
 * COMMITTEE. SB_SKIP: that bootstrap cannot be fitted (one class only). */
sb_status sb_task_committee(const sb_task *task, size_t member, sb_ctx *cx, double *prob) SB_CHECKED;

/* *out: the same task seen through a small proxy: x is a Gaussian random projection of the features to so many columns,
 * and the calls answer for the first model fitted on the warm-up rows in it, billed to the same meter as any proxy.
 * Projected and fitted once per repeat, warm-up and number of columns. Needs SMALL; the calls on *out need what they
 * need. SB_SKIP: no warm-up. */
sb_status sb_task_small(const sb_task *task, size_t columns, sb_ctx *cx, sb_task *out) SB_CHECKED;

/* Mean training loss over all n rows of the experiment's first model fitted on subset s.
 * Billed one fit, n losses, n labels. Needs TRAINING. */
sb_status sb_task_full_loss(const sb_task *task, const sb_subset *s, sb_ctx *cx, double *loss) SB_CHECKED;

#endif
