#include "alarm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "registry.h"
#include "table.h"

const char *const sb_alarm_words[SB_A_COUNT] = {"same subsets",         "like the reference", "seed without effect",
                                                "repeats that are one", "shared draws",       "duplicates",
                                                "small effective size", "classes missed",     "saturated metric",
                                                "not converged",        "biased weights"};

const char *const sb_alarm_anchors[SB_A_COUNT] = {"same-subsets",         "like-the-reference", "seed-without-effect",
                                                  "repeats-that-are-one", "shared-draws",       "duplicates",
                                                  "small-effective-size", "classes-missed",     "saturated-metric",
                                                  "not-converged",        "biased-weights"};

static const char *const advice[SB_A_COUNT] = {
    "their options make no difference here: check them, or drop one of the two",
    "more repeats may tell them apart; until then the cheaper one will do",
    "its repeats are one repeat: look whether it draws at all, and do not read its intervals",
    "the budget or the data leave no choice, or two draws share a stream: look at the stream column of ledger.tsv",
    "read the shares of variance, not the intervals and tests: these take repeats for independent and are too narrow",
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
    bool *hit; /* per setting: the alarm in hand is about it */
    sb_alarm *list;
    size_t n, room;
} finding;

static bool speaks_of_models(sb_alarm_kind kind)
{
    return kind == SB_A_LIKE_REFERENCE || kind == SB_A_SATURATED || kind == SB_A_SOLVER;
}

static void put_place(const sb_results *r, size_t setting, sb_alarm_kind kind, sb_buf *b)
{
    const sb_setting *e = &r->setting[setting];
    sb_buf_add(b, "%s, %s, %s rows", e->data, e->embedding, e->budget);
    if (speaks_of_models(kind)) sb_buf_add(b, ", %s", e->model);
}

/* " (first: PLACE)" of the settings that were hit. */
static void put_first(const finding *f, sb_alarm_kind kind, const char *more, sb_buf *b)
{
    for (size_t i = 0; i < f->s->results->settings; i++) {
        if (!f->hit[i]) continue;
        sb_buf_add(b, " (first: ");
        put_place(f->s->results, i, kind, b);
        sb_buf_add(b, "%s)", more);
        return;
    }
}

/* The alarm about the settings that were hit, which are clear again after it. */
static sb_status add(finding *f, sb_alarm_kind kind, size_t rows, const sb_buf *what)
{
    sb_buf where = {.arena = f->cx->arena};
    sb_buf_add(&where, "%s", "");
    for (size_t i = 0; i < f->s->results->settings; i++) {
        if (!f->hit[i]) continue;
        sb_buf_add(&where, "%s", where.size ? "; " : "");
        put_place(f->s->results, i, kind, &where);
        f->hit[i] = false;
    }
    if (what->bad || where.bad) SB_FAIL(f->cx->err, SB_ENOMEM, "text of an alarm");
    if (f->n == f->room) {
        const size_t room = f->room ? 2 * f->room : 16;
        sb_alarm *more = SB_NEW(f->cx->arena, room, sb_alarm);
        if (!more) SB_FAIL(f->cx->err, SB_ENOMEM, "%zu alarms", room);
        if (f->n) memcpy(more, f->list, f->n * sizeof *more);
        f->list = more;
        f->room = room;
    }
    f->list[f->n++] = (sb_alarm){kind, rows, what->text, where.text, advice[kind]};
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
    size_t same = 0, both = 0;
    for (size_t s = 0; s < r->settings; s++)
        for (size_t i = 0; speaks(r, s) && i < results_at(f, s, x); i++) {
            const sb_result *a = result_at(f, s, x, i);
            for (size_t j = 0; j < results_at(f, s, y); j++) {
                const sb_result *b = result_at(f, s, y, j);
                if (a->rep != b->rep || !is_ok(a) || !is_ok(b)) continue;
                both++;
                if (!same_subset(a, b)) continue;
                same++;
                f->hit[s] = true;
            }
        }
    if (!same) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s and %s chose the same rows with the same weights in %zu of %zu selections", r->method[x].label,
               r->method[y].label, same, both);
    put_first(f, SB_A_TWINS, "", &b);
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
            f->hit[i] |= a->verdict == SB_V_UNDECIDED;
            decided += a->verdict == SB_V_BETTER || a->verdict == SB_V_WORSE;
            pairs = a->diff.pairs > pairs ? a->diff.pairs : pairs;
        }
    /* where the corrected test can hardly speak, its silence says nothing: the report says that once */
    if (!undecided || decided || sb_summary_reach(s, pairs) > s->alpha) {
        memset(f->hit, 0, s->results->settings * sizeof *f->hit);
        return SB_OK;
    }
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s cannot be told from %s in any of %zu comparisons of headline metrics, over %zu repeats",
               s->results->method[method].label, s->results->reference, undecided, pairs);
    return add(f, SB_A_LIKE_REFERENCE, undecided, &b);
}

