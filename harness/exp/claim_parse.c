#include <math.h>
#include <string.h>

#include "claim.h"
#include "file.h"
#include "metric.h"

const char *const sb_claim_test_words[] = {"identity",   "interval", "ordering",    "rate",     "ratio",
                                           "difference", "slope",    "calibration", "unbiased", NULL};
const char *const sb_established_words[] = {"verified", "rerun", "derived", "ours", "recalled", NULL};
const char *const sb_claim_verdict_words[] = {"reproduced",
                                              "inside the interval",
                                              "holds",
                                              "better",
                                              "contradicted",
                                              "does not hold",
                                              "not comparable",
                                              "unconfirmed source",
                                              "undecided",
                                              "not measured",
                                              NULL};

static const char *const keys[] = {
    "id",        "statement", "published",      "source",    "established", "not_comparable", "test",    "metric",
    "data",      "method",    "against_metric", "embedding", "model",       "budget",         "against", "value",
    "tolerance", "above",     "effect",         "range",     "outer",       "digits",         "seeds",   "scale",
    "statistic", "at_most",   "values",         "ranges",    "question",    "or_better",      NULL};

static sb_status read_word(const sb_yaml *map, const char *key, const char *const *words, sb_ctx *cx, int *out)
{
    const sb_yaml *node = sb_yaml_get(map, key);
    if (!node) return SB_OK;
    const char *text = "";
    SB_TRY(sb_yaml_text(map, key, cx, &text));
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return SB_OK;
        }
    sb_buf all = {.arena = cx->arena};
    for (int i = 0; words[i]; i++) sb_buf_add(&all, "%s%s", i ? ", " : "", words[i]);
    return sb_yaml_fail(node, cx, "'%s' is '%s'; it can be %s", key, text, all.bad ? "" : all.text);
}

static sb_status read_names(const sb_yaml *map, const char *key, sb_ctx *cx, sb_names *out)
{
    const sb_yaml *node = sb_yaml_get(map, key);
    if (!node) return SB_OK;
    const size_t n = node->kind == SB_YAML_LIST ? node->n : 1;
    out->item = SB_NEW(cx->arena, n, const char *);
    if (!out->item) SB_FAIL(cx->err, SB_ENOMEM, "names of a claim");
    for (size_t i = 0; i < n; i++) {
        const sb_yaml *item = node->kind == SB_YAML_LIST ? node->item[i] : node;
        if (item->kind != SB_YAML_SCALAR) return sb_yaml_fail(item, cx, "'%s' must be a name or a list of names", key);
        out->item[i] = item->text;
    }
    if (!n) return sb_yaml_fail(node, cx, "'%s' is an empty list", key);
    out->n = n;
    return SB_OK;
}

static sb_status to_pair(const sb_yaml *node, const char *key, sb_ctx *cx, double out[2])
{
    bool good = node->kind == SB_YAML_LIST && node->n == 2;
    for (size_t i = 0; good && i < 2; i++)
        good = node->item[i]->kind == SB_YAML_SCALAR && sb_str_real(node->item[i]->text, &out[i]) && !isnan(out[i]);
    if (!good || !(out[0] <= out[1])) return sb_yaml_fail(node, cx, "'%s' must be [low, high]", key);
    return SB_OK;
}

static sb_status read_pair(const sb_yaml *map, const char *key, sb_ctx *cx, double out[2])
{
    const sb_yaml *node = sb_yaml_get(map, key);
    return node ? to_pair(node, key, cx, out) : SB_OK;
}

static sb_status lacks(const sb_claim *c, sb_ctx *cx, const char *what)
{
    return sb_yaml_fail(c->at, cx, "the claim '%s' is an %s test: it needs %s", c->id, sb_claim_test_words[c->test],
                        what);
}

