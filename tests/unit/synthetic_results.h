/* A made-up run for the tests of tables, plots and report: two classification groups and one regression group, an
 * anchor, the reference, better, worse and equal methods, failures, texts that want escaping. */
#ifndef SYNTHETIC_RESULTS_H
#define SYNTHETIC_RESULTS_H

#include <stdio.h>

#include "results.h"
#include "metric.h"
#include "test_main.h"

static const sb_metric synthetic_metrics[] = {
    {"loss_err@full", "relative error of the weighted loss at the full-data optimum", "", SB_LOWER, SB_M_LOSS, false,
     true,
     true},
    {"accuracy", "test accuracy", "fraction", SB_HIGHER, SB_M_TEST, false, true, false},
    {"one_minus_r2", "test error relative to the variance of the targets", "", SB_LOWER, SB_M_TEST, false, true, true},
    {"distinct", "distinct rows selected", "rows", SB_NEITHER, SB_M_SUBSET, false, false, false},
    {"covemaderadius", "largest distance of a row to the subset", "", SB_LOWER, SB_M_SUBSET, false, false, false},
    {"labels", "labels read to select", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"select_s", "time to select", "s", SB_LOWER, SB_M_COST, true, true, true},
    {"peak_bytes", "peak memory of the selection", "bytes", SB_LOWER, SB_M_COST, true, false, true},
};
enum { SYN_METRICS = 8, SYN_METHODS = 8, SYN_GROUPS = 3, SYN_BUDGETS = 4 };

static const sb_method_label synthetic_methods[SYN_METHODS] = {
    {"full", "full", "{}", true, "features only"},
    {"uniform", "uniform", "{}", false, "features only"},
    {"uniform-best-of-10", "uniform_best", "{draws: 10}", true, "features only"},
    {"sensitivity{k=100}", "sensitivity", "{k: 100, z: 2}", false, "features only"},
    {"leverage", "leverage", "{ridge: 0.001}", false, "features only"},
    {"herding", "herding", "{}", false, "features only"},
    {"kcenter", "kcenter", "{init: far}", false, "features only"},
    {"odd<b>&\"'|_%$", "odd", "{text: \"<script>alert(1)</script>\"}", false, "features only"},
};
static const size_t synthetic_budgets[SYN_BUDGETS] = {100, 500, 1000, 5000};

/* Gain of a method on accuracy, and its factor on errors. */
static const double synthetic_gain[SYN_METHODS] = {0.06, 0, 0.006, 0.011, 0.004, -0.012, -0.03, 0};
static const double synthetic_factor[SYN_METHODS] = {1e-3, 1, 0.8, 0.45, 0.7, 1.3, 2.6, 1};

static inline void synthetic_values(sb_rng *r, size_t group, size_t method, size_t m, unsigned rep, double *v)
{
    sb_rng shared = sb_rng_stream(group * 131 + rep, "repeat");
    const double luck = sb_rng_normal(&shared), noise = 100 / ((double)m + 900);
    for (size_t i = 0; i < SYN_METRICS; i++) v[i] = NAN;
    v[0] = method == 0 ? 0
        : synthetic_factor[method] * 0.6 / sqrt((double)m) * exp(0.5 * luck + 0.25 * sb_rng_normal(r));
    if (group < 2) {
        v[1] = 0.86 - 0.9 / sqrt((double)m) + synthetic_gain[method] * (method == 0 ? 1 : 1.4 - 0.1 * log((double)m)) -
               0.1 * (double)group + noise * (0.02 * luck + 0.02 * sb_rng_normal(r));
        if (method == 0) v[1] = 0.872 - 0.1 * (double)group;
    } else {
        v[2] = 0.2 + synthetic_factor[method] * 2 / (double)m * 50 * exp(0.2 * luck + 0.1 * sb_rng_normal(r));
    }
    v[3] = (double)m;
    v[4] = 9 / log((double)m) * synthetic_factor[method];
    v[5] = method == 3 || method == 4 ? 60000 : 0;
    v[6] = 1e-4 * (double)(method * method + 1) * (1 + 0.1 * sb_rng_unit(r)) * (method == 6 ? (double)m : 10);
    v[7] = 1e6 * (double)(method + 1);
}

static inline void synthetic_status(sb_result *e, size_t group, size_t budget)
{
    e->status = "ok";
    e->reason = "";
    if (e->method == 5 && budget == 3 && e->rep % 2) {
        e->status = "timeout";
        e->reason = "no answer within 600 s";
    } else if (e->method == 6 && group == 1) {
        e->status = "skipped";
        e->reason = "distances of 'sparse & wide' rows <not supported>";
    }
    if (*e->reason) e->value = NULL;
}