/* Pairs of repeats of a method that draws, in one setting: how many, and how many with one subset. Repeats that share
 * the selection's draw by the config's `vary` are meant to. */
static size_t count_alike(const finding *f, size_t setting, size_t method, size_t *pairs, unsigned first[2])
{
    const sb_vary vary = sb_results_vary(f->s->results, setting);
    const size_t n = results_at(f, setting, method);
    size_t alike = 0;
    *pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            const sb_result *a = result_at(f, setting, method, i), *b = result_at(f, setting, method, j);
            if (sb_vary_draw(&vary, SB_SELECTION, a->rep) == sb_vary_draw(&vary, SB_SELECTION, b->rep)) continue;
            ++*pairs;
            if (same_subset(a, b) && !alike++) first[0] = a->rep, first[1] = b->rep;
        }
    return alike;
}

/* all: settings where every repeat has one subset; else those where some repeats have. */
static sb_status repeats_alike(finding *f, size_t method, bool all)
{
    const sb_results *r = f->s->results;
    const sb_method *plugin = sb_method_find(r->method[method].name, NULL);
    size_t hits = 0;
    unsigned first[2] = {0}, here[2] = {0};
    if (!plugin || !(plugin->traits & SB_RANDOM)) return SB_OK;
    for (size_t s = 0; s < r->settings; s++) {
        size_t pairs = 0;
        const size_t alike = speaks(r, s) ? count_alike(f, s, method, &pairs, here) : 0;
        if (!alike || (alike == pairs) != all) continue;
        if (!hits++) memcpy(first, here, sizeof first);
        f->hit[s] = true;
    }
    if (!hits) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    if (all)
        sb_buf_add(&b, "%s chose the same rows in every repeat, in %zu settings", r->method[method].label, hits);
    else
        sb_buf_add(&b, "%s chose the same rows in repeats %u and %u, in %zu settings", r->method[method].label,
                   first[0], first[1], hits);
    put_first(f, all ? SB_A_SEED : SB_A_STREAM, "", &b);
    return add(f, all ? SB_A_SEED : SB_A_STREAM, hits, &b);
}

/* Draws that repeats share because the config says so. */
static sb_status shared_draws(finding *f)
{
    static const char *const words[SB_CHANCES] = {"splits", "warm-ups", "selections", "trainings"};
    const sb_results *r = f->s->results;
    size_t hits = 0, first = 0;
    for (size_t s = 0; s < r->settings; s++) {
        const sb_vary v = sb_results_vary(r, s);
        const unsigned repeats = sb_vary_repeats(&v);
        const bool shares = sb_vary_any(&v) && sb_vary_draw(&v, SB_SPLIT, repeats - 1) +
                                                       sb_vary_draw(&v, SB_WARMUP, repeats - 1) +
                                                       sb_vary_draw(&v, SB_SELECTION, repeats - 1) <
                                                   3 * (repeats - 1);
        if (!shares || !speaks(r, s)) continue;
        if (!hits++) first = s;
        f->hit[s] = true;
    }
    if (!hits) return SB_OK;
    const sb_vary v = sb_results_vary(r, first);
    const unsigned repeats = sb_vary_repeats(&v);
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%u repeats are made of", repeats);
    for (int k = 0; k < SB_TRAINING; k++)
        sb_buf_add(&b, "%s %u %s", k ? "," : "", sb_vary_draw(&v, (sb_chance)k, repeats - 1) + 1, words[k]);
    put_first(f, SB_A_SHARED, "", &b);
    return add(f, SB_A_SHARED, hits, &b);
}

/* Results of a method where a metric passes a limit: how many, of how many, the worst. */
typedef struct tally {
    size_t hits, of;
    double worst;
} tally;