/* What each test cannot do without. */
static sb_status check_needs(const sb_claim *c, sb_ctx *cx)
{
    switch (c->test) {
    case SB_TEST_IDENTITY:
        if (isnan(c->value)) return lacks(c, cx, "'value'");
        if (isnan(c->tolerance) == (c->digits == 0)) return lacks(c, cx, "either 'digits' or 'tolerance'");
        return SB_OK;
    case SB_TEST_INTERVAL:
        if (isnan(c->range[0]) && (isnan(c->value) || !c->seeds))
            return lacks(c, cx, "'value' and 'seeds', or 'range'");
        return SB_OK;
    case SB_TEST_ORDERING:
        if (!c->against || isnan(c->effect)) return lacks(c, cx, "'against' and 'effect'");
        return SB_OK;
    case SB_TEST_RATE:
        if (isnan(c->above) == !c->against_metric || !(c->value >= 0 && c->value <= 1))
            return lacks(c, cx, "'above' or 'against_metric', and a 'value' in 0..1");
        return SB_OK;
    case SB_TEST_RATIO:
    case SB_TEST_DIFFERENCE:
        if (!c->against || isnan(c->range[0]) || isnan(c->outer[0])) return lacks(c, cx, "'against', 'range', 'outer'");
        if (!(c->outer[0] <= c->range[0] && c->range[1] <= c->outer[1])) return lacks(c, cx, "'outer' around 'range'");
        return SB_OK;
    case SB_TEST_SLOPE:
        if (isnan(c->range[0])) return lacks(c, cx, "'range'");
        return SB_OK;
    case SB_TEST_CALIBRATION:
    case SB_TEST_UNBIASED:
        if (!c->against_metric) return lacks(c, cx, "'against_metric'");
        return SB_OK;
    case SB_TESTS: break;
    }
    SB_BUG("claim test %d", (int)c->test);
}

static sb_status check_metric(const sb_yaml *at, const char *name, sb_ctx *cx)
{
    if (!name || sb_metric_index(name) >= 0) return SB_OK;
    const char **names = SB_NEW(cx->arena, sb_metric_count() + 1, const char *);
    if (!names) SB_FAIL(cx->err, SB_ENOMEM, "names of metrics");
    for (size_t i = 0; i < sb_metric_count(); i++) names[i] = sb_metrics[i].name;
    const char *near = sb_nearest(name, names);
    return sb_yaml_fail(at, cx, "'%s' is no metric%s%s%s", name, near ? ", did you mean '" : "", near ? near : "",
                        near ? "'?" : "");
}

static sb_status read_numbers(const sb_yaml *map, sb_ctx *cx, sb_claim *c)
{
    const double big = 1e300;
    SB_TRY(sb_yaml_real(map, "value", -big, big, cx, &c->value));
    SB_TRY(sb_yaml_real(map, "tolerance", 0, 1, cx, &c->tolerance));
    SB_TRY(sb_yaml_real(map, "above", -big, big, cx, &c->above));
    SB_TRY(sb_yaml_real(map, "effect", 0, big, cx, &c->effect));
    SB_TRY(sb_yaml_size(map, "digits", 1, 15, cx, &c->digits));
    SB_TRY(sb_yaml_size(map, "seeds", 1, 10000, cx, &c->seeds));
    SB_TRY(sb_yaml_bool(map, "at_most", cx, &c->at_most));
    SB_TRY(sb_yaml_bool(map, "or_better", cx, &c->or_better));
    SB_TRY(read_pair(map, "range", cx, c->range));
    return read_pair(map, "outer", cx, c->outer);
}

/* Keys that contradict each other. */
static sb_status check_words(const sb_claim *c, sb_ctx *cx)
{
    if (c->established == SB_OURS && c->published)
        return sb_yaml_fail(sb_yaml_get(c->at, "published"), cx,
                            "the claim '%s' is our own question ('established: ours'): it has no 'published' value",
                            c->id);
    if (c->or_better && c->test != SB_TEST_RATIO && c->test != SB_TEST_DIFFERENCE)
        return sb_yaml_fail(sb_yaml_get(c->at, "or_better"), cx,
                            "'or_better' belongs to a ratio or a difference, the claim '%s' is an %s test", c->id,
                            sb_claim_test_words[c->test]);
    const bool ordered = c->test == SB_TEST_ORDERING || c->or_better;
    if (ordered && sb_metrics[sb_metric_index(c->metric)].better == SB_NEITHER)
        return sb_yaml_fail(sb_yaml_get(c->at, "metric"), cx, "'%s' has no better direction to order by", c->metric);
    return SB_OK;
}

