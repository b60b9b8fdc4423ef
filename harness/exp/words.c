#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "str.h"

static const char minus[] = "\xe2\x88\x92";

int sb_words_digits(double v)
{
    if (!isfinite(v) || v == 0) return 0;
    if (v == rint(v) && fabs(v) >= 10) return 0;
    const int digits = 3 - (int)floor(log10(fabs(v)));
    return digits < 0 ? 0 : digits > 7 ? 7 : digits;
}

/* Decimals that show `count` significant digits. */
static int significant(double v, int count)
{
    if (!isfinite(v) || v == 0) return -1;
    return count - 1 - (int)floor(log10(fabs(v)));
}

static int between(double v, sb_interval ci, int least, int most)
{
    const int low = significant(v, least), high = significant(v, most), want = significant((ci.high - ci.low) / 2, 2);
    const int digits = want < low ? low : want > high ? high : want;
    return digits < 0 ? 0 : digits > 7 ? 7 : digits;
}

int sb_words_mean_digits(double mean, sb_interval ci)
{
    if (!isfinite(mean) || mean == 0 || !isfinite(ci.high - ci.low) || ci.high == ci.low) return sb_words_digits(mean);
    return between(mean, ci, 3, 4);
}

static void put_plain(char *to, size_t room, double v, int digits)
{
    const double size = fabs(v);
    if (isnan(v))
        (void)snprintf(to, room, "n/a");
    else if (isinf(v))
        (void)snprintf(to, room, "inf");
    else if (size != 0 && (size >= 1e7 || size < 0.5e-6))
        (void)snprintf(to, room, "%.2e", size);
    else
        (void)snprintf(to, room, "%.*f", digits, size);
}

/* True when the digits of a printed number are all 0: it gets no sign. */
static bool shows_zero(const char *text) { return strspn(text, "0.") == strlen(text); }

static sb_words signed_number(double v, int digits, bool plus)
{
    sb_words w;
    char body[40];
    put_plain(body, sizeof body, v, digits);
    const char *sign = isnan(v) || shows_zero(body) ? "" : v < 0 ? minus : plus ? "+" : "";
    (void)snprintf(w.text, sizeof w.text, "%s%s", sign, body);
    return w;
}

sb_words sb_words_number(double v, int digits) { return signed_number(v, digits, false); }

static sb_words grouped(double v)
{
    char digits[40];
    (void)snprintf(digits, sizeof digits, "%.0f", fabs(v));
    sb_words w;
    size_t at = 0;
    const size_t size = strlen(digits);
    for (size_t i = 0; i < size && at + 2 < sizeof w.text; i++) {
        if (i && (size - i) % 3 == 0) w.text[at++] = ',';
        w.text[at++] = digits[i];
    }
    w.text[at] = '\0';
    return w;
}

sb_words sb_words_count(size_t n) { return grouped((double)n); }

static sb_words scaled(double v, double step, const char *const *names)
{
    sb_words w;
    while (v >= step && names[1]) {
        v /= step;
        names++;
    }
    (void)snprintf(w.text, sizeof w.text, "%.3g %s", v, *names);
    return w;
}

sb_words sb_words_value(double v, const char *unit)
{
    static const char *const bytes[] = {"B", "kB", "MB", "GB", "TB", NULL};
    static const char *const seconds[] = {"ms", "s", NULL};
    if (isfinite(v) && strcmp(unit, "bytes") == 0) return scaled(v, 1000, bytes);
    if (isfinite(v) && strcmp(unit, "s") == 0 && v < 999.5) return scaled(1000 * v, 1000, seconds);
    if (isfinite(v) && v >= 999.5 && v < 1e15 && *unit) {
        sb_words w = grouped(v);
        const size_t size = strlen(w.text);
        if (strcmp(unit, "s") == 0) (void)snprintf(w.text + size, sizeof w.text - size, " s");
        return w;
    }
    const bool counted = *unit && strcmp(unit, "fraction") != 0 && strcmp(unit, "s") != 0;
    if (counted && isfinite(v) && v == rint(v)) return sb_words_number(v, 0); /* "1 label", not "1.000" */
    return sb_words_number(v, sb_words_digits(v));
}

sb_words sb_words_p(double p)
{
    sb_words w;
    if (isnan(p))
        (void)snprintf(w.text, sizeof w.text, "n/a");
    else if (p < 1e-4)
        (void)snprintf(w.text, sizeof w.text, "<0.0001");
    else
        (void)snprintf(w.text, sizeof w.text, p < 0.001 ? "%.4f" : p < 0.2 ? "%.3f" : "%.2f", p);
    return w;
}

sb_words sb_words_interval(sb_interval ci, int digits)
{
    sb_words w = {""};
    if (isnan(ci.low) || isnan(ci.high)) return w;
    const sb_words low = sb_words_number(ci.low, digits), high = sb_words_number(ci.high, digits);
    (void)snprintf(w.text, sizeof w.text, "%.28s to %.28s", low.text, high.text);
    return w;
}

bool sb_words_in_points(const sb_metric *m) { return m->group == SB_M_TEST && strcmp(m->unit, "fraction") == 0; }

static double shown(const sb_metric *m, double v) { return sb_words_in_points(m) ? 100 * v : v; }

int sb_words_change_digits(const sb_metric *m, const sb_paired *d)
{
    if (sb_words_in_points(m)) return 2;
    const double width = d->ci.high - d->ci.low;
    if (!(width > 0) || !isfinite(width)) return between(d->mean, (sb_interval){0, 0, 0}, 3, 3);
    const int digits = significant(width / 2, 2); /* digits beyond these say nothing about the difference */
    return digits < 0 ? 0 : digits > 7 ? 7 : digits;
}

sb_words sb_words_change(const sb_metric *m, double difference, int digits)
{
    return signed_number(shown(m, difference), digits, true);
}

sb_words sb_words_change_interval(const sb_metric *m, sb_interval ci, int digits)
{
    const sb_interval s = {shown(m, ci.low), shown(m, ci.high), ci.level};
    return sb_words_interval(s, digits);
}

const char *sb_verdict_mark(sb_verdict v)
{
    switch (v) {
    case SB_V_BETTER: return "+";
    case SB_V_WORSE: return minus;
    case SB_V_UNDECIDED: return "~";
    case SB_V_NONE: break;
    }
    return "";
}

const char *sb_words_group(const sb_group *g, sb_arena *a)
{
    if (!*g->model) return sb_str_format(a, "%s (%s)", g->data, g->embedding);
    return sb_str_format(a, "%s (%s, %s)", g->data, g->embedding, g->model);
}
