/* Small problems of every awkward shape, and a proxy that is a fixed linear model evaluated by plain loops. */
#ifndef PLAIN_PROBLEM_H
#define PLAIN_PROBLEM_H

#include "test_main.h"

#include <stdbool.h>
#include <stdio.h>

#include "hash.h"
#include "selbench/task.h"

enum { PLAIN_CLASSES = 3, PLAIN_TARGETS = 1, PLAIN_TARGET_ROWS = 7 };

typedef enum plain_shape {
    PLAIN_GENERAL,   /* 60 x 5 */
    PLAIN_WIDE,      /* 8 x 20: fewer rows than columns */
    PLAIN_CONSTANT,  /* 40 x 6 with a constant, a zero and two twin columns */
    PLAIN_DUPLICATE, /* 30 rows, each there twice */
    PLAIN_EQUAL,     /* 20 equal rows */
    PLAIN_ONE,       /* a single row */
    PLAIN_LONELY,    /* 30 rows, of which one is all of its class */
    PLAIN_SURE,      /* 40 rows that the proxy knows: no loss, no residual, probabilities 0 and 1 */
    PLAIN_SHAPES
} plain_shape;
static const char *const plain_shape_name[] = {"general", "wide", "constant", "duplicate",
                                               "equal",   "one",  "lonely",   "sure"};

typedef struct plain {
    sb_kind kind;
    plain_shape shape;
    size_t n, d, ld;
    float *x, *view, *target;
    int32_t *label;
    double *y, *theta; /* theta: (d + 1) x q, q = PLAIN_CLASSES or PLAIN_TARGETS */
    size_t *pattern;
} plain;

static inline size_t plain_outputs(const plain *p)
{
    return p->kind == SB_CLASSIFICATION ? PLAIN_CLASSES : PLAIN_TARGETS;
}
static inline sb_mat plain_x(const plain *p) { return (sb_mat){.data = p->x, .n = p->n, .d = p->d, .ld = p->ld}; }

static inline double plain_feature(plain_shape shape, size_t i, size_t j, const float *row0, const float *twin,
                                   sb_rng *r)
{
    const double fresh = sb_rng_normal(r);
    if (shape == PLAIN_CONSTANT && j == 1) return 2.5;
    if (shape == PLAIN_CONSTANT && j == 2) return 0;
    if (shape == PLAIN_CONSTANT && j == 4) return (double)twin[3];
    if (shape == PLAIN_EQUAL && i > 0) return (double)row0[j];
    return fresh;
}

/* theta x~ of row i */
static inline void plain_outputs_of(const plain *p, size_t i, double *z)
{
    const size_t q = plain_outputs(p);
    for (size_t c = 0; c < q; c++) {
        z[c] = p->theta[p->d * q + c];
        for (size_t j = 0; j < p->d; j++) z[c] += p->theta[j * q + c] * (double)p->x[i * p->ld + j];
    }
}

/* Memory from t's arena. Rows have ld = d + 3, with NaN in the gap: a method that reads across it shows. */
static inline plain plain_make(test_ctx *t, sb_kind kind, plain_shape shape)
{
    static const size_t rows[] = {60, 8, 40, 60, 20, 1, 30, 40}, columns[] = {5, 20, 6, 4, 3, 2, 4, 4};
    sb_rng r = sb_rng_stream(99, plain_shape_name[shape]);
    plain p = {.kind = kind, .shape = shape, .n = rows[shape], .d = columns[shape], .ld = columns[shape] + 3};
    const size_t q = plain_outputs(&p);
    p.x = SB_NEW(t->cx.arena, p.n * p.ld, float);
    p.view = SB_NEW(t->cx.arena, p.n * p.d, float);
    p.target = SB_NEW(t->cx.arena, PLAIN_TARGET_ROWS * p.d, float);
    p.label = SB_NEW(t->cx.arena, p.n, int32_t);
    p.y = SB_NEW(t->cx.arena, p.n, double);
    p.theta = SB_NEW(t->cx.arena, (p.d + 1) * q, double);
    p.pattern = SB_NEW(t->cx.arena, p.n + 1, size_t);
    for (size_t i = 0; i < p.n; i++) {
        float *const row = p.x + i * p.ld;
        for (size_t j = 0; j < p.ld; j++) row[j] = j < p.d ? (float)plain_feature(shape, i, j, p.x, row, &r) : NAN;
        if (shape == PLAIN_DUPLICATE && i >= p.n / 2) memcpy(row, p.x + (i - p.n / 2) * p.ld, p.ld * sizeof *row);
        p.pattern[i + 1] = i + 1;
    }
    for (size_t i = 0; i < p.n * p.d; i++) p.view[i] = (float)sb_rng_normal(&r);
    for (size_t i = 0; i < PLAIN_TARGET_ROWS * p.d; i++) p.target[i] = (float)sb_rng_normal(&r);
    for (size_t i = 0; i < (p.d + 1) * q; i++) p.theta[i] = (shape == PLAIN_SURE ? 1e6 : 1) * sb_rng_normal(&r);
    for (size_t i = 0; i < p.n; i++) {
        double z[PLAIN_CLASSES] = {0};
        plain_outputs_of(&p, i, z);
        p.y[i] = z[0] + (shape == PLAIN_SURE ? 0 : 0.3) * sb_rng_normal(&r);
        const size_t classes = shape == PLAIN_LONELY ? PLAIN_CLASSES - 1 : PLAIN_CLASSES;
        p.label[i] = i < PLAIN_CLASSES ? (int32_t)i : (int32_t)sb_rng_below(&r, classes); /* every class is there */
        for (int32_t c = 0; shape == PLAIN_SURE && c < PLAIN_CLASSES; c++)
            if (z[c] >= fmax(z[0], fmax(z[1], z[2]))) p.label[i] = c;
    }
    return p;
}

