#include "alarm.h"

#include <math.h>
#include <string.h>

#include "registry.h"
#include "words.h"

const char *const sb_alarm_words[SB_A_COUNT] = {
    "same subsets",         "like the reference", "seed without effect", "repeats that are one", "duplicates",
    "small effective size", "classes missed",     "saturated metric",    "not converged",        "biased weights"};

static const char *const advice[SB_A_COUNT] = {
    "their options make no difference here: check them, or drop one of the two",
    "more repeats may tell them apart; until then the cheaper one will do",
    "its repeats are one repeat: look whether it draws at all, and do not read its intervals",
    "the budget or the data leave no choice, or two draws share a stream: look at the stream column of ledger.tsv",
    "it repeats rows: the budget buys less than it says; compare at equal numbers of distinct rows",
    "few rows carry the weight: clip the weights, or mix the scores with uniform",
    "no model can learn a class without rows: raise the budget or stratify",
    "nothing can be better by more than this: use smaller budgets or harder data to tell methods apart",
    "its numbers are those of an unfinished fit: raise the iterations or the penalty of the model",
    "its weighted sums do not estimate those over all rows: losses and moments under these weights are off by this "
    "much"};

typedef struct finding {
    const sb_summary *s;
    sb_ctx *cx;
    sb_alarm *list;
    size_t n, room;
} finding;

static sb_status add(finding *f, sb_alarm_kind kind, size_t rows, const sb_buf *what)
{
    if (what->bad) SB_FAIL(f->cx->err, SB_ENOMEM, "text of an alarm");
    if (f->n == f->room) {
        const size_t room = f->room ? 2 * f->room : 16;
        sb_alarm *more = SB_NEW(f->cx->arena, room, sb_alarm);
        if (!more) SB_FAIL(f->cx->err, SB_ENOMEM, "%zu alarms", room);
        if (f->n) memcpy(more, f->list, f->n * sizeof *more);
        f->list = more;
        f->room = room;
    }
    f->list[f->n++] = (sb_alarm){kind, rows, what->text, advice[kind]};
    return SB_OK;
}

static bool is_ok(const sb_result *e) { return strcmp(e->status, "ok") == 0 && e->value; }

static size_t metric_of(const sb_results *r, const char *name)
{
    for (size_t i = 0; i < r->metrics; i++)
        if (strcmp(r->metric[i]->name, name) == 0) return i;
    return SIZE_MAX;
}

/* Settings that differ in the model share their selections: only the first of them speaks of subsets. */
static bool speaks(const sb_results *r, size_t setting)
{
    const sb_setting *a = &r->setting[setting];
    for (const sb_setting *b = r->setting; b < a; b++)
        if (strcmp(a->data, b->data) == 0 && strcmp(a->embedding, b->embedding) == 0 &&
            strcmp(a->budget, b->budget) == 0)
            return false;
    return true;
}

static void put_place(const sb_results *r, size_t setting, sb_buf *b)
{
    const sb_setting *e = &r->setting[setting];
    sb_buf_add(b, "%s, %s, %s rows", e->data, e->embedding, e->budget);
}

static const sb_result *result_at(const finding *f, size_t setting, size_t method, size_t i)
{
    return &f->s->results->result[f->s->slice[setting * f->s->results->methods + method].first + i];
}

static size_t results_at(const finding *f, size_t setting, size_t method)
{
    return f->s->slice[setting * f->s->results->methods + method].count;
}

static bool same_subset(const sb_result *a, const sb_result *b)
{
    return is_ok(a) && is_ok(b) && *a->subset && strcmp(a->subset, b->subset) == 0;
}

static sb_status twins(finding *f, size_t x, size_t y)
{
    const sb_results *r = f->s->results;
    size_t same = 0, both = 0, where = SIZE_MAX;
    for (size_t s = 0; s < r->settings; s++)
        for (size_t i = 0; speaks(r, s) && i < results_at(f, s, x); i++) {
            const sb_result *a = result_at(f, s, x, i);
            for (size_t j = 0; j < results_at(f, s, y); j++) {
                const sb_result *b = result_at(f, s, y, j);
                if (a->rep != b->rep || !is_ok(a) || !is_ok(b)) continue;
                both++;
                same += same_subset(a, b);
                if (where == SIZE_MAX && same) where = s;
            }
        }
    if (!same) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s and %s chose the same rows with the same weights in %zu of %zu selections (first: ",
               r->method[x].label, r->method[y].label, same, both);
    put_place(r, where, &b);
    sb_buf_add(&b, ")");
    return add(f, SB_A_TWINS, same, &b);
}

