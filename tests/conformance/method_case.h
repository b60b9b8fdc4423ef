/* One call of a method as the harness makes it, and the checks that every selection must pass. */
#ifndef METHOD_CASE_H
#define METHOD_CASE_H

#include "plain_problem.h"

#include "registry.h"

enum { WARM = 6 };

/* One call of a method, as the harness makes it. */
typedef struct call {
    const sb_method *method;
    plain *p;
    const void *options;
    size_t budget;
    uint64_t seed;
    bool warm, joins;
} call;

static const uint32_t warm_rows[WARM] = {1, 4, 5, 9, 17, 18};

static inline sb_task task_of(const call *c, const sb_oracle *oracle, sb_meter *meter)
{
    const plain *const p = c->p;
    const unsigned needs = c->method->needs;
    const bool classes = p->kind == SB_CLASSIFICATION;
    return (sb_task){
        .x = plain_x(p),
        .kind = p->kind,
        .c = classes ? PLAIN_CLASSES : 0,
        .t = classes ? 0 : PLAIN_TARGETS,
        .label = classes && needs & SB_NEEDS_LABELS ? p->label : NULL,
        .y = !classes && needs & SB_NEEDS_LABELS ? p->y : NULL,
        .label_asked = classes && needs & SB_MAY_LABELS ? p->label : NULL,
        .warm = c->warm ? warm_rows : NULL,
        .warm_n = c->warm ? WARM : 0,
        .warm_joins = c->joins,
        .view = {.data = needs & (SB_NEEDS_VIEW | SB_NEEDS_PATTERNS) ? p->view : NULL,
                 .n = p->n,
                 .d = p->d,
                 .ld = p->d},
        .target = {.data = needs & SB_NEEDS_TARGET ? p->target : NULL, .n = PLAIN_TARGET_ROWS, .d = p->d, .ld = p->d},
        .pattern = needs & SB_NEEDS_PATTERNS ? p->pattern : NULL,
        .granted = needs, /* a call beyond these aborts in sel/task.c */
        .oracle = oracle,
        .meter = meter};
}

static inline sb_status run(const call *c, sb_ctx *cx, sb_selection *out)
{
    const sb_oracle oracle = plain_oracle(c->p);
    sb_meter meter = {0};
    sb_task task = task_of(c, &oracle, &meter);
    cx->seed = c->seed;
    *out = (sb_selection){0};
    void *state = NULL;
    if (c->method->prepare) {
        call bare = *c;
        bare.warm = bare.joins = false;
        sb_task early = task_of(&bare, NULL, &meter);
        early.granted = 0;
        SB_TRY(c->method->prepare(&early, c->options, cx, &state));
    }
    const size_t room = c->budget > c->p->n ? c->budget : c->p->n;
    out->row = SB_NEW(cx->arena, room, uint32_t);
    if (!out->row) SB_FAIL(cx->err, SB_ENOMEM, "test rows");
    return c->method->select(&task, c->options, state, c->budget, cx, out);
}

static inline const char *where(const call *c)
{
    static char text[200];
    (void)snprintf(text, sizeof text, "%s, %s %s, budget %zu", c->method->name,
                   c->p->kind == SB_CLASSIFICATION ? "classes" : "targets", plain_shape_name[c->p->shape], c->budget);
    return text;
}

static inline void check_prob(const call *c, const sb_selection *s)
{
    double sum = 0;
    size_t bad = 0;
    for (size_t i = 0; i < c->p->n; i++) {
        bad += !(s->prob[i] >= 0);
        sum += s->prob[i];
    }
    for (size_t j = 0; j < s->m; j++) {
        const double w = s->weight[j], p = s->prob[s->row[j]];
        bad += j < s->certain ? w != 1 || p != 0 : !(fabs(w * (double)(s->m - s->certain) * p - 1) < 1e-9);
    }
    ck_assert_msg(bad == 0 && fabs(sum - 1) < 1e-9, "%s: %zu bad probabilities, sum %.12g", where(c), bad, sum);
}