/* Everything a plug-in is given, as one digest. */
static inline void plain_digest(const plain *p, char hex[SB_HASH_HEX])
{
    sb_hash h = sb_hash_begin();
    sb_hash_add(&h, p->x, p->n * p->ld * sizeof *p->x);
    sb_hash_add(&h, p->view, p->n * p->d * sizeof *p->view);
    sb_hash_add(&h, p->target, PLAIN_TARGET_ROWS * p->d * sizeof *p->target);
    sb_hash_add(&h, p->label, p->n * sizeof *p->label);
    sb_hash_add(&h, p->y, p->n * sizeof *p->y);
    sb_hash_add(&h, p->pattern, (p->n + 1) * sizeof *p->pattern);
    sb_hash_end_hex(&h, hex);
}

static inline size_t plain_row(const uint32_t *row, size_t i) { return row ? row[i] : i; }

static inline void plain_softmax(const plain *p, size_t i, double *prob)
{
    double z[PLAIN_CLASSES], sum = 0;
    plain_outputs_of(p, i, z);
    const double top = fmax(z[0], fmax(z[1], z[2]));
    for (size_t c = 0; c < PLAIN_CLASSES; c++) sum += prob[c] = exp(z[c] - top);
    for (size_t c = 0; c < PLAIN_CLASSES; c++) prob[c] /= sum;
}

static inline sb_status plain_loss(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *loss)
{
    const plain *const p = self;
    (void)cx;
    for (size_t j = 0; j < m; j++) {
        const size_t i = plain_row(row, j);
        double v[PLAIN_CLASSES];
        if (p->kind == SB_CLASSIFICATION) {
            plain_softmax(p, i, v);
            loss[j] = -log(v[p->label[i]]);
        } else {
            plain_outputs_of(p, i, v);
            loss[j] = (v[0] - p->y[i]) * (v[0] - p->y[i]);
        }
    }
    return SB_OK;
}

static inline sb_status plain_prob(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *prob)
{
    (void)cx;
    for (size_t j = 0; j < m; j++) plain_softmax(self, plain_row(row, j), prob + j * PLAIN_CLASSES);
    return SB_OK;
}

static inline sb_status plain_residual(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *a)
{
    const plain *const p = self;
    (void)cx;
    for (size_t j = 0; j < m; j++) {
        const size_t i = plain_row(row, j), q = plain_outputs(p);
        if (p->kind == SB_CLASSIFICATION)
            plain_softmax(p, i, a + j * q);
        else
            plain_outputs_of(p, i, a + j * q);
        if (p->kind == SB_CLASSIFICATION)
            a[j * q + (size_t)p->label[i]] -= 1;
        else
            a[j * q] -= p->y[i];
    }
    return SB_OK;
}

/* No model is fitted: the mean of the subset's first feature stands for a loss that depends on the subset. */
static inline sb_status plain_full_loss(void *self, const sb_subset *s, sb_ctx *cx, double *loss)
{
    const plain *const p = self;
    (void)cx;
    *loss = 0;
    for (size_t j = 0; j < s->m; j++) *loss += (double)p->x[plain_row(s->row, j) * p->ld] / (double)s->m;
    return SB_OK;
}

/* theta grows and now and then turns round: rows are learnt and forgotten. */
enum { PLAIN_CHECKPOINTS = 7 };
static const double plain_growth[PLAIN_CHECKPOINTS] = {0.1, -0.2, 0.5, -0.1, 0.8, 0.9, 1};

static inline sb_status plain_logits(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *z)
{
    (void)cx;
    for (size_t j = 0; j < m; j++) plain_outputs_of(self, plain_row(row, j), z + j * PLAIN_CLASSES);
    return SB_OK;
}

