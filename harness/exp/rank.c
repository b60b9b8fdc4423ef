#include "rank.h"

#include <math.h>
#include <string.h>

#include "words.h"

/* Data sets by first setting: the block of each setting. */
static size_t blocks_of(const sb_results *r, size_t *block)
{
    size_t n = 0;
    for (size_t i = 0; i < r->settings; i++) {
        block[i] = SIZE_MAX;
        for (size_t j = 0; j < i && block[i] == SIZE_MAX; j++)
            if (strcmp(r->setting[i].data, r->setting[j].data) == 0) block[i] = block[j];
        if (block[i] == SIZE_MAX) block[i] = n++;
    }
    return n;
}

static double mean_of(const sb_summary *s, size_t setting, size_t method, size_t metric)
{
    return sb_summary_at(s, setting, method, metric)->mean;
}

static bool counts(const sb_summary *s, size_t setting, size_t metric)
{
    return !isnan(mean_of(s, setting, s->reference, metric));
}

/* Methods to rank: no anchors, a value wherever the reference has one. */
static void find_methods(const sb_summary *s, sb_ranking *k)
{
    for (size_t m = 0; m < s->results->methods; m++) {
        bool everywhere = !s->results->method[m].anchor;
        for (size_t i = 0; everywhere && i < s->results->settings; i++)
            everywhere = !counts(s, i, k->metric) || !isnan(mean_of(s, i, m, k->metric));
        if (everywhere) k->method[k->methods++] = m;
    }
}

/* Rank of one method in a setting: ties share. */
static double rank_in(const sb_summary *s, const sb_ranking *k, size_t setting, size_t i)
{
    const bool higher = s->results->metric[k->metric]->better == SB_HIGHER;
    const double own = mean_of(s, setting, k->method[i], k->metric);
    double rank = 0.5;
    for (size_t j = 0; j < k->methods; j++) {
        const double other = mean_of(s, setting, k->method[j], k->metric);
        rank += other == own ? 0.5 : (other > own) == higher;
    }
    return rank;
}

static sb_status allocate(sb_ranking *k, size_t methods, sb_ctx *cx)
{
    k->method = SB_NEW(cx->arena, methods, size_t);
    k->rank = SB_NEW(cx->arena, methods, double);
    k->win = SB_NEW(cx->arena, methods, size_t);
    k->tie = SB_NEW(cx->arena, methods, size_t);
    k->loss = SB_NEW(cx->arena, methods, size_t);
    k->boot_low = SB_NEW(cx->arena, methods, double);
    k->boot_high = SB_NEW(cx->arena, methods, double);
    if (!k->method || !k->rank || !k->win || !k->tie || !k->loss || !k->boot_low || !k->boot_high)
        SB_FAIL(cx->err, SB_ENOMEM, "ranks of %zu methods", methods);
    return SB_OK;
}

/* The values of a row become their ranks. */
static void rank_row(double *row, size_t n, double *scratch)
{
    for (size_t i = 0; i < n; i++) {
        scratch[i] = 0.5;
        for (size_t j = 0; j < n; j++) scratch[i] += row[j] == row[i] ? 0.5 : row[j] < row[i];
    }
    memcpy(row, scratch, n * sizeof *row);
}

/* score: data sets x methods, the mean rank of each over the settings of the data set; data sets without one are left
 * out. Wins: by the verdicts there. */
static void fill_scores(const sb_summary *s, sb_ranking *k, const size_t *block, size_t blocks, double *score)
{
    for (size_t b = 0; b < blocks; b++) {
        size_t settings = 0;
        double *row = score + k->sets * k->methods;
        for (size_t j = 0; j < k->methods; j++) {
            size_t better = 0, worse = 0;
            row[j] = 0;
            settings = 0;
            for (size_t i = 0; i < s->results->settings; i++) {
                if (block[i] != b || !counts(s, i, k->metric)) continue;
                const sb_verdict v = sb_summary_at(s, i, k->method[j], k->metric)->verdict;
                settings++;
                row[j] += rank_in(s, k, i, j);
                better += v == SB_V_BETTER;
                worse += v == SB_V_WORSE;
            }
            if (!settings) break;
            row[j] /= (double)settings;
            k->win[j] += better > worse;
            k->tie[j] += better == worse;
            k->loss[j] += better < worse;
        }
        k->sets += settings > 0;
    }
}

static void swap_size(size_t *v, size_t i, size_t j)
{
    const size_t t = v[i];
    v[i] = v[j];
    v[j] = t;
}

static void swap_real(double *v, size_t i, size_t j)
{
    const double t = v[i];
    v[i] = v[j];
    v[j] = t;
}