static inline void check_selection(const call *c, const sb_selection *s)
{
    const unsigned traits = c->method->traits;
    size_t times[64] = {0}, bad = 0;
    double total = 0;
    ck_assert_msg(s->m > 0, "%s: nothing chosen", where(c));
    ck_assert_msg(traits & SB_ANY_SIZE || s->m == c->budget, "%s: %zu rows", where(c), s->m);
    ck_assert_msg(s->m <= (c->budget > c->p->n ? c->budget : c->p->n), "%s: %zu rows", where(c), s->m);
    for (size_t i = 0; i < s->m; i++) {
        ck_assert_msg(s->row[i] < c->p->n, "%s: row %u", where(c), (unsigned)s->row[i]);
        bad += times[s->row[i]]++ && !(traits & SB_MULTISET);
        if (s->weight) bad += !(s->weight[i] >= 0 && isfinite(s->weight[i]));
        total += s->weight ? s->weight[i] : 1;
    }
    ck_assert_msg(bad == 0, "%s: %zu duplicates or bad weights", where(c), bad);
    ck_assert_msg(total > 0, "%s: all weights are zero", where(c));
    const bool takes_all = traits & SB_ANCHOR && traits & SB_ANY_SIZE; /* `full`: the warm-up rows are among all rows */
    for (size_t i = 0; c->joins && !takes_all && i < WARM; i++) bad += times[warm_rows[i]];
    ck_assert_msg(bad == 0, "%s: chose warm-up rows again", where(c));
    ck_assert_msg(!s->weight || traits & SB_WEIGHTED, "%s: weights without the trait", where(c));
    ck_assert_msg(s->certain <= s->m && (!s->certain || s->weight), "%s: %zu certain rows", where(c), s->certain);
    ck_assert_msg(!s->prob || s->weight, "%s: probabilities without weights", where(c));
    ck_assert_msg(s->score_sum >= 0 && isfinite(s->score_sum), "%s: score sum %g", where(c), s->score_sum);
    if (s->prob) check_prob(c, s);
}

static inline bool same_bits(const sb_selection *a, const sb_selection *b, size_t n)
{
    if (a->m != b->m || a->certain != b->certain || !a->weight != !b->weight || !a->prob != !b->prob ||
        a->notes != b->notes)
        return false;
    bool same = memcmp(a->row, b->row, a->m * sizeof *a->row) == 0 && a->score_sum == b->score_sum;
    if (a->weight) same = same && memcmp(a->weight, b->weight, a->m * sizeof *a->weight) == 0;
    if (a->prob) same = same && memcmp(a->prob, b->prob, n * sizeof *a->prob) == 0;
    for (size_t i = 0; i < a->notes; i++)
        same = same && memcmp(&a->note[i].value, &b->note[i].value, sizeof(double)) == 0;
    return same;
}

/* Runs and checks; false: the method declined, with a reason. */
static inline bool run_checked(test_ctx *t, const call *c, sb_selection *out)
{
    t->err.text[0] = '\0';
    const sb_status st = run(c, &t->cx, out);
    ck_assert_msg(st == SB_OK || (st == SB_SKIP && t->err.text[0]), "%s: %s: %s", where(c), sb_status_text(st),
                  t->err.text);
    if (st == SB_OK) check_selection(c, out);
    return st == SB_OK;
}

/* Numbers that may not exceed what the data have are made for data of more than these few rows: a share of them then,
 * or what fits. */
static inline void fit_options(const sb_method *m, void *options, const plain *p, test_ctx *t)
{
    const size_t most = p->n < p->d ? p->n : p->d;
    for (const sb_param *row = m->options; row && row->name; row++) {
        const bool k = strcmp(row->name, "k") == 0, rank = strcmp(row->name, "rank") == 0;
        const char *const text = k && row->type == SB_P_COUNT ? "20%" : p->n == 1 || most == 1 ? "1" : "2";
        if (strcmp(row->name, "iterations") == 0 && strlen(row->fallback) > 3) /* skmm's 10000 steps prove no more */
            ck_assert_ok(t, sb_param_set(m->options, options, row->name, "200", &t->cx));
        if (k || rank) ck_assert_ok(t, sb_param_set(m->options, options, row->name, text, &t->cx));
    }
}

static inline void *defaults_of(const sb_method *m, const plain *p, test_ctx *t)
{
    void *options = SB_NEW(t->cx.arena, m->option_size, char);
    sb_param_defaults(m->options, options, &t->cx);
    fit_options(m, options, p, t);
    return options;
}

typedef struct subject {
    test_ctx t;
    plain p;
    call c;
} subject;

static inline void subject_init(subject *s, int method, sb_kind kind, plain_shape shape)
{
    test_ctx_init(&s->t, "test/method");
    s->p = plain_make(&s->t, kind, shape);
    const sb_method *const m = sb_method_table[method].plugin;
    s->c = (call){.method = m,
                  .p = &s->p,
                  .options = defaults_of(m, &s->p, &s->t),
                  .budget = 10,
                  .seed = 1,
                  .warm = s->p.n > warm_rows[WARM - 1]}; /* the smallest shapes have none */
}

#endif
