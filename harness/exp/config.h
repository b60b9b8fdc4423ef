/* An experiment, resolved: every option has its value, every name was found, nothing was opened yet. */
#ifndef SB_EXP_CONFIG_H
#define SB_EXP_CONFIG_H

#include "dataset.h"
#include "evaluate.h"
#include "vary.h"

/* A method with its options. */
typedef struct sb_method_use {
    const sb_method *method;
    const char *code; /* version of its file */
    const void *options;
    const char *label;  /* unique inside a bench: "sensitivity{k=100}", or the config's `as` */
    const char *text;   /* name{every option resolved}: decides the key */
    const char *stream; /* name{options that are not at their default}: names its draws */
    const sb_yaml *at;  /* its entry in the config */
} sb_method_use;

typedef struct sb_model_spec {
    sb_model_use use;
    const char *code, *label, *text;
} sb_model_spec;

/* Rows to select: 1000, 1% (of n), or {k: 100, eps: 0.1} for k + 1/eps^2; {rows: 1000, repeats: 20} for fewer repeats.
 */
typedef struct sb_budget {
    const char *text;
    sb_count count;
    unsigned repeats; /* at most so many of the bench's; UINT_MAX: all */
    const sb_yaml *at;
} sb_budget;

/* Rows drawn first at random, on which the proxy is trained. */
typedef struct sb_warmup {
    bool any;
    sb_count rows; /* count, percentage of n, or of the budget (20%m) */
    bool joins;    /* the warm-up rows are part of every selection, inside its budget */
    const char *text;
    const sb_yaml *at; /* its rows */
} sb_warmup;

/* One data set under one embedding, with all that is tried on it. */
typedef struct sb_bench {
    const char *label; /* the data set's name: streams and tables */
    const sb_dataset_spec *data;
    const sb_embedding_spec *seen;    /* what methods see */
    const sb_embedding_spec *trained; /* what models train on (the same pointer unless train_on says otherwise) */
    const sb_embedding_spec *view;    /* second view of the rows, for methods that need one, or NULL */
    const sb_target_spec *target;     /* rows of the distribution to select for, or NULL */
    const char *embedding;            /* for tables: "raw", "pca{dims=64}", "A, models on B" */
    sb_kind kind;
    size_t methods, models, budgets;
    const sb_method_use *method;
    const sb_model_spec *model;
    const sb_budget *budget;
    sb_warmup warmup;
    unsigned repeats;   /* first_rep .. first_rep + repeats - 1 */
    unsigned first_rep; /* above 0: a further split of the bench before, under the same label */
    sb_vary vary;       /* which draw a repeat uses */
} sb_bench;

typedef struct sb_config {
    const char *file, *name, *title;
    uint64_t seed;
    size_t benches;
    const sb_bench *bench;
    size_t probes;             /* size of the probe set of loss_err_sup */
    double delta;              /* failure probability of the printed bounds */
    double seconds;            /* limit of one cell */
    size_t memory;             /* limit of one worker's arenas, bytes */
    const char *reference;     /* label that differences are paired with */
    const char *const *mirror; /* further mirror folders, ended by NULL */
    const char *notes;         /* what was left out and why, one per line ("models: ridge does not fit ...") */
    const char *text;          /* the resolved config as YAML */
} sb_config;

/* Changes from the command line, applied in order. */
typedef struct sb_overrides {
    size_t sets;
    const char *const *set; /* "path=value" */
    size_t onlys;
    const char *const *only; /* "method=uniform,leverage", "data=...", "model=...", "budget=..." */
} sb_overrides;

/* Errors name file:line:column, the key and what is allowed. */
sb_status sb_config_read(const char *path, const sb_overrides *o, const sb_places *places, sb_ctx *cx,
                         sb_config *out) SB_CHECKED;

/* Adds the config's mirror folders, behind those of the command line and the environment. */
sb_status sb_config_places(const sb_config *config, sb_ctx *cx, sb_places *places) SB_CHECKED;

/* One entry of a `methods:` (or `models:`) list: a name, or {name: {options}}; option lists are a grid and give several
 * entries. Used for configs and for `selbench select`. */
sb_status sb_config_methods(const sb_yaml *list, sb_ctx *cx, sb_method_use **out, size_t *count) SB_CHECKED;
sb_status sb_config_models(const sb_yaml *list, sb_ctx *cx, sb_model_spec **out, size_t *count) SB_CHECKED;

/* Repeats of a budget of this bench, and of all budgets together. */
unsigned sb_budget_repeats(const sb_bench *b, size_t budget);
size_t sb_bench_repeats(const sb_bench *b);

/* Rows of a budget for n training rows, and of a warm-up. */
size_t sb_budget_rows(const sb_budget *b, size_t n);
size_t sb_warmup_rows(const sb_warmup *w, size_t n, size_t m);

#endif