static sb_status read_claim(const sb_yaml *map, sb_ctx *cx, sb_claim *c)
{
    static const char *const scales[] = {"linear", "log", NULL}, *const statistics[] = {"mean", "median", NULL};
    static const char *const required[] = {"id", "statement", "source", "established", "test", "metric", NULL};
    const double nan = (double)NAN;
    int word = 0;
    if (map->kind != SB_YAML_MAP)
        return sb_yaml_fail(map, cx, "a claim is a map: {id: ..., statement: ..., test: ...}");
    SB_TRY(sb_yaml_keys(map, keys, cx));
    for (size_t i = 0; required[i]; i++)
        if (!sb_yaml_get(map, required[i])) return sb_yaml_fail(map, cx, "the claim lacks '%s'", required[i]);
    *c = (sb_claim){.at = map,
                    .value = nan,
                    .tolerance = nan,
                    .above = nan,
                    .effect = nan,
                    .range = {nan, nan},
                    .outer = {nan, nan}};
    SB_TRY(sb_yaml_text(map, "id", cx, &c->id));
    SB_TRY(sb_yaml_text(map, "statement", cx, &c->statement));
    SB_TRY(sb_yaml_text(map, "published", cx, &c->published));
    SB_TRY(sb_yaml_text(map, "source", cx, &c->source));
    SB_TRY(sb_yaml_text(map, "question", cx, &c->question));
    SB_TRY(sb_yaml_text(map, "not_comparable", cx, &c->not_comparable));
    SB_TRY(sb_yaml_text(map, "metric", cx, &c->metric));
    SB_TRY(sb_yaml_text(map, "against", cx, &c->against));
    SB_TRY(sb_yaml_text(map, "against_metric", cx, &c->against_metric));
    SB_TRY(read_word(map, "established", sb_established_words, cx, &word));
    c->established = (sb_established)word;
    SB_TRY(read_word(map, "test", sb_claim_test_words, cx, &word));
    c->test = (sb_claim_test)word;
    word = 0;
    SB_TRY(read_word(map, "scale", scales, cx, &word));
    c->log = word == 1;
    word = 0;
    SB_TRY(read_word(map, "statistic", statistics, cx, &word));
    c->median = word == 1;
    SB_TRY(check_metric(sb_yaml_get(map, "metric"), c->metric, cx));
    SB_TRY(check_metric(sb_yaml_get(map, "against_metric"), c->against_metric, cx));
    SB_TRY(read_numbers(map, cx, c));
    SB_TRY(check_words(c, cx));
    SB_TRY(read_names(map, "data", cx, &c->data));
    SB_TRY(read_names(map, "embedding", cx, &c->embedding));
    SB_TRY(read_names(map, "model", cx, &c->model));
    SB_TRY(read_names(map, "budget", cx, &c->budget));
    SB_TRY(read_names(map, "method", cx, &c->method));
    if (!c->method.n) return sb_yaml_fail(map, cx, "the claim '%s' lacks 'method'", c->id);
    return SB_OK;
}

/* The list of a key that has one entry per name of `budget`, or NULL. */
static sb_status per_budget(const sb_claim *c, const char *key, sb_ctx *cx, const sb_yaml **out)
{
    *out = sb_yaml_get(c->at, key);
    if (!*out || ((*out)->kind == SB_YAML_LIST && (*out)->n == c->budget.n)) return SB_OK;
    return sb_yaml_fail(*out, cx, "'%s' must be a list with one entry for each of the %zu names of 'budget'", key,
                        c->budget.n);
}

/* One claim, or one for each budget. */
static sb_status add_claims(const sb_claim *c, sb_ctx *cx, sb_claim *claim, size_t *count)
{
    const sb_yaml *values = NULL, *ranges = NULL;
    SB_TRY(per_budget(c, "values", cx, &values));
    SB_TRY(per_budget(c, "ranges", cx, &ranges));
    const size_t copies = values || ranges ? c->budget.n : 1;
    for (size_t i = 0; i < copies; i++) {
        sb_claim *k = &claim[(*count)++];
        *k = *c;
        if (values || ranges) k->budget = (sb_names){1, c->budget.item + i};
        if (values) {
            const sb_yaml *v = values->item[i];
            if (v->kind != SB_YAML_SCALAR || !sb_str_real(v->text, &k->value) || !isfinite(k->value))
                return sb_yaml_fail(v, cx, "'values' holds numbers");
            if (!k->published) k->published = v->text;
        }
        if (ranges) {
            SB_TRY(to_pair(ranges->item[i], "ranges", cx, k->range));
            if (!k->published) SB_TRY(sb_yaml_flat(ranges->item[i], cx, &k->published));
        }
        SB_TRY(check_needs(k, cx));
    }
    return SB_OK;
}