static sb_status like_reference(finding *f, size_t method)
{
    const sb_summary *s = f->s;
    size_t undecided = 0, decided = 0, pairs = 0;
    if (s->reference == SIZE_MAX || method == s->reference || s->results->method[method].anchor) return SB_OK;
    for (size_t i = 0; i < s->results->settings; i++)
        for (size_t k = 0; k < s->results->metrics; k++) {
            const sb_aggregate *a = sb_summary_at(s, i, method, k);
            if (!s->primary[k] || !a->diff.pairs) continue;
            undecided += a->verdict == SB_V_UNDECIDED;
            decided += a->verdict == SB_V_BETTER || a->verdict == SB_V_WORSE;
            pairs = a->diff.pairs > pairs ? a->diff.pairs : pairs;
        }
    /* where the test can never speak, its silence says nothing: the report says that once */
    if (!undecided || decided || sb_stat_sign_flip_floor(pairs) > s->alpha) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s cannot be told from %s in any of %zu comparisons of headline metrics, over %zu repeats",
               s->results->method[method].label, s->results->reference, undecided, pairs);
    return add(f, SB_A_LIKE_REFERENCE, undecided, &b);
}

/* Pairs of repeats with one subset, in settings of a method that draws. */
static sb_status repeats_alike(finding *f, size_t method)
{
    const sb_results *r = f->s->results;
    const sb_method *plugin = sb_method_find(r->method[method].name, NULL);
    size_t all = 0, some = 0, where_all = 0, where_some = 0, ri = 0, rj = 0;
    if (!plugin || !(plugin->traits & SB_RANDOM)) return SB_OK;
    for (size_t s = 0; s < r->settings; s++) {
        const size_t n = results_at(f, s, method);
        size_t pairs = 0, alike = 0;
        for (size_t i = 0; speaks(r, s) && i < n; i++)
            for (size_t j = i + 1; j < n; j++) {
                const sb_result *a = result_at(f, s, method, i), *b = result_at(f, s, method, j);
                pairs++;
                if (!same_subset(a, b)) continue;
                if (!alike++ && !some) ri = a->rep, rj = b->rep;
            }
        if (!alike) continue;
        if (alike == pairs && !all++) where_all = s;
        if (alike < pairs && !some++) where_some = s;
    }
    sb_buf b = {.arena = f->cx->arena}, c = b;
    if (all) {
        sb_buf_add(&b, "%s chose the same rows in every repeat, in %zu settings (first: ", r->method[method].label,
                   all);
        put_place(r, where_all, &b);
        sb_buf_add(&b, ")");
        SB_TRY(add(f, SB_A_SEED, all, &b));
    }
    if (!some) return SB_OK;
    sb_buf_add(&c, "%s chose the same rows in repeats %zu and %zu, in %zu settings (first: ", r->method[method].label,
               ri, rj, some);
    put_place(r, where_some, &c);
    sb_buf_add(&c, ")");
    return add(f, SB_A_STREAM, some, &c);
}

/* Results of a method where a metric passes a limit: how many, of how many, the worst, where. */
typedef struct tally {
    size_t hits, of, where;
    double worst;
} tally;

/* below: values < limit alarm, else values > limit; per_row: of the value by the rows asked for. */
static tally count(const finding *f, size_t method, const char *metric, bool below, double limit, bool per_row,
                   bool each_model)
{
    const sb_results *r = f->s->results;
    const size_t k = metric_of(r, metric);
    tally t = {.where = SIZE_MAX, .worst = NAN};
    for (size_t s = 0; k != SIZE_MAX && s < r->settings; s++)
        for (size_t i = 0; (each_model || speaks(r, s)) && i < results_at(f, s, method); i++) {
            const sb_result *e = result_at(f, s, method, i);
            if (!is_ok(e) || isnan(e->value[k])) continue;
            const double v = per_row ? e->value[k] / (double)r->setting[s].m : e->value[k];
            t.of++;
            if (below ? !(v < limit) : !(v > limit)) continue;
            if (!t.hits++) t.where = s;
            if (isnan(t.worst) || (below ? v < t.worst : v > t.worst)) t.worst = v;
        }
    return t;
}

static sb_status subset_alarms(finding *f, size_t method, sb_alarm_kind kind)
{
    const sb_results *r = f->s->results;
    const char *label = r->method[method].label;
    tally t = {0};
    sb_buf b = {.arena = f->cx->arena};
    if (kind == SB_A_DUPLICATES) t = count(f, method, "distinct", true, 0.5, true, false);
    if (kind == SB_A_EFFECTIVE) t = count(f, method, "effective_size", true, 0.1, true, false);
    if (kind == SB_A_CLASSES) t = count(f, method, "classes_missed", false, 0, false, false);
    if (kind == SB_A_SOLVER) t = count(f, method, "converged", true, 0.5, false, true);
    if (!t.hits) return SB_OK;
    const double percent = 100 * t.worst;
    if (kind == SB_A_DUPLICATES)
        sb_buf_add(&b, "%s: down to %.3g%% of the rows asked for are distinct", label, percent);
    if (kind == SB_A_EFFECTIVE) sb_buf_add(&b, "%s: its weights are worth down to %.3g%% of its rows", label, percent);
    if (kind == SB_A_CLASSES) sb_buf_add(&b, "%s: up to %.0f classes have no selected row", label, t.worst);
    if (kind == SB_A_SOLVER) sb_buf_add(&b, "%s: training on its subsets did not meet the tolerance", label);
    sb_buf_add(&b, ", in %zu of %zu %s (first: ", t.hits, t.of, kind == SB_A_SOLVER ? "fits" : "selections");
    put_place(r, t.where, &b);
    if (kind == SB_A_SOLVER) sb_buf_add(&b, ", %s", r->setting[t.where].model);
    sb_buf_add(&b, ")");
    return add(f, kind, t.hits, &b);
}