/* Best first; insertion keeps config order among equals. */
static void sort(sb_ranking *k)
{
    for (size_t i = 1; i < k->methods; i++)
        for (size_t j = i; j > 0 && k->rank[j] < k->rank[j - 1]; j--) {
            swap_size(k->method, j, j - 1);
            swap_size(k->win, j, j - 1);
            swap_size(k->tie, j, j - 1);
            swap_size(k->loss, j, j - 1);
            swap_real(k->rank, j, j - 1);
            swap_real(k->boot_low, j, j - 1);
            swap_real(k->boot_high, j, j - 1);
        }
}

static sb_status make_one(const sb_summary *s, const size_t *block, size_t blocks, sb_ctx *cx, sb_ranking *k)
{
    SB_TRY(allocate(k, s->results->methods, cx));
    find_methods(s, k);
    if (k->methods < 2) return SB_OK;
    double *score = SB_NEW(cx->arena, blocks * k->methods, double);
    double *own = SB_NEW(cx->arena, blocks + k->methods, double);
    if (!score || !own) SB_FAIL(cx->err, SB_ENOMEM, "ranks over %zu data sets", blocks);
    fill_scores(s, k, block, blocks, score);
    for (size_t b = 0; b < k->sets; b++) rank_row(score + b * k->methods, k->methods, own);
    SB_TRY(sb_stat_friedman(score, k->sets, k->methods, s->alpha, cx, k->rank, &k->test));
    for (size_t j = 0; j < k->methods; j++) {
        sb_interval ci;
        for (size_t b = 0; b < k->sets; b++) own[b] = score[b * k->methods + j];
        SB_TRY(sb_stat_bootstrap(own, k->sets, s->level, cx, &ci));
        k->boot_low[j] = ci.low;
        k->boot_high[j] = ci.high;
    }
    sort(k);
    return SB_OK;
}

sb_status sb_rank_make(const sb_summary *s, sb_ctx *cx, sb_ranking **list, size_t *count)
{
    const sb_results *r = s->results;
    sb_ranking *all = SB_NEW(cx->arena, r->metrics, sb_ranking);
    size_t *block = SB_NEW(cx->arena, r->settings, size_t), n = 0;
    if (!all || !block) SB_FAIL(cx->err, SB_ENOMEM, "rankings of %zu metrics", r->metrics);
    const size_t blocks = blocks_of(r, block);
    for (size_t m = 0; s->reference < r->methods && m < r->metrics; m++) {
        if (!s->primary[m] || !sb_metric_tested(r->metric[m])) continue;
        all[n] = (sb_ranking){.metric = m};
        SB_TRY(make_one(s, block, blocks, cx, &all[n]));
        n += all[n].methods > 1 && all[n].sets > 0;
    }
    *list = all;
    *count = n;
    return SB_OK;
}

static const char *caption(const sb_summary *s, const sb_ranking *k, sb_ctx *cx)
{
    const char *title = s->results->metric[k->metric]->title;
    if (k->sets < 3)
        return sb_str_format(cx->arena, "%s: mean ranks over %zu data set%s (1 is best); a test needs three or more",
                             title, k->sets, k->sets == 1 ? "" : "s");
    return sb_str_format(
        cx->arena,
        "%s: mean ranks over %zu data sets (1 is best); Friedman p %s; ranks closer than %.2f cannot be "
        "told apart (Nemenyi, %g)",
        title, k->sets, sb_words_p(k->test.p).text, k->test.critical, s->alpha);
}

sb_status sb_rank_table(const sb_summary *s, const sb_ranking *k, sb_ctx *cx, sb_table *out)
{
    static const char *const head[] = {"metric", "method", "mean rank", "interval", "wins", "ties", "losses"};
    enum { COLUMNS = sizeof head / sizeof *head };
    const char *text = caption(s, k, cx);
    if (!text) SB_FAIL(cx->err, SB_ENOMEM, "caption of a ranking");
    SB_TRY(sb_table_new(k->methods, COLUMNS, text, cx, out));
    out->text_columns = 2;
    for (size_t i = 0; i < COLUMNS; i++) out->head[i] = head[i];
    for (size_t i = 0; i < k->methods; i++) {
        const char **row = &out->cell[i * COLUMNS];
        const sb_words ci = sb_words_interval((sb_interval){k->boot_low[i], k->boot_high[i], s->level}, 2);
        const bool reference = k->method[i] == s->reference;
        row[0] = s->results->metric[k->metric]->name;
        row[1] = s->results->method[k->method[i]].label;
        row[2] = sb_str_format(cx->arena, "%.2f", k->rank[i]);
        row[3] = sb_str_format(cx->arena, "%s", ci.text);
        row[4] = reference ? "" : sb_str_format(cx->arena, "%zu", k->win[i]);
        row[5] = reference ? "" : sb_str_format(cx->arena, "%zu", k->tie[i]);
        row[6] = reference ? "" : sb_str_format(cx->arena, "%zu", k->loss[i]);
        for (size_t j = 0; j < COLUMNS; j++)
            if (!row[j]) SB_FAIL(cx->err, SB_ENOMEM, "texts of a ranking");
    }
    return SB_OK;
}