static inline sb_status plain_contrasts(void *self, sb_ctx *cx, double *norm2)
{
    const plain *const p = self;
    (void)cx;
    for (size_t a = 0; a < PLAIN_CLASSES; a++)
        for (size_t b = 0; b < PLAIN_CLASSES; b++) {
            double *const sum = norm2 + a * PLAIN_CLASSES + b;
            *sum = 0;
            for (size_t j = 0; j < p->d; j++) {
                const double gap = p->theta[j * PLAIN_CLASSES + a] - p->theta[j * PLAIN_CLASSES + b];
                *sum += gap * gap;
            }
        }
    return SB_OK;
}

/* The plain problem with theta times a factor, for one row. */
static inline void plain_scaled(const plain *p, size_t i, double by, double *prob, double *z)
{
    double sum = 0, top;
    plain_outputs_of(p, i, z);
    for (size_t c = 0; c < plain_outputs(p); c++) z[c] *= by;
    if (p->kind == SB_REGRESSION) return;
    top = fmax(z[0], fmax(z[1], z[2]));
    for (size_t c = 0; c < PLAIN_CLASSES; c++) sum += prob[c] = exp(z[c] - top);
    for (size_t c = 0; c < PLAIN_CLASSES; c++) prob[c] /= sum;
}

static inline sb_status plain_trajectory(void *self, sb_ctx *cx, sb_trajectory *out)
{
    const plain *const p = self;
    const size_t all = p->n * PLAIN_CHECKPOINTS;
    double *const loss = SB_NEW(cx->arena, 3 * all, double), *const margin = loss + all, *const logit = loss + 2 * all;
    unsigned char *const correct = SB_NEW(cx->arena, all, unsigned char);
    if (!loss || !correct) SB_FAIL(cx->err, SB_ENOMEM, "test trajectories");
    for (size_t k = 0; k < all; k++) {
        const size_t i = k / PLAIN_CHECKPOINTS, y = (size_t)p->label[i], u = (y + 1) % 3, v = (y + 2) % 3;
        double prob[PLAIN_CLASSES] = {0}, z[PLAIN_CLASSES] = {0};
        plain_scaled(p, i, plain_growth[k % PLAIN_CHECKPOINTS], prob, z);
        loss[k] = p->kind == SB_CLASSIFICATION ? -log(prob[y]) : (z[0] - p->y[i]) * (z[0] - p->y[i]) / 2;
        margin[k] = prob[y] - fmax(prob[u], prob[v]);
        logit[k] = z[y] - fmax(z[u], z[v]);
        correct[k] = logit[k] > 0;
    }
    const bool classes = p->kind == SB_CLASSIFICATION;
    *out = (sb_trajectory){.n = p->n,
                           .t = PLAIN_CHECKPOINTS,
                           .loss = loss,
                           .margin = classes ? margin : NULL,
                           .logit_margin = classes ? logit : NULL,
                           .correct = classes ? correct : NULL};
    return SB_OK;
}

static inline double plain_member(size_t member) { return cos(1.3 * (double)member); }

static inline sb_status plain_committee(void *self, size_t member, sb_ctx *cx, double *prob)
{
    const plain *const p = self;
    (void)cx;
    for (size_t i = 0; i < p->n; i++) {
        double z[PLAIN_CLASSES];
        plain_scaled(p, i, plain_member(member), prob + i * PLAIN_CLASSES, z);
    }
    return SB_OK;
}

static inline sb_status plain_small(void *self, size_t columns, sb_ctx *cx, sb_mat *x, const sb_oracle **oracle);

static inline sb_oracle plain_oracle(plain *p)
{
    const bool classes = p->kind == SB_CLASSIFICATION;
    return (sb_oracle){.self = p,
                       .loss = plain_loss,
                       .prob = classes ? plain_prob : NULL,
                       .logits = classes ? plain_logits : NULL,
                       .contrasts = classes ? plain_contrasts : NULL,
                       .trajectory = plain_trajectory,
                       .committee = classes ? plain_committee : NULL,
                       .small = plain_small,
                       .residual = plain_residual,
                       .full_loss = plain_full_loss};
}

/* The first columns, and the answers of the same model turned round: 1.3 times less sure of everything. */
static inline sb_status plain_small(void *self, size_t columns, sb_ctx *cx, sb_mat *x, const sb_oracle **oracle)
{
    const plain *const p = self;
    plain *const other = SB_NEW(cx->arena, 1, plain);
    sb_oracle *const own = SB_NEW(cx->arena, 1, sb_oracle);
    if (!other || !own) SB_FAIL(cx->err, SB_ENOMEM, "test small proxy");
    *other = *p;
    other->theta = SB_NEW(cx->arena, (p->d + 1) * plain_outputs(p), double);
    if (!other->theta) SB_FAIL(cx->err, SB_ENOMEM, "test small proxy");
    for (size_t k = 0; k < (p->d + 1) * plain_outputs(p); k++) other->theta[k] = -p->theta[k] / 1.3;
    *own = plain_oracle(other);
    *x = (sb_mat){.data = p->x, .n = p->n, .d = columns < p->d ? columns : p->d, .ld = p->ld};
    *oracle = own;
    return SB_OK;
}

#endif
