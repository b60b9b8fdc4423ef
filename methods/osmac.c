/* Optimal subsampling in two steps: a pilot model (the warm-up), then draws by how much a row moves the estimate.
 * optA  |M^-1 s_i|, which minimises the trace of the asymptotic variance;  optL  |a_i| |x~_i|, of its image under M;
 * mspe  |Omega^1/2 M^-1 s_i|, of the outputs of all rows;  lcc  1 - p_y: local case control. a_i = p_i - e_y, M the
 * pilot's information matrix on the pilot rows. */
#include <math.h>

#include "selbench/gradient.h"
#include "selbench/importance.h"
#include "selbench/information.h"

enum { OPT_A, OPT_L, LCC, MSPE };
enum { SUMMATION, BASELINE };
enum { FORM_FULL, FORM_BLOCK };

typedef struct opts {
    int criterion, constraint, form;
    double ridge, work;
    sb_importance how;
} opts;

static const char *const criteria[] = {"optA", "optL", "lcc", "mspe", NULL};
static const char *const forms[] = {"full", "block", NULL};
static const char *const constraints[] = {"summation", "baseline", NULL};
static const sb_param params[] = {
    {"criterion",
     "optA: variance of the parameters; optL: cheaper, of their image; lcc: error of the label; mspe: variance of the "
     "predicted outputs",
     "optA", SB_P_ENUM, offsetof(opts, criterion), 0, 3, criteria},
    {"constraint", "parameters of the classes sum to 0, or the last class is the base (its score depends on that)",
     "summation", SB_P_ENUM, offsetof(opts, constraint), 0, 1, constraints},
    {"information",
     "M in full, or block: one block per class, an approximation (optA; the sum over all classes, without constraint)",
     "full", SB_P_ENUM, offsetof(opts, form), 0, 1, forms},
    {"work", "declines when M in full needs more multiply-adds (1e10 take about a second)", "1e12", SB_P_REAL,
     offsetof(opts, work), 0, 1e300, NULL},
    {"ridge", "added to the information matrix, relative to its mean diagonal", "1e-6", SB_P_REAL,
     offsetof(opts, ridge), 0, 1e6, NULL},
    {"floor", "share of uniform in p", "0.01", SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme; poisson caps inclusion probabilities at 1", "with_replacement", SB_P_ENUM,
     offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {0},
};

/* optA or mspe. */
static sb_status solved(const sb_task *task, const opts *o, const sb_gradients *g, sb_ctx *cx, double *score)
{
    double *prob = NULL;
    if (task->kind == SB_CLASSIFICATION) {
        prob = SB_NEW(cx->arena, g->n * g->w, double);
        if (!prob) SB_FAIL(cx->err, SB_ENOMEM, "probabilities of %zu rows", g->n);
        SB_TRY(sb_task_prob(task, NULL, g->n, cx, prob));
    }
    sb_information m;
    const sb_information_form form = o->form == FORM_FULL ? SB_INFORMATION_FULL : SB_INFORMATION_BLOCK;
    SB_TRY(sb_information_make(task, prob, task->warm_n ? task->warm : NULL, task->warm_n ? task->warm_n : g->n, form,
                               o->ridge, cx, &m));
    if (o->criterion == OPT_A)
        return sb_information_norms(&m, g->a, g->w, false, o->constraint == SUMMATION, cx, score);
    double *omega = SB_NEW(cx->arena, m.size * m.size, double);
    if (!omega) SB_FAIL(cx->err, SB_ENOMEM, "second moments of outputs, order %zu", m.size);
    SB_TRY(sb_information_outputs(&m, prob, cx, omega));
    return sb_information_output_norms(&m, g->a, g->w, omega, cx, score);
}

/* |a_i| over all classes, or without the base; for lcc the label's own entry alone, 1 - p_y. */
static void cheap(const opts *o, const sb_task *task, const sb_gradients *g, double *score)
{
    const bool classes = task->kind == SB_CLASSIFICATION;
    const size_t w = classes && o->constraint == BASELINE && o->criterion == OPT_L ? g->w - 1 : g->w;
    for (size_t i = 0; i < g->n; i++) {
        double sum = 0, most = 0;
        for (size_t k = 0; k < w; k++) {
            sum += g->a[i * g->w + k] * g->a[i * g->w + k];
            most = fmax(most, fabs(g->a[i * g->w + k])); /* the label's: it is minus the sum of the others */
        }
        score[i] = o->criterion == OPT_L ? sqrt(sum * g->x_norm2[i]) : classes ? most : sqrt(sum);
    }
}

static sb_status osmac_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                              sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const bool solves = o->criterion == OPT_A || o->criterion == MSPE;
    if (solves && o->form == FORM_FULL)
        SB_TRY(sb_information_afford(task, task->warm_n ? task->warm_n : task->x.n, o->work, cx));
    if (o->criterion == MSPE && o->form == FORM_BLOCK)
        SB_FAIL(cx->err, SB_SKIP, "mspe couples the classes, so that blocks of M say nothing: information = full");
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", task->x.n);
    sb_gradients g;
    SB_TRY(sb_gradients_make(task, true, cx, &g));
    if (solves)
        SB_TRY(solved(task, o, &g, cx, score));
    else
        cheap(o, task, &g, score);
    return sb_importance_select(task, score, &o->how, NULL, 0, budget, cx, out);
}

const sb_method sb_method_osmac = {
    .name = "osmac",
    .summary = "draws that minimise the variance of a weighted fit, judged by a pilot model",
    .source = "Wang, Zhu, Ma 2018 (binary); Yao, Wang 2019 (softmax); Fithian, Hastie 2014 (lcc)",
    .formula = "optA: |M^-1 g_i|; optL: |a_i| |x~_i|; lcc: 1 - p_y; mspe: |Omega^1/2 M^-1 g_i|; p = (1 - floor)\n"
               "score / sum + floor / n",
    .cost = "optA, mspe: n D^2 (mspe 3 n D^2), D = (c - 1)(d + 1), or d + 1 for two classes; declines above `work`\n"
            "(60,000 x 784 of ten classes: 3e12, some minutes); information block: c n d^2; optL, lcc: n (d + c);\n"
            "memory 16 n (c + 5) and 8 D^2 or 8 c d^2",
    .variants = "M is the pilot's information matrix on the warm-up rows. Public code: floor 0.01 for two\n"
                "classes, 0 for softmax; poisson caps scores at a quantile of the pilot's. Its log-odds fit and\n"
                "the average of pilot and second-step estimates change the FIT, not the rows: the models here\n"
                "have no offset, and a warm-up that joins is that average on pooled rows. Its pilot is drawn\n"
                "case-control, ours uniformly",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT | SB_NEEDS_PROB,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = osmac_select,
};
