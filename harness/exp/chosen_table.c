/* What methods chose as tables: places on the map, rows per class. */
#include <math.h>
#include <string.h>

#include "chosen.h"
#include "stats.h"
#include "words.h"

enum { CLASSES_SHOWN = 30 };

static const sb_chosen *of(const sb_results *r, size_t setting, size_t method)
{
    return &r->chosen[setting * r->methods + method];
}

static size_t methods_with_rows(const sb_results *r, size_t setting)
{
    size_t n = 0;
    if (!r->chosen || r->landscape_of[setting] == SIZE_MAX) return 0;
    for (size_t k = 0; k < r->methods; k++) n += of(r, setting, k)->rows > 0;
    return n;
}

/* Mean, and mean squared distance to it, of n points (row NULL: the first n). */
static double moments(const float *xy, const uint32_t *row, size_t n, double mean[2])
{
    double spread = 0;
    mean[0] = mean[1] = 0;
    for (size_t i = 0; i < 2 * n; i++) mean[i % 2] += (double)xy[2 * (row ? row[i / 2] : i / 2) + i % 2] / (double)n;
    for (size_t i = 0; i < 2 * n; i++) {
        const double d = (double)xy[2 * (row ? row[i / 2] : i / 2) + i % 2] - mean[i % 2];
        spread += d * d / (double)n;
    }
    return spread;
}

sb_status sb_chosen_places(const sb_results *r, size_t setting, sb_ctx *cx, sb_table *out)
{
    static const char *const head[] = {"method", "distinct rows", "spread", "shift"};
    const size_t methods = methods_with_rows(r, setting);
    if (!methods) return sb_table_new(0, 1, "", cx, out);
    const sb_setting *const s = &r->setting[setting];
    const sb_landscape *const l = &r->landscape[r->landscape_of[setting]];
    SB_TRY(sb_table_new(methods, 4,
                        sb_str_format(cx->arena,
                                      "where the methods choose on %s (%s), %s rows, first repeat, on the plane of the "
                                      "two leading components: spread is the variance of the chosen rows relative to "
                                      "that of all rows, shift the distance of their centre in standard deviations",
                                      s->data, s->embedding, sb_words_count(s->m).text),
                        cx, out));
    memcpy(out->head, head, sizeof head);
    double centre[2];
    const double all = moments(l->xy, NULL, l->n, centre);
    size_t at = 0;
    for (size_t k = 0; k < r->methods; k++) {
        const sb_chosen *const c = of(r, setting, k);
        if (!c->rows) continue;
        const char **const cell = &out->cell[4 * at];
        double *const value = &out->value[4 * at++], mean[2];
        const double spread = moments(l->xy, c->row, c->rows, mean);
        cell[0] = r->method[k].label;
        value[1] = (double)c->rows;
        value[2] = all > 0 ? spread / all : (double)NAN;
        value[3] = all > 0 ? hypot(mean[0] - centre[0], mean[1] - centre[1]) / sqrt(all) : (double)NAN;
        cell[1] = sb_str_format(cx->arena, "%s", sb_words_count(c->rows).text);
        for (size_t j = 2; j < 4; j++) cell[j] = sb_str_format(cx->arena, "%s", sb_words_number(value[j], 2).text);
        for (size_t j = 1; j < 4; j++)
            if (!cell[j]) SB_FAIL(cx->err, SB_ENOMEM, "texts of chosen rows");
    }
    return SB_OK;
}

/* One row of counts: as they are, or in short. */
static sb_status put_counts(const double *count, size_t c, bool brief, double *sorted, sb_ctx *cx, const char **cell,
                            double *value)
{
    double shown[4], missed = 0;
    for (size_t k = 0; k < c; k++) {
        sorted[k] = count[k];
        missed += count[k] == 0;
    }
    sb_stat_sort(sorted, c);
    if (brief) {
        shown[0] = sorted[0];
        shown[1] = sb_stat_quantile(sorted, c, 0.5);
        shown[2] = sorted[c - 1];
        shown[3] = missed;
    }
    for (size_t j = 0; j < (brief ? 4 : c); j++) {
        const double v = brief ? shown[j] : count[j];
        value[j] = v;
        cell[j] = sb_str_format(cx->arena, "%s", sb_words_number(v, v == rint(v) ? 0 : 1).text);
        if (!cell[j]) SB_FAIL(cx->err, SB_ENOMEM, "texts of class counts");
    }
    return SB_OK;
}

static sb_status class_heads(size_t c, bool brief, sb_ctx *cx, sb_table *t)
{
    static const char *const in_short[] = {"fewest", "median", "most", "classes without a row"};
    t->head[0] = "method";
    for (size_t j = 0; j + 1 < t->columns; j++) {
        t->head[j + 1] = brief ? in_short[j] : sb_str_format(cx->arena, "%zu", j);
        if (!t->head[j + 1]) SB_FAIL(cx->err, SB_ENOMEM, "names of %zu classes", c);
    }
    return SB_OK;
}

sb_status sb_chosen_classes(const sb_results *r, size_t setting, sb_ctx *cx, sb_table *out)
{
    const size_t methods = methods_with_rows(r, setting);
    const sb_landscape *const l = methods ? &r->landscape[r->landscape_of[setting]] : NULL;
    if (!methods || !l->c) return sb_table_new(0, 1, "", cx, out);
    const sb_setting *const s = &r->setting[setting];
    const bool brief = l->c > CLASSES_SHOWN;
    SB_TRY(
        sb_table_new(methods + 1, (brief ? 4 : l->c) + 1,
                     sb_str_format(cx->arena,
                                   "rows per class%s on %s (%s), %s rows, mean over repeats; first what the classes' "
                                   "shares of all rows would give",
                                   brief ? ", in short," : "", s->data, s->embedding, sb_words_count(s->m).text),
                     cx, out));
    double *const scratch = SB_NEW(cx->arena, l->c, double), *const fair = SB_NEW(cx->arena, l->c, double);
    if (!scratch || !fair) SB_FAIL(cx->err, SB_ENOMEM, "counts of %zu classes", l->c);
    SB_TRY(class_heads(l->c, brief, cx, out));
    for (size_t k = 0; k < l->c; k++) fair[k] = l->class_rows[k] / (double)l->n * (double)s->m;
    out->cell[0] = "(their share)";
    SB_TRY(put_counts(fair, l->c, brief, scratch, cx, out->cell + 1, out->value + 1));
    size_t at = 0;
    for (size_t k = 0; k < r->methods; k++) {
        const sb_chosen *const c = of(r, setting, k);
        if (!c->rows) continue;
        const size_t cell = ++at * out->columns;
        out->cell[cell] = r->method[k].label;
        SB_TRY(put_counts(c->of_class, l->c, brief, scratch, cx, out->cell + cell + 1, out->value + cell + 1));
    }
    return SB_OK;
}