/* How many claims an entry can give: read_claim checks it later. */
static size_t copies_of(const sb_yaml *map)
{
    const sb_yaml *budget = map->kind == SB_YAML_MAP ? sb_yaml_get(map, "budget") : NULL;
    return budget && budget->kind == SB_YAML_LIST && budget->n ? budget->n : 1;
}

sb_status sb_claims_parse(const sb_yaml *list, sb_ctx *cx, sb_claims *out)
{
    *out = (sb_claims){0};
    if (!list) return SB_OK;
    if (list->kind != SB_YAML_LIST) return sb_yaml_fail(list, cx, "'claims' must be a list");
    size_t room = 0, count = 0;
    for (size_t i = 0; i < list->n; i++) room += copies_of(list->item[i]);
    sb_claim *claim = SB_NEW(cx->arena, room, sb_claim);
    if (!claim) SB_FAIL(cx->err, SB_ENOMEM, "%zu claims", room);
    for (size_t i = 0; i < list->n; i++) {
        sb_claim one;
        SB_TRY(read_claim(list->item[i], cx, &one));
        for (size_t j = 0; j < count; j++)
            if (strcmp(one.id, claim[j].id) == 0)
                return sb_yaml_fail(list->item[i], cx, "the claim '%s' is there twice", one.id);
        SB_TRY(add_claims(&one, cx, claim, &count));
    }
    *out = (sb_claims){count, claim};
    return SB_OK;
}

typedef enum place { DATA, EMBEDDING, MODEL, BUDGET, METHOD } place;

static bool bench_has(const sb_bench *b, place p, const char *name)
{
    if (p == DATA) return strcmp(b->label, name) == 0;
    if (p == EMBEDDING) return strcmp(b->embedding, name) == 0;
    for (size_t i = 0; p == MODEL && i < b->models; i++)
        if (strcmp(b->model[i].label, name) == 0) return true;
    for (size_t i = 0; p == BUDGET && i < b->budgets; i++)
        if (strcmp(b->budget[i].text, name) == 0) return true;
    for (size_t i = 0; p == METHOD && i < b->methods; i++)
        if (strcmp(b->method[i].label, name) == 0) return true;
    return false;
}

static sb_status check_names(const sb_claim *c, const sb_names *names, place p, const char *key, const sb_bench *bench,
                             size_t benches, sb_ctx *cx)
{
    for (size_t i = 0; i < names->n; i++) {
        bool found = false;
        for (size_t b = 0; b < benches && !found; b++) found = bench_has(&bench[b], p, names->item[i]);
        if (!found)
            return sb_yaml_fail(sb_yaml_get(c->at, key), cx, "the claim '%s' names the %s '%s', which the config lacks",
                                c->id, key, names->item[i]);
    }
    return SB_OK;
}

sb_status sb_claims_check(const sb_claims *c, const sb_bench *bench, size_t benches, sb_ctx *cx)
{
    for (size_t i = 0; i < c->n; i++) {
        const sb_claim *k = &c->claim[i];
        const char *other[] = {k->against};
        const sb_names against = {k->against ? 1 : 0, other};
        SB_TRY(check_names(k, &k->data, DATA, "data", bench, benches, cx));
        SB_TRY(check_names(k, &k->embedding, EMBEDDING, "embedding", bench, benches, cx));
        SB_TRY(check_names(k, &k->model, MODEL, "model", bench, benches, cx));
        SB_TRY(check_names(k, &k->budget, BUDGET, "budget", bench, benches, cx));
        SB_TRY(check_names(k, &k->method, METHOD, "method", bench, benches, cx));
        SB_TRY(check_names(k, &against, METHOD, "against", bench, benches, cx));
    }
    return SB_OK;
}

sb_status sb_claims_read(const char *path, sb_ctx *cx, sb_claims *out)
{
    const sb_yaml *root = NULL;
    SB_TRY(sb_yaml_read(path, cx, &root));
    return sb_claims_parse(root->kind == SB_YAML_MAP ? sb_yaml_get(root, "claims") : NULL, cx, out);
}
