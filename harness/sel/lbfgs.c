/* M^-1 is applied once an iteration, to the new gradient g. The two loops need M^-1 q for q = g - sum a_i y_i: that is
 * M^-1 g - sum a_i v_i with v_i = M^-1 y_i, the difference of two known vectors. */
#include "lbfgs.h"

#include <math.h>
#include <string.h>

enum { LANES = 16, LINE_MOST = 30 };
static const double ARMIJO = 1e-4, WOLFE = 0.9;

struct sb_lbfgs {
    size_t dim, memory, count, next; /* pairs kept, and where the next one goes */
    double *s, *y, *v, *rho, *a;     /* memory x dim, and memory values */
    double *g, *pg, *trial, *trial_g, *trial_pg, *q, *direction;
};

/* LANES partial sums: vectors without reordering freedom for the compiler */
static double dot(const double *a, const double *b, size_t n)
{
    double part[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++) part[l] += a[j + l] * b[j + l];
    for (; j < n; j++) part[j % LANES] += a[j] * b[j];
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++) part[l] += part[l + half];
    return part[0];
}

static void add(double *restrict to, double scale, const double *restrict v, size_t n)
{
    for (size_t j = 0; j < n; j++) to[j] += scale * v[j];
}

static double max_norm(const double *v, size_t n)
{
    double top = 0;
    for (size_t j = 0; j < n; j++)
        if (!(fabs(v[j]) <= top)) top = fabs(v[j]); /* NaN stays */
    return top;
}

sb_lbfgs *sb_lbfgs_new(size_t dim, size_t memory, sb_arena *arena)
{
    sb_lbfgs *l = SB_NEW(arena, 1, sb_lbfgs);
    if (!l) return NULL;
    l->dim = dim;
    l->memory = memory;
    l->s = SB_NEW(arena, memory * dim, double);
    l->y = SB_NEW(arena, memory * dim, double);
    l->v = SB_NEW(arena, memory * dim, double);
    l->rho = SB_NEW(arena, 2 * memory, double);
    l->g = SB_NEW(arena, 7 * dim, double);
    if (!l->s || !l->y || !l->v || !l->rho || !l->g) return NULL;
    l->a = l->rho + memory;
    l->pg = l->g + dim;
    l->trial = l->pg + dim;
    l->trial_g = l->trial + dim;
    l->trial_pg = l->trial_g + dim;
    l->q = l->trial_pg + dim;
    l->direction = l->q + dim;
    return l;
}

void sb_lbfgs_forget(sb_lbfgs *l) { l->count = l->next = 0; }

/* direction = -H g by the two loops. */
static void find_direction(sb_lbfgs *l)
{
    const size_t n = l->dim;
    double *d = l->direction;
    memcpy(l->q, l->g, n * sizeof *d);
    memcpy(d, l->pg, n * sizeof *d);
    for (size_t c = 0; c < l->count; c++) {
        const size_t i = (l->next + l->memory - 1 - c) % l->memory;
        l->a[i] = l->rho[i] * dot(l->s + i * n, l->q, n);
        add(l->q, -l->a[i], l->y + i * n, n);
        add(d, -l->a[i], l->v + i * n, n);
    }
    if (l->count) {
        const size_t i = (l->next + l->memory - 1) % l->memory;
        const double gamma = 1 / (l->rho[i] * dot(l->y + i * n, l->v + i * n, n));
        for (size_t j = 0; j < n && gamma > 0; j++) d[j] *= gamma;
    }
    for (size_t c = l->count; c-- > 0;) {
        const size_t i = (l->next + l->memory - 1 - c) % l->memory;
        const double b = l->rho[i] * dot(l->y + i * n, d, n);
        add(d, l->a[i] - b, l->s + i * n, n);
    }
    for (size_t j = 0; j < n; j++) d[j] = -d[j];
}

static void precondition(const sb_lbfgs_function *f, const double *g, double *out, size_t n)
{
    if (f->precondition)
        f->precondition(f->self, g, out);
    else
        memcpy(out, g, n * sizeof *out);
}

