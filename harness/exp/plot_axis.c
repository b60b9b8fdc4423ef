/* Where a logarithmic axis begins and ends, and its ticks. */
#include <math.h>

#include "plot.h"
#include "str.h"

/* 1, 2 or 5 times a power of ten: four to nine of them make the width. */
static double round_step(double width)
{
    const double power = pow(10, floor(log10(width / 4)));
    const double part = width / 4 / power;
    return power * (part >= 5 ? 5 : part >= 2 ? 2 : 1);
}

static void put_tick(sb_buf *b, double v) { sb_buf_add(b, "%s\"%.12g\" %.12g", b->size ? ", " : "", v, v); }

const char *sb_plot_ticks(double low, double high, sb_arena *a)
{
    static const double mantissa[] = {1, 2, 5};
    sb_buf b = {.arena = a};
    if (!(low > 0 && high > low) || high / low >= 100) return "";
    if (high / low < 10) { /* shorter than a decade: three of 1, 2, 5 are not sure to be in it */
        const double step = round_step(high - low);
        for (double k = ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9); k++) put_tick(&b, k * step);
    } else
        for (double power = pow(10, floor(log10(low))); power <= high; power *= 10)
            for (size_t i = 0; i < sizeof mantissa / sizeof *mantissa; i++)
                if (mantissa[i] * power >= low && mantissa[i] * power <= high) put_tick(&b, mantissa[i] * power);
    return b.bad ? NULL : b.text;
}

sb_range sb_plot_widen(sb_range r, double share, double least)
{
    const double factor = fmax(pow(r.high / r.low, share), least);
    return (sb_range){r.low / factor, r.high * factor};
}

void sb_plot_include(sb_range *r, double v)
{
    if (!(v > 0 && isfinite(v))) return;
    if (!(r->low <= v)) r->low = v;
    if (!(r->high >= v)) r->high = v;
}
