/* The answer: which methods beat the reference, where, by how much, at what cost, with what certainty. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report_parts.h"
#include "words.h"

typedef struct answer {
    const sb_summary *s;
    sb_ctx *cx;
    sb_sentence *list;
    size_t count, room;
    bool bad;
} answer;

/* b: the sentence; an empty one is not added. */
static void say(answer *w, sb_saying kind, const sb_buf *b)
{
    if (b->bad) w->bad = true;
    if (b->bad || !b->size) return;
    if (w->count == w->room) {
        const size_t room = w->room ? 2 * w->room : 64;
        sb_sentence *more = SB_NEW(w->cx->arena, room, sb_sentence);
        if (!more) {
            w->bad = true;
            return;
        }
        if (w->count) memcpy(more, w->list, w->count * sizeof *more);
        w->list = more;
        w->room = room;
    }
    w->list[w->count++] = (sb_sentence){kind, b->text};
}

/* How one method fares on one metric over budgets. best: the aggregate to quote, clearest of the majority verdict. */
typedef struct tally {
    size_t better, worse, undecided;
    size_t ahead, pairs; /* single repeats where it was better, of all */
    const sb_aggregate *best, *worst;
} tally;

static bool clearer(const sb_aggregate *a, const sb_aggregate *than)
{
    return !than || fabs(a->diff.mean) > fabs(than->diff.mean);
}

static tally count(const sb_summary *s, size_t first, size_t n, size_t metric, size_t method)
{
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        const sb_aggregate *const a = sb_summary_at(s, first + i, method, metric);
        t.undecided += a->verdict == SB_V_UNDECIDED;
        t.ahead += s->results->metric[metric]->better == SB_HIGHER ? a->diff.above : a->diff.below;
        t.pairs += a->diff.pairs;
        if (a->verdict == SB_V_BETTER) {
            t.better++;
            if (clearer(a, t.best)) t.best = a;
        } else if (a->verdict == SB_V_WORSE) {
            t.worse++;
            if (clearer(a, t.worst)) t.worst = a;
        }
    }
    return t;
}

static bool is_candidate(const sb_summary *s, size_t method)
{
    return method != s->reference && !s->results->method[method].anchor;
}

static const sb_aggregate *of_reference(const sb_summary *s, const sb_aggregate *a)
{
    return sb_summary_at(s, a->setting, s->reference, a->metric);
}

/* "+0.80 points" or, where the reference's mean is a scale, "−54%". */
static void put_change(const sb_summary *s, const sb_aggregate *a, sb_buf *b)
{
    const sb_metric *const m = s->results->metric[a->metric];
    const double scale = of_reference(s, a)->mean;
    const char *unit = " points";
    double d = 100 * a->diff.mean;
    sb_interval ci = {100 * a->diff.ci.low, 100 * a->diff.ci.high, s->level};
    int digits = sb_words_change_digits(m, &a->diff);
    if (!sb_words_in_points(m) && scale > 0) {
        unit = "%";
        d /= scale;
        ci.low /= scale;
        ci.high /= scale;
        digits = fabs(d) < 1 ? 2 : fabs(d) < 10 ? 1 : 0;
    } else if (!sb_words_in_points(m)) {
        unit = "";
        d = a->diff.mean;
        ci = a->diff.ci;
    }
    const sb_words interval = sb_words_interval(ci, digits), number = sb_words_number(d, digits);
    sb_buf_add(b, "%s%s%s at %s rows", d > 0 ? "+" : "", number.text, unit,
               sb_words_count(s->results->setting[a->setting].m).text);
    const sb_words p = sb_words_p(a->p_adjusted);
    const char *const tie = *p.text == '<' ? "" : "= ";
    if (*interval.text)
        sb_buf_add(b, " (%g%% interval %s, adjusted p %s%s)", 100 * s->level, interval.text, tie, p.text);
}

static void put_budgets(size_t n, size_t of, sb_buf *b)
{
    if (of == 1) return;
    if (n == of)
        sb_buf_add(b, " at all %zu budgets", of);
    else
        sb_buf_add(b, " at %zu of %zu budgets", n, of);
}

/* Mean cost; the time to select includes that to prepare, which a user waits for too. */
static double cost_of(const sb_summary *s, size_t setting, size_t method, size_t metric)
{
    const sb_results *const r = s->results;
    double v = sb_summary_at(s, setting, method, metric)->mean;
    if (strcmp(r->metric[metric]->name, "select_s") != 0) return v;
    for (size_t k = 0; k < r->metrics; k++) {
        const double more = sb_summary_at(s, setting, method, k)->mean;
        if (strcmp(r->metric[k]->name, "prepare_s") == 0 && !isnan(more)) v += more;
    }
    return v;
}

