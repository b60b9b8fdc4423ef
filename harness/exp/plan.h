/* The cells of an experiment: what has to be done, in which order, under which keys. */
#ifndef SB_EXP_PLAN_H
#define SB_EXP_PLAN_H

#include "config.h"
#include "store.h"

/* What is known of a bench once its data were opened (by a worker: the parent never calls BLAS). */
typedef struct sb_facts {
    size_t n, n_test, d, c, t;
    char seen[65], trained[65]; /* content hashes under the two embeddings */
    char view[65], target[65];  /* of the second view and the target set; "" when no method needs them */
} sb_facts;

/* One budget of a group: a selection and its evaluations. */
typedef struct sb_cell {
    size_t budget; /* position in the bench */
    size_t m;      /* rows asked for */
    char key[65];
    char (*eval)[65]; /* one key per model */
} sb_cell;

/* One (bench, method, repeat): its budgets share one prepare. */
typedef struct sb_group {
    size_t bench, method;
    unsigned rep;
    sb_cell *cell; /* one per budget that has this repeat, by ascending m */
    size_t cells;
} sb_group;

typedef struct sb_plan {
    const sb_config *config;
    const sb_facts *facts; /* one per bench */
    char (**truth)[65];    /* [bench][model]: key of the full-data optimum */
    sb_group *group;       /* ordered by bench, repeat, method */
    size_t groups;
    size_t selections, evaluations;
} sb_plan;

/* Everything that decides a cell goes into its key: data content, embedding, method with all options, code versions,
 * budget, repeat, seed, warm-up (and the model behind it). SB_ENOMEM. */
sb_status sb_plan_make(const sb_config *config, const sb_facts *facts, sb_ctx *cx, sb_plan *out) SB_CHECKED;

/* Is anything of this cell not in the store yet? retry: failed ones count as missing. */
bool sb_plan_missing(const sb_plan *p, const sb_group *g, const sb_cell *c, const sb_store *store, bool retry);

/* Name of the draws of a group ("fashion-mnist/rep3/sensitivity{k=100}"). NULL: no memory. */
const char *sb_plan_stream(const sb_plan *p, const sb_group *g, sb_ctx *cx);

#endif