/* below: values < limit alarm, else values > limit; per_row: of the value by the rows asked for. */
static tally count(finding *f, size_t method, const char *metric, bool below, double limit, bool per_row,
                   bool each_model)
{
    const sb_results *r = f->s->results;
    const size_t k = metric_of(r, metric);
    tally t = {.worst = NAN};
    for (size_t s = 0; k != SIZE_MAX && s < r->settings; s++)
        for (size_t i = 0; (each_model || speaks(r, s)) && i < results_at(f, s, method); i++) {
            const sb_result *e = result_at(f, s, method, i);
            if (!is_ok(e) || isnan(e->value[k])) continue;
            const double v = per_row ? e->value[k] / (double)r->setting[s].m : e->value[k];
            t.of++;
            if (below ? !(v < limit) : !(v > limit)) continue;
            t.hits++;
            f->hit[s] = true;
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
    sb_buf_add(&b, ", in %zu of %zu %s", t.hits, t.of, kind == SB_A_SOLVER ? "fits" : "selections");
    put_first(f, kind, "", &b);
    return add(f, kind, t.hits, &b);
}

static sb_status saturated(finding *f, size_t metric)
{
    const sb_summary *s = f->s;
    const sb_results *r = s->results;
    size_t full = SIZE_MAX, hits = 0, of = 0;
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
        if (!hits++) gap = left;
        f->hit[i] = true;
    }
    if (!hits) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s: %s is as good as all the data in %zu of %zu settings", r->metric[metric]->name, r->reference,
               hits, of);
    char behind[32];
    (void)snprintf(behind, sizeof behind, ": %.2g behind", gap > 0 ? gap : 0);
    put_first(f, SB_A_SATURATED, behind, &b);
    return add(f, SB_A_SATURATED, hits, &b);
}

/* How far a mean is off by chance with the probability of four standard errors of a normal value: of few repeats the
 * standard error is itself a guess, so Student's t says how many of them that takes (two repeats: 10,050). One repeat
 * has none: a mean of 1 is then believed up to 1. */
static double chance_error(const sb_aggregate *a)
{
    if (a->repeats < 2) return 1;
    const double errors = -sb_stat_t_quantile(sb_stat_normal_cdf(-4), (double)a->repeats - 1);
    return errors * a->sd / sqrt((double)a->repeats);
}

static sb_status biased(finding *f, size_t method)
{
    const sb_results *r = f->s->results;
    const size_t k = metric_of(r, "sum_weight");
    size_t hits = 0, of = 0;
    double worst = 1;
    for (size_t s = 0; k != SIZE_MAX && s < r->settings; s++) {
        const sb_aggregate *a = sb_summary_at(f->s, s, method, k);
        if (!speaks(r, s) || !a->repeats) continue;
        of++;
        if (!(fabs(a->mean - 1) > 0.02 && fabs(a->mean - 1) > chance_error(a))) continue;
        hits++;
        f->hit[s] = true;
        if (fabs(a->mean - 1) > fabs(worst - 1)) worst = a->mean;
    }
    if (!hits) return SB_OK;
    sb_buf b = {.arena = f->cx->arena};
    sb_buf_add(&b, "%s: its weights stand for %.3g times all rows on average, in %zu of %zu settings",
               r->method[method].label, worst, hits, of);
    put_first(f, SB_A_BIASED, "", &b);
    return add(f, SB_A_BIASED, hits, &b);
}

sb_status sb_alarms_find(const sb_summary *s, sb_ctx *cx, const sb_alarm **list, size_t *n)
{
    finding f = {.s = s, .cx = cx};
    const size_t methods = s->results->methods;
    f.hit = SB_NEW(cx->arena, s->results->settings, bool);
    if (!f.hit) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu settings", s->results->settings);
    for (size_t i = 0; i < methods; i++)
        for (size_t j = i + 1; j < methods; j++) SB_TRY(twins(&f, i, j));
    for (size_t i = 0; i < methods; i++) SB_TRY(like_reference(&f, i));
    for (unsigned all = 2; all-- > 0;)
        for (size_t i = 0; i < methods; i++) SB_TRY(repeats_alike(&f, i, all));
    SB_TRY(shared_draws(&f));
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
    sb_buf_add(b, "kind\trows\twhat\twhere\twhat to do\tpage\n");
    for (size_t i = 0; i < n; i++)
        sb_buf_add(b, "%s\t%zu\t%s\t%s\t%s\talarms.md#%s\n", sb_alarm_words[list[i].kind], list[i].rows, list[i].what,
                   list[i].where, list[i].advice, sb_alarm_anchors[list[i].kind]);
}

sb_status sb_alarms_write(const sb_alarm *list, size_t n, const char *run_dir, const char *page, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    sb_alarms_tsv(list, n, &b);
    SB_TRY(sb_table_save(run_dir, "alarms.tsv", &b, cx));
    if (!page || !sb_file_exists(page)) return SB_OK;
    char *text = NULL;
    size_t size = 0;
    const char *copy = sb_file_join(cx->arena, run_dir, "alarms.md");
    if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "name of the page about alarms");
    SB_TRY(sb_file_read(page, 1 << 20, cx, &text, &size));
    return sb_file_write(copy, text, size, cx);
}
