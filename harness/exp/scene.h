/* Everything that cells of one bench and repeat share: open data, full-data optima, warm-up rows, proxies, probes.
 * Lives in a worker; made on demand, in an order that depends on nothing but the request. */
#ifndef SB_EXP_SCENE_H
#define SB_EXP_SCENE_H

#include "plan.h"

enum { SB_PILOTS_MAX = 64 };

/* The models fitted on the first `rows` warm-up rows of a repeat. */
typedef struct sb_pilot {
    size_t rows;
    sb_fitted *fit;     /* one per model */
    bool *fitted;       /* a fit can decline (one class only) */
    sb_probes *probes;  /* one per model: the repeat's probes with this pilot in place */
    sb_proxy proxy;     /* of the first model */
    const char *reason; /* why the first model has no pilot; "" */
} sb_pilot;

typedef struct sb_scene {
    const sb_config *config;
    const sb_places *places;
    const char *dir; /* run folder or NULL */
    sb_err *err;
    sb_arena *keep;
    /* of the bench */
    size_t bench;   /* SIZE_MAX: none open */
    size_t opening; /* counts openings: memory of an earlier one is gone */
    sb_dataset seen, trained;
    sb_dataset view; /* opened when a method of the bench needs it, as the target is */
    sb_target target;
    bool two;             /* trained is another mapping than seen */
    sb_truth *truth;      /* one per model */
    const char **refused; /* one per model: why there is no reference; NULL: there is one */
    sb_geometry geometry;
    bool has_references;
    size_t bench_mark;
    /* of the repeat */
    bool has_repeat;
    unsigned rep;
    uint32_t *warm;    /* all rows in random order: the first are the warm-up */
    sb_probes *probes; /* one per model, without pilot */
    sb_pilot *pilot;
    size_t pilots;
} sb_scene;

sb_status sb_scene_open(sb_scene *s, size_t bench) SB_CHECKED;                     /* data only */
void sb_scene_facts(const sb_scene *s, sb_facts *out);                             /* of the bench that is open */
sb_status sb_scene_references(sb_scene *s, const sb_plan *p) SB_CHECKED;           /* + full-data optima, geometry */
sb_status sb_scene_repeat(sb_scene *s, const sb_plan *p, unsigned rep) SB_CHECKED; /* + warm-up order, probes */
/* The pilot on `rows` warm-up rows; rows = 0: no warm-up (proxy without model; only full_loss). */
sb_status sb_scene_pilot(sb_scene *s, size_t rows, sb_pilot **out) SB_CHECKED;
void sb_scene_close(sb_scene *s);

/* A context on the keep arena for streams under "LABEL/rest". */
sb_status sb_scene_ctx(const sb_scene *s, const char *rest, sb_ctx *cx) SB_CHECKED;

#endif