/* Costs of a winner where it is quoted: headline costs, and what it queried. */
static void put_costs(const sb_summary *s, const sb_aggregate *a, sb_buf *b)
{
    const char *before = ". Cost: ";
    for (size_t k = 0; k < s->results->metrics; k++) {
        const sb_metric *const m = s->results->metric[k];
        const double own = cost_of(s, a->setting, a->method, k);
        const double other = cost_of(s, a->setting, s->reference, k);
        const bool queried = strcmp(m->unit, "queries") == 0 && (own > 0 || other > 0);
        if (m->group != SB_M_COST || !(m->headline || queried) || isnan(own)) continue;
        const bool time = strcmp(m->name, "select_s") == 0;
        sb_buf_add(b, "%s%s %s", before, time ? "time to prepare and select" : m->title,
                   sb_words_value(own, m->unit).text);
        if (!isnan(other)) sb_buf_add(b, " (%s: %s)", s->results->reference, sb_words_value(other, m->unit).text);
        before = ", ";
    }
}

static void say_scale(answer *w, const sb_group *g, size_t metric)
{
    const sb_summary *const s = w->s;
    sb_buf b = {.arena = w->cx->arena};
    for (size_t k = 0; k < s->results->methods; k++) {
        if (k != s->reference && !s->results->method[k].anchor) continue;
        const sb_aggregate *const low = sb_summary_at(s, g->first, k, metric);
        const sb_aggregate *const high = sb_summary_at(s, g->first + g->count - 1, k, metric);
        if (isnan(low->mean) || isnan(high->mean)) continue;
        sb_buf_add(&b, "%s%s: %s", b.size ? "; " : "", s->results->method[k].label,
                   sb_words_number(low->mean, sb_words_mean_digits(low->mean, low->mean_ci)).text);
        if (g->count == 1 || low->mean == high->mean) continue;
        const sb_setting *const e = &s->results->setting[g->first];
        sb_buf_add(&b, " at %s rows, %s at %s", sb_words_count(e->m).text,
                   sb_words_number(high->mean, sb_words_mean_digits(high->mean, high->mean_ci)).text,
                   sb_words_count(e[g->count - 1].m).text);
    }
    if (b.size) sb_buf_add(&b, ".");
    say(w, SB_SAY_SCALE, &b);
}

static void say_winners(answer *w, const sb_group *g, size_t metric)
{
    const sb_summary *const s = w->s;
    size_t winners = 0;
    for (size_t k = 0; k < s->results->methods; k++) {
        const tally t = count(s, g->first, g->count, metric, k);
        if (!is_candidate(s, k) || !t.better) continue;
        winners++;
        sb_buf b = {.arena = w->cx->arena};
        sb_buf_add(&b, "%s beats %s", s->results->method[k].label, s->results->reference);
        put_budgets(t.better, g->count, &b);
        sb_buf_add(&b, ": ");
        put_change(s, t.best, &b);
        if (t.worse) sb_buf_add(&b, "; but it is worse at %zu", t.worse);
        put_costs(s, t.best, &b);
        sb_buf_add(&b, ".");
        say(w, SB_SAY_BETTER, &b);
    }
    if (winners) return;
    sb_buf b = {.arena = w->cx->arena};
    sb_buf_add(&b, "Nothing is shown to beat %s here.", s->results->reference);
    say(w, SB_SAY_UNDECIDED, &b);
}

/* Beyond so many of a kind, names are enough: their numbers are in the tables. */
enum { TOLD = 6, TOLD_OF_MANY = 3 };

/* Those that are worse anywhere and better nowhere, from the largest difference on. */
static size_t list_worse(const sb_summary *s, const sb_group *g, size_t metric, size_t *method, tally *record)
{
    size_t n = 0;
    for (size_t k = 0; k < s->results->methods; k++) {
        const tally t = count(s, g->first, g->count, metric, k);
        if (!is_candidate(s, k) || t.better || !t.worse) continue;
        size_t at = n++;
        for (; at > 0 && fabs(t.worst->diff.mean) > fabs(record[at - 1].worst->diff.mean); at--) {
            method[at] = method[at - 1];
            record[at] = record[at - 1];
        }
        method[at] = k;
        record[at] = t;
    }
    return n;
}