/* Rows in a ring, in three classes; each method chose every so many of them. */
static inline void synthetic_chosen(sb_arena *a, sb_results *r)
{
    enum { ROWS = 90, CLASSES = 3 };
    sb_landscape *l = SB_NEW(a, 1, sb_landscape);
    float *xy = SB_NEW(a, 2 * ROWS, float);
    double *of = SB_NEW(a, CLASSES, double);
    size_t *landscape_of = SB_NEW(a, r->settings, size_t);
    sb_chosen *chosen = SB_NEW(a, r->settings * r->methods, sb_chosen);
    for (size_t i = 0; i < ROWS; i++) {
        xy[2 * i] = (float)cos(0.07 * (double)i);
        xy[2 * i + 1] = (float)sin(0.07 * (double)i);
        of[i % CLASSES]++;
    }
    for (size_t i = 0; i < r->settings; i++) landscape_of[i] = i < SYN_BUDGETS ? 0 : SIZE_MAX;
    for (size_t i = 0; i < SYN_BUDGETS * r->methods; i++) {
        sb_chosen *c = &chosen[i];
        uint32_t *row = SB_NEW(a, ROWS, uint32_t);
        *c = (sb_chosen){.repeats = 1, .row = row, .of_class = SB_NEW(a, CLASSES, double)};
        for (uint32_t k = 0; k < ROWS; k += 1 + (uint32_t)(i % r->methods)) {
            row[c->rows++] = k;
            c->of_class[k % CLASSES]++;
        }
    }
    *l = (sb_landscape){.data = r->setting[0].data, .embedding = r->setting[0].embedding, .n = ROWS, .c = CLASSES,
                        .share = {0.6, 0.3}, .xy = xy, .class_rows = of};
    r->landscape = l;
    r->landscapes = 1;
    r->landscape_of = landscape_of;
    r->chosen = chosen;
}

static inline sb_results synthetic_make(test_ctx *t, unsigned repeats)
{
    sb_arena *a = t->cx.arena;
    sb_setting *setting = SB_NEW(a, SYN_GROUPS * SYN_BUDGETS, sb_setting);
    const size_t cells = SYN_GROUPS * SYN_BUDGETS * SYN_METHODS;
    sb_result *result = SB_NEW(a, cells * repeats, sb_result);
    const sb_metric **metric = SB_NEW(a, SYN_METRICS, const sb_metric *);
    double *jaccard = SB_NEW(a, SYN_GROUPS * SYN_BUDGETS * SYN_METHODS * SYN_METHODS, double);
    static const char *const data[] = {"fashion-mnist", "news <20> & more", "california-housing"};
    static const char *const budget[] = {"100", "1%", "1000", "5000"};
    sb_rng r = sb_rng_stream(11, "synthetic");
    sb_result *e = result;
    for (size_t i = 0; i < SYN_GROUPS * SYN_BUDGETS; i++) {
        const size_t g = i / SYN_BUDGETS, b = i % SYN_BUDGETS;
        setting[i] = (sb_setting){data[g], g == 1 ? "minilm" : "raw", g == 2 ? "ridge" : "softmax", budget[b],
                                  synthetic_budgets[b]};
        for (size_t k = 0; k < SYN_METHODS; k++) {
            for (size_t j = 0; j < SYN_METHODS; j++)
                jaccard[(i * SYN_METHODS + k) * SYN_METHODS + j] = k == j ? 1 : k == 0 ||
                    j == 0 ? (double)NAN : 0.01 * (double)(k + j);
            for (unsigned rep = 0; rep < repeats; rep++, e++) {
                double *v = SB_NEW(a, SYN_METRICS, double);
                synthetic_values(&r, g, k, synthetic_budgets[b], rep, v);
                char key[32];
                (void)snprintf(key, sizeof key, "%08zx%08x", i * 1000 + k, rep * 2654435761u);
                *e = (sb_result){.setting = i, .method = k, .rep = rep, .key = memcpy(SB_NEW(a, 32, char), key, 32),
                                 .subset = "abc", .value = v};
                synthetic_status(e, g, b);
            }
        }
    }
    for (size_t i = 0; i < SYN_METRICS; i++) metric[i] = &synthetic_metrics[i];
    sb_results made = {.name = "synthetic", .title = "A made-up comparison of <methods> & more",
                        .reference = "uniform",
                        .settings = SYN_GROUPS * SYN_BUDGETS, .methods = SYN_METHODS, .metrics = SYN_METRICS,
                        .results = cells * repeats, .repeats = repeats, .setting = setting, .method = synthetic_methods,
                        .metric = metric, .result = result, .jaccard = jaccard,
                        .config =
                            "name: synthetic\ndata: [fashion-mnist, 'news <20> & more']\nbudgets: [100, 1%, 1000]\n",
                        .provenance = "{\"version\": \"0.1.0\", \"git\": \"abc123\", \"kernel\": \"Haswell\"}",
                        .warnings = "leverage and sensitivity{k=100} chose the same rows at <1> setting\n"};
    synthetic_chosen(a, &made);
    return made;
}

#endif
