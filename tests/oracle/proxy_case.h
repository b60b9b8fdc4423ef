/* A method called with a proxy that is a known linear model, and its gradients formed in full by plain loops. */
#ifndef PROXY_CASE_H
#define PROXY_CASE_H

#include "../conformance/plain_problem.h"

#include "registry.h"

typedef struct proxy_case {
    test_ctx t;
    plain p;
    sb_oracle oracle;
    sb_meter meter;
    uint32_t warm[8];
    size_t warm_n;
    bool joins;
} proxy_case;

static inline void proxy_case_init(proxy_case *s, sb_kind kind, plain_shape shape)
{
    *s = (proxy_case){0};
    test_ctx_init(&s->t, "test/proxy");
    s->p = plain_make(&s->t, kind, shape);
    s->oracle = plain_oracle(&s->p);
}

/* options: "name=value" words ended by NULL, or NULL */
static inline sb_status proxy_case_run(proxy_case *s, const char *method, const char *const *set, size_t budget,
                                       sb_selection *out)
{
    const sb_method *const m = sb_method_find(method, NULL);
    ck_assert_msg(m != NULL, "no method %s", method);
    const bool classes = s->p.kind == SB_CLASSIFICATION, labels = m->needs & SB_NEEDS_LABELS;
    s->oracle.self = &s->p;
    s->meter = (sb_meter){0};
    const sb_task task = {.x = plain_x(&s->p),
                          .kind = s->p.kind,
                          .c = classes ? PLAIN_CLASSES : 0,
                          .t = classes ? 0 : PLAIN_TARGETS,
                          .label = classes && labels ? s->p.label : NULL,
                          .y = !classes && labels ? s->p.y : NULL,
                          .warm = s->warm_n ? s->warm : NULL,
                          .warm_n = s->warm_n,
                          .warm_joins = s->joins,
                          .granted = m->needs,
                          .oracle = &s->oracle,
                          .meter = &s->meter};
    void *const options = SB_NEW(s->t.cx.arena, m->option_size + 1, char);
    sb_param_defaults(m->options, options, &s->t.cx);
    for (size_t i = 0; set && set[i]; i++) {
        char name[64];
        const char *const eq = strchr(set[i], '=');
        (void)snprintf(name, sizeof name, "%.*s", (int)(eq - set[i]), set[i]);
        ck_assert_ok(&s->t, sb_param_set(m->options, options, name, eq + 1, &s->t.cx));
    }
    *out = (sb_selection){.row = SB_NEW(s->t.cx.arena, s->p.n + budget, uint32_t)};
    return m->select(&task, options, NULL, budget, &s->t.cx, out);
}

#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})

/* a_i: p - e_y (predicted: p - e of the most probable class), or prediction - y */
static inline void proxy_case_factor(const proxy_case *s, size_t i, bool predicted, double *a)
{
    const plain *const p = &s->p;
    if (p->kind == SB_REGRESSION) {
        plain_outputs_of(p, i, a);
        a[0] -= p->y[i];
        return;
    }
    plain_softmax(p, i, a);
    size_t at = predicted ? 0 : (size_t)p->label[i];
    for (size_t c = 1; predicted && c < PLAIN_CLASSES; c++) at = a[c] > a[at] ? c : at;
    a[at] -= 1;
}

/* The whole gradient, (d + 1) x q with the intercept last. */
static inline void proxy_case_gradient(const proxy_case *s, size_t i, bool predicted, double *g)
{
    const plain *const p = &s->p;
    const size_t q = plain_outputs(p);
    double a[PLAIN_CLASSES];
    proxy_case_factor(s, i, predicted, a);
    for (size_t j = 0; j <= p->d; j++)
        for (size_t c = 0; c < q; c++) g[j * q + c] = a[c] * (j < p->d ? (double)p->x[i * p->ld + j] : 1);
}

static inline size_t proxy_case_params(const proxy_case *s) { return (s->p.d + 1) * plain_outputs(&s->p); }

/* Rows by a score, largest first: the method's picks must be in this order up to a relative slack. */
static inline void expect_largest(const sb_selection *out, const double *score, size_t n, double slack)
{
    size_t wrong = 0, seen[64] = {0};
    for (size_t j = 0; j < out->m; j++) wrong += seen[out->row[j]]++ > 0;
    for (size_t j = 0; j + 1 < out->m; j++) {
        const double a = score[out->row[j]], b = score[out->row[j + 1]];
        wrong += a < b - slack * (fabs(a) + fabs(b));
    }
    for (size_t i = 0; i < n && out->m; i++)
        wrong += !seen[i] && score[i] > score[out->row[out->m - 1]] * (1 + slack) + slack;
    ck_assert_msg(wrong == 0, "%zu picks out of order", wrong);
}

#endif