static void say_worse(answer *w, const sb_group *g, size_t metric)
{
    const sb_summary *const s = w->s;
    size_t *const method = SB_NEW(w->cx->arena, s->results->methods, size_t);
    tally *const record = SB_NEW(w->cx->arena, s->results->methods, tally);
    sb_buf b = {.arena = w->cx->arena};
    if (!method || !record) {
        w->bad = true;
        return;
    }
    const size_t n = list_worse(s, g, metric, method, record), told = n > TOLD ? TOLD_OF_MANY : n;
    if (n > TOLD)
        sb_buf_add(&b, "Worse: %zu methods, from the largest difference on: ", n);
    else if (n)
        sb_buf_add(&b, "Worse: ");
    for (size_t i = 0; i < n; i++) {
        sb_buf_add(&b, "%s%s",
                   i == 0      ? ""
                   : i < told  ? "; "
                   : i == told ? "; then "
                               : ", ",
                   s->results->method[method[i]].label);
        if (i >= told) continue;
        put_budgets(record[i].worse, g->count, &b);
        sb_buf_add(&b, ", ");
        put_change(s, record[i].worst, &b);
    }
    if (n) sb_buf_add(&b, ".");
    say(w, SB_SAY_WORSE, &b);
}

static void say_undecided(answer *w, const sb_group *g, size_t metric)
{
    const sb_summary *const s = w->s;
    sb_buf b = {.arena = w->cx->arena};
    size_t n = 0;
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t k = 0, i = 0; k < s->results->methods; k++) {
            const tally t = count(s, g->first, g->count, metric, k);
            if (!is_candidate(s, k) || t.better || t.worse || !t.undecided) continue;
            n += pass == 0;
            if (pass == 0) continue;
            if (i == 0 && n > TOLD)
                sb_buf_add(&b, "No difference seen: %zu methods: ", n);
            else
                sb_buf_add(&b, "%s", i ? ", " : "No difference seen: ");
            i++;
            sb_buf_add(&b, "%s", s->results->method[k].label);
            if (n <= TOLD) sb_buf_add(&b, " (ahead in %zu of %zu pairs)", t.ahead, t.pairs);
        }
    if (n) sb_buf_add(&b, ".");
    say(w, SB_SAY_UNDECIDED, &b);
}

static void say_group(answer *w, const sb_group *g)
{
    const sb_summary *const s = w->s;
    sb_buf b = {.arena = w->cx->arena};
    const char *const name = sb_words_group(g, w->cx->arena);
    if (!name) w->bad = true;
    sb_buf_add(&b, "%s", name ? name : "");
    say(w, SB_SAY_GROUP, &b);
    for (size_t k = 0; k < s->results->metrics; k++) {
        const sb_metric *const m = s->results->metric[k];
        if (!s->primary[k] || !sb_metric_tested(m) || !sb_table_applies(s, g, k)) continue;
        sb_buf head = {.arena = w->cx->arena};
        sb_buf_add(&head, "%s", m->title);
        say(w, SB_SAY_METRIC, &head);
        say_scale(w, g, k);
        if (s->reference == SIZE_MAX) continue;
        say_winners(w, g, k);
        say_worse(w, g, k);
        say_undecided(w, g, k);
    }
}

/* Over all settings and primary metrics. */
static tally overall(const sb_summary *s, size_t method)
{
    tally all = {0};
    for (size_t k = 0; k < s->results->metrics; k++) {
        if (!s->primary[k]) continue;
        const tally t = count(s, 0, s->results->settings, k, method);
        all.better += t.better;
        all.worse += t.worse;
        all.undecided += t.undecided;
    }
    return all;
}

/* The methods with a win, best record (better minus worse) first. */
static size_t rank_winners(const sb_summary *s, size_t *method, tally *record)
{
    size_t n = 0;
    for (size_t k = 0; k < s->results->methods; k++) {
        const tally t = overall(s, k);
        if (!is_candidate(s, k) || !t.better) continue;
        size_t at = n++;
        for (; at > 0 && t.better + record[at - 1].worse > record[at - 1].better + t.worse; at--) {
            method[at] = method[at - 1];
            record[at] = record[at - 1];
        }
        method[at] = k;
        record[at] = t;
    }
    return n;
}

static void say_overall(answer *w)
{
    const sb_summary *const s = w->s;
    size_t *method = SB_NEW(w->cx->arena, s->results->methods, size_t), candidates = 0;
    tally *record = SB_NEW(w->cx->arena, s->results->methods, tally);
    if (!method || !record) {
        w->bad = true;
        return;
    }
    for (size_t k = 0; k < s->results->methods; k++) candidates += is_candidate(s, k);
    const size_t winners = rank_winners(s, method, record), shown = winners < 5 ? winners : 5;
    sb_buf b = {.arena = w->cx->arena};
    const char *const ref = s->results->reference;
    if (!candidates)
        sb_buf_add(&b, "No method was compared with %s.", ref);
    else if (!winners)
        sb_buf_add(&b, "No method is shown to beat %s anywhere in this run.", ref);
    else
        sb_buf_add(&b, "%zu of %zu methods beat %s somewhere: ", winners, candidates, ref);
    for (size_t i = 0; i < shown; i++) {
        const tally *const t = &record[i];
        sb_buf_add(&b, "%s%s (better in %zu of %zu comparisons, ", i ? "; " : "", s->results->method[method[i]].label,
                   t->better, t->better + t->worse + t->undecided);
        if (t->worse)
            sb_buf_add(&b, "worse in %zu)", t->worse);
        else
            sb_buf_add(&b, "never worse)");
    }
    if (winners) sb_buf_add(&b, winners > shown ? "; and %zu more." : ".", winners - shown);
    say(w, SB_SAY_LEAD, &b);
}