/* Keeps the step from (x, g) to the trial point if its curvature is positive, and moves there. */
static void accept(sb_lbfgs *l, const sb_lbfgs_function *f, double *x)
{
    const size_t n = l->dim, i = l->next;
    precondition(f, l->trial_g, l->trial_pg, n);
    double *s = l->s + i * n, *y = l->y + i * n, *v = l->v + i * n;
    for (size_t j = 0; j < n; j++) {
        s[j] = l->trial[j] - x[j];
        y[j] = l->trial_g[j] - l->g[j];
        v[j] = l->trial_pg[j] - l->pg[j];
    }
    memcpy(x, l->trial, n * sizeof *x);
    memcpy(l->g, l->trial_g, n * sizeof *x);
    memcpy(l->pg, l->trial_pg, n * sizeof *x);
    const double sy = dot(s, y, n);
    if (!(sy > 1e-14 * sqrt(dot(s, s, n) * dot(y, y, n)) && dot(y, v, n) > 0)) return;
    l->rho[i] = 1 / sy;
    l->next = (i + 1) % l->memory;
    if (l->count < l->memory) l->count++;
}

/* A step length by the weak Wolfe conditions. Near the minimum, where differences of values are noise, the slope
 * decides alone: for a convex function that is enough. True if the trial point is acceptable. */
static bool line_search(sb_lbfgs *l, const sb_lbfgs_function *f, const double *x, double value, double slope,
                        double *new_value, size_t *evaluations)
{
    double step = 1, low = 0, high = INFINITY;
    for (int it = 0; it < LINE_MOST; it++) {
        for (size_t j = 0; j < l->dim; j++) l->trial[j] = x[j] + step * l->direction[j];
        *new_value = f->value(f->self, l->trial, l->trial_g);
        ++*evaluations;
        const double new_slope = dot(l->trial_g, l->direction, l->dim);
        const bool finite = isfinite(*new_value) && isfinite(new_slope);
        const bool lower = *new_value <= value + ARMIJO * step * slope ||
                           (*new_value <= value + f->noise * fabs(value) && new_slope <= -0.8 * slope);
        if (finite && lower && new_slope >= WOLFE * slope) return true;
        if (!finite || !lower) {
            high = step;
            /* the minimum of the parabola through both slopes, kept inside the bracket */
            const double guess = finite ? step * slope / (slope - new_slope) : 0;
            step = guess > low + 0.1 * (high - low) && guess < high - 0.1 * (high - low) ? guess : 0.5 * (low + high);
        } else {
            low = step;
            step = isfinite(high) ? 0.5 * (low + high) : 4 * step;
        }
    }
    return false;
}

sb_lbfgs_end sb_lbfgs_run(sb_lbfgs *l, const sb_lbfgs_function *f, double tolerance, size_t limit, double *x,
                          double *value, double *norm, size_t *iterations, size_t *evaluations)
{
    *value = f->value(f->self, x, l->g);
    ++*evaluations;
    *norm = max_norm(l->g, l->dim);
    if (*norm <= tolerance) return SB_LBFGS_CONVERGED;
    precondition(f, l->g, l->pg, l->dim);
    while (*iterations < limit) {
        find_direction(l);
        double slope = dot(l->g, l->direction, l->dim);
        if (!(slope < 0) || !isfinite(slope)) {
            if (l->count == 0) return SB_LBFGS_STALLED;
            sb_lbfgs_forget(l);
            continue;
        }
        double new_value = 0;
        if (!line_search(l, f, x, *value, slope, &new_value, evaluations)) {
            if (l->count == 0) return SB_LBFGS_STALLED;
            sb_lbfgs_forget(l);
            continue;
        }
        ++*iterations;
        *value = new_value;
        accept(l, f, x);
        *norm = max_norm(l->g, l->dim);
        if (*norm <= tolerance) return SB_LBFGS_CONVERGED;
    }
    return SB_LBFGS_LIMIT;
}
