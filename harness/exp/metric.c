#include "metric.h"

#include <math.h>
#include <string.h>

/* Formulas, units and when a value is missing: results/metrics.md, which a test compares with this table. */
const sb_metric sb_metrics[] = {
    {"loss_err@full", "relative error of the weighted loss at the full-data optimum", "", SB_LOWER, SB_M_LOSS, false,
     true, true},
    {"loss_err@pilot", "relative error of the weighted loss at the proxy", "", SB_LOWER, SB_M_LOSS, false, false, true},
    {"loss_dev@pilot", "signed relative error of the weighted loss at the proxy", "", SB_NEITHER, SB_M_LOSS, false,
     false, false},
    {"loss_err@subset", "relative error of the weighted loss at the model trained on the subset", "", SB_LOWER,
     SB_M_LOSS, false, false, true},
    {"loss_err_sup", "largest relative error of the weighted loss over the probe set", "", SB_LOWER, SB_M_LOSS, false,
     false, true},
    {"loss_sd@full", "exact relative standard error of the weighted loss at the full-data optimum", "", SB_LOWER,
     SB_M_LOSS, false, false, true},
    {"loss_sd@pilot", "exact relative standard error of the weighted loss at the proxy", "", SB_LOWER, SB_M_LOSS, false,
     false, true},
    {"loss_bound@full", "relative error exceeded with probability at most delta, at the full-data optimum", "",
     SB_LOWER, SB_M_LOSS, false, false, true},
    {"loss_bound@pilot", "relative error exceeded with probability at most delta, at the proxy", "", SB_LOWER,
     SB_M_LOSS, false, false, true},
    {"loss_bound_theorem@pilot", "the same from the theorem, which assumes scores that dominate the losses", "",
     SB_LOWER, SB_M_LOSS, false, false, true},
    {"loss_above_score@pilot", "share of rows whose loss exceeds the score", "fraction", SB_NEITHER, SB_M_LOSS, false,
     false, false},
    {"excess_loss", "relative excess of the full training loss when trained on the subset", "", SB_LOWER, SB_M_LOSS,
     false, true, true},
    {"train_loss", "mean training loss over all rows when trained on the subset", "", SB_LOWER, SB_M_LOSS, false, false,
     true},

    {"accuracy", "test accuracy", "fraction", SB_HIGHER, SB_M_TEST, false, true, false},
    {"balanced_accuracy", "mean recall over the test classes", "fraction", SB_HIGHER, SB_M_TEST, false, false, false},
    {"macro_f1", "mean F1 over the classes", "fraction", SB_HIGHER, SB_M_TEST, false, false, false},
    {"log_loss", "mean negative log probability of the test labels", "", SB_LOWER, SB_M_TEST, false, false, false},
    {"mse", "mean squared test error", "", SB_LOWER, SB_M_TEST, false, false, true},
    {"mae", "mean absolute test error", "", SB_LOWER, SB_M_TEST, false, false, true},
    {"one_minus_r2", "test error relative to the variance of the targets", "", SB_LOWER, SB_M_TEST, false, true, true},
    {"one_minus_r2_train", "error over all training rows relative to the variance of the targets", "", SB_LOWER,
     SB_M_TEST, false, false, true},

    {"distinct", "distinct rows selected", "rows", SB_NEITHER, SB_M_SUBSET, false, false, false},
    {"effective_size", "effective number of rows under the weights", "rows", SB_HIGHER, SB_M_SUBSET, false, false,
     false},
    {"classes_missed", "classes without a selected row", "classes", SB_LOWER, SB_M_SUBSET, false, false, false},
    {"cover_radius", "largest distance of a row to the subset", "", SB_LOWER, SB_M_SUBSET, false, false, false},
    {"kmeans_cost", "mean squared distance of a row to the subset", "", SB_LOWER, SB_M_SUBSET, false, false, false},
    {"moment_trace", "mean variance ratio of the data to the subset in the leading directions", "", SB_LOWER,
     SB_M_SUBSET, false, false, true},
    {"moment_max", "largest variance ratio of the data to the subset in the leading directions", "", SB_LOWER,
     SB_M_SUBSET, false, false, true},
    {"moment_lost", "leading directions in which the subset has no variance", "directions", SB_LOWER, SB_M_SUBSET,
     false, false, false},
    {"max_weight", "largest share of the rows that one selected row stands for", "fraction", SB_LOWER, SB_M_SUBSET,
     false, false, true},
    {"sum_weight", "rows that the subset stands for, relative to all", "", SB_NEITHER, SB_M_SUBSET, false, false,
     false},

    {"labels", "labels read to select", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"losses", "losses queried to select", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"probs", "rows whose probabilities were queried to select", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"grads", "rows whose gradients were queried to select", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"fits", "models trained to select", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"prepare_s", "time to prepare, shared by all budgets", "s", SB_LOWER, SB_M_COST, true, false, true},
    {"select_s", "time to select", "s", SB_LOWER, SB_M_COST, true, true, true},
    {"fit_s", "time to train on the subset", "s", SB_LOWER, SB_M_COST, true, false, true},
    {"peak_bytes", "peak memory of the selection", "bytes", SB_LOWER, SB_M_COST, true, false, true},

    {"converged", "training met its tolerance", "", SB_HIGHER, SB_M_FIT, false, false, false},
    {"grad_norm", "largest entry of the gradient at the trained model", "", SB_LOWER, SB_M_FIT, false, false, true},
    {"l2", "penalty used", "", SB_NEITHER, SB_M_FIT, false, false, true},
    {"iterations", "solver iterations", "", SB_LOWER, SB_M_FIT, false, false, false},
    {NULL, NULL, NULL, SB_NEITHER, SB_M_LOSS, false, false, false},
};

int sb_metric_index(const char *name)
{
    for (int i = 0; sb_metrics[i].name; i++)
        if (strcmp(sb_metrics[i].name, name) == 0) return i;
    return -1;
}

size_t sb_metric_count(void) { return sizeof sb_metrics / sizeof *sb_metrics - 1; }

double sb_metric_effect(const sb_metric *m, double baseline, const sb_effect *list, size_t n)
{
    while (n-- > 0)
        if (strcmp(list[n].metric, m->name) == 0) return list[n].size;
    if (strcmp(m->unit, "fraction") == 0) return 0.005;
    return (strcmp(m->unit, "bytes") == 0 ? 0.1 : 0.02) * fabs(baseline);
}