static void say_certainty(answer *w)
{
    const sb_summary *const s = w->s;
    sb_buf b = {.arena = w->cx->arena}, few = b;
    if (s->comparisons) {
        sb_buf_add(&b, "A verdict is a sign-flip test on differences paired by repeat (%zu", s->repeats_min);
        if (s->repeats_max > s->repeats_min) sb_buf_add(&b, " to %zu", s->repeats_max);
        sb_buf_add(&b, " pairs), adjusted for the %zu comparisons of the headline metrics; at most %g counts as shown.",
                   s->comparisons, s->alpha);
    }
    say(w, SB_SAY_LEAD, &b);
    const double floor = sb_stat_sign_flip_floor(s->repeats_max);
    size_t least = 2; /* for one comparison; enough: for one among all */
    while (sb_stat_sign_flip_floor(least) > s->alpha) least++;
    size_t enough = least;
    while (enough < SB_STAT_EXACT && sb_summary_reach(s, enough) > s->alpha) enough++;
    if (s->results->repeats == 1)
        sb_buf_add(&few,
                   "One repeat only: there are no intervals and no tests, so no difference can be shown. "
                   "Run at least %zu repeats.",
                   least);
    else if (s->comparisons && floor > s->alpha)
        sb_buf_add(&few,
                   "With %zu repeats the test cannot give a p below %s, so no difference can be shown, however large. "
                   "Run at least %zu repeats.",
                   s->repeats_max, sb_words_p(floor).text, least);
    else if (s->comparisons && sb_summary_reach(s, s->repeats_max) > s->alpha)
        sb_buf_add(
            &few,
            "With %zu repeats a verdict can hardly be reached: the smallest p of one comparison, %s, is %s after "
            "the correction for %zu comparisons, so that no difference is shown says little. Run at least %zu "
            "repeats, or compare fewer methods and settings.",
            s->repeats_max, sb_words_p(floor).text, sb_words_p(sb_summary_reach(s, s->repeats_max)).text,
            s->comparisons, enough);
    say(w, SB_SAY_CAUTION, &few);
}

static void say_failures(answer *w)
{
    const sb_results *const r = w->s->results;
    sb_buf b = {.arena = w->cx->arena};
    if (w->s->not_ok) {
        sb_buf_add(&b, "%s of %s evaluations have no result: ", sb_words_count(w->s->not_ok).text,
                   sb_words_count(r->results).text);
        static const char *const known[] = {"failed", "timeout", "out of memory", "crashed", "skipped"};
        size_t named = 0, kinds = 0;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            size_t n = 0;
            for (size_t i = 0; i < r->results; i++) n += strcmp(r->result[i].status, known[k]) == 0;
            if (n) sb_buf_add(&b, "%s%zu %s", kinds++ ? ", " : "", n, known[k]);
            named += n;
        }
        if (named < w->s->not_ok) sb_buf_add(&b, "%s%zu other", kinds ? ", " : "", w->s->not_ok - named);
        sb_buf_add(&b, ". Reasons are listed under failures.");
    }
    say(w, SB_SAY_CAUTION, &b);
}

sb_status sb_report_answer(const sb_summary *s, sb_ctx *cx, const sb_sentence **list, size_t *n)
{
    answer w = {.s = s, .cx = cx};
    sb_buf b = {.arena = cx->arena};
    if (s->results->results == 0)
        sb_buf_add(&b, "This run has no results yet.");
    else if (s->reference == SIZE_MAX)
        sb_buf_add(&b, "No method is labelled '%s', so there is nothing to compare with: the tables show values only.",
                   s->results->reference);
    say(&w, SB_SAY_LEAD, &b);
    if (s->results->results && s->reference != SIZE_MAX) {
        say_overall(&w);
        say_certainty(&w);
    }
    say_failures(&w);
    for (size_t g = 0; s->results->results && g < s->groups; g++) say_group(&w, &s->group[g]);
    if (w.bad) SB_FAIL(cx->err, SB_ENOMEM, "sentences of the answer");
    *list = w.list;
    *n = w.count;
    return SB_OK;
}
