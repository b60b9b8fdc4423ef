/* The finished evaluations of a run in memory: what tables, statistics, plots and the report are made of.
 * Built from the store by exp/results.c; everything in one arena, in a fixed order. */
#ifndef SB_EXP_RESULTS_H
#define SB_EXP_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "vary.h"

/* One setting: what is compared inside it is the methods. */
typedef struct sb_setting {
    const char *data, *embedding, *model; /* for tables */
    const char *budget;                   /* as written in the config: "1000", "1%" */
    size_t m;                             /* rows asked for */
} sb_setting;

/* One (setting, method, repeat): its status and, when ok, its metrics. */
typedef struct sb_result {
    size_t setting, method; /* positions in the lists of sb_results */
    unsigned rep;
    const char *status;     /* ok, skipped, failed, timeout, out of memory, crashed */
    const char *reason;     /* "" when ok */
    const char *key;        /* key of the evaluation (or of the selection where that failed) */
    const char *subset;     /* content hash of the stored subset, or "" */
    const double *value;    /* one per metric; NaN: does not apply */
} sb_result;

typedef struct sb_method_label {
    const char *label;  /* unique: "sensitivity{k=100}" or the config's `as` */
    const char *name;   /* plug-in */
    const char *options; /* resolved, for reports */
    bool anchor;
    const char *needs;  /* what it declares to see, in words; NULL or "": not recorded */
} sb_method_label;

/* The rows of a data set under an embedding, on the plane of their two leading principal components. */
typedef struct sb_landscape {
    const char *data, *embedding;
    size_t n, c;              /* rows; classes, 0: regression */
    double share[2];          /* of the variance, along the axes */
    const float *xy;          /* n x 2 */
    const double *class_rows; /* c: rows of each class; NULL: none */
} sb_landscape;

/* What a method chose in a setting. */
typedef struct sb_chosen {
    size_t repeats;       /* with a stored subset */
    size_t rows;          /* of the first of them: distinct ones, ascending */
    const uint32_t *row;
    double *of_class;     /* rows per class, mean over the repeats (one chosen twice counts twice); NULL: no classes */
} sb_chosen;

typedef struct sb_results {
    const char *name, *title; /* of the experiment */
    const char *reference;    /* label of the method that differences are paired with: "uniform" unless the config says */
    size_t settings, methods, metrics, results, repeats;
    const sb_setting *setting;      /* config order: data, embedding, model, budget ascending */
    const sb_method_label *method;  /* config order */
    const struct sb_metric *const *metric; /* exp/metric.h; those that occur */
    const sb_result *result;        /* sorted by setting, method, rep */
    const char *config;             /* resolved config as YAML text */
    const char *provenance;         /* JSON text of run.json's provenance */
    const char *changes;            /* " --set 'repeats=2'": what the command changed in the config; "" or NULL: nothing */
    const char *warnings;           /* one per line; "" */
    const double *jaccard;          /* settings x methods x methods: overlap of the chosen rows, mean over repeats; NaN
                                     * unknown; NULL: not computed */
    size_t landscapes;
    const sb_landscape *landscape;
    const size_t *landscape_of; /* per setting; SIZE_MAX: none; NULL with chosen */
    const sb_chosen *chosen;    /* settings x methods; NULL: the run has no maps */
    const sb_vary *vary;            /* one per setting: what repeats share; NULL: nothing */
} sb_results;

static inline sb_vary sb_results_vary(const sb_results *r, size_t setting)
{
    return r->vary ? r->vary[setting] : (sb_vary){{0}};
}

#endif