static sb_status saturated(finding *f, size_t metric)
{
    const sb_summary *s = f->s;
    const sb_results *r = s->results;
    size_t full = SIZE_MAX, hits = 0, where = 0, of = 0;
    double gap = 0;
    for (size_t k = 0; k < r->methods; k++)
        if (r->method[k].anchor && strcmp(r->method[k].name, "full") == 0) full = k;
    if (full == SIZE_MAX || s->reference == SIZE_MAX || r->metric[metric]->group != SB_M_TEST || !s->primary[metric])
        return SB_OK;
    for (size_t i = 0; i < r->settings; i++) {
        const double all = sb_summary_at(s, i, full, metric)->mean,
                     own = sb_summary_at(s, i, s->reference, metric)->mean;
        if (isnan(all) || isnan(own)) continue;
        const double room = strcmp(r->metric[metric]->unit, "fraction") == 0 ? 0.005 : 0.01 * fabs(all);
        const double left = r->metric[metric]->better == SB_HIGHER ? all - own : own - all;
        of++;
        if (left > room) continue;
        if (!hits++) where = i, gap = left;
    }
    if (!hits) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s: %s is as good as all the data in %zu of %zu settings (first: ", r->metric[metric]->name,
               r->reference, hits, of);
    put_place(r, where, &b);
    sb_buf_add(&b, ", %s: %.2g behind)", r->setting[where].model, gap > 0 ? gap : 0);
    return add(f, SB_A_SATURATED, hits, &b);
}

static sb_status biased(finding *f, size_t method)
{
    const sb_results *r = f->s->results;
    const size_t k = metric_of(r, "sum_weight");
    size_t hits = 0, of = 0, where = 0;
    double worst = 1;
    for (size_t s = 0; k != SIZE_MAX && s < r->settings; s++) {
        const sb_aggregate *a = sb_summary_at(f->s, s, method, k);
        if (!speaks(r, s) || !a->repeats) continue;
        const double error = a->repeats > 1 ? a->sd / sqrt((double)a->repeats) : 0.25;
        of++;
        if (!(fabs(a->mean - 1) > 0.02 && fabs(a->mean - 1) > 4 * error)) continue;
        if (!hits++) where = s;
        if (fabs(a->mean - 1) > fabs(worst - 1)) worst = a->mean;
    }
    if (!hits) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s: its weights stand for %.3g times all rows on average, in %zu of %zu settings (first: ",
               r->method[method].label, worst, hits, of);
    put_place(r, where, &b);
    sb_buf_add(&b, ")");
    return add(f, SB_A_BIASED, hits, &b);
}

sb_status sb_alarms_find(const sb_summary *s, sb_ctx *cx, const sb_alarm **list, size_t *n)
{
    finding f = {.s = s, .cx = cx};
    const size_t methods = s->results->methods;
    for (size_t i = 0; i < methods; i++)
        for (size_t j = i + 1; j < methods; j++) SB_TRY(twins(&f, i, j));
    for (size_t i = 0; i < methods; i++) SB_TRY(like_reference(&f, i));
    for (size_t i = 0; i < methods; i++) SB_TRY(repeats_alike(&f, i));
    for (size_t i = 0; i < methods; i++) SB_TRY(subset_alarms(&f, i, SB_A_DUPLICATES));
    for (size_t i = 0; i < methods; i++) SB_TRY(subset_alarms(&f, i, SB_A_EFFECTIVE));
    for (size_t i = 0; i < methods; i++) SB_TRY(subset_alarms(&f, i, SB_A_CLASSES));
    for (size_t k = 0; k < s->results->metrics; k++) SB_TRY(saturated(&f, k));
    for (size_t i = 0; i < methods; i++) SB_TRY(subset_alarms(&f, i, SB_A_SOLVER));
    for (size_t i = 0; i < methods; i++) SB_TRY(biased(&f, i));
    *list = f.list;
    *n = f.n;
    return SB_OK;
}

void sb_alarms_tsv(const sb_alarm *list, size_t n, sb_buf *b)
{
    sb_buf_add(b, "kind\trows\twhat\twhat to do\n");
    for (size_t i = 0; i < n; i++)
        sb_buf_add(b, "%s\t%zu\t%s\t%s\n", sb_alarm_words[list[i].kind], list[i].rows, list[i].what, list[i].advice);
}
