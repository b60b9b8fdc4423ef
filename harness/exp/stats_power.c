/* How many repeats it takes. */
#include <math.h>

#include "stats.h"

static bool enough(size_t n, double ratio, double alpha, double power)
{
    const double df = (double)n - 1;
    const double need = (sb_stat_t_quantile(1 - alpha / 2, df) + sb_stat_t_quantile(power, df)) * ratio;
    return sb_stat_sign_flip_floor(n) <= alpha && (double)n >= need * need;
}

size_t sb_stat_repeats_needed(double sd, double difference, double alpha, double power)
{
    const double ratio = sd / fabs(difference);
    if (!(sd >= 0 && isfinite(ratio) && alpha > 0 && alpha < 1 && power > 0.5 && power < 1)) return 0;
    size_t low = 1, high = 2; /* low is not enough */
    while (!enough(high, ratio, alpha, power)) {
        low = high;
        if (high > 1000000) return SIZE_MAX;
        high *= 2;
    }
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (enough(middle, ratio, alpha, power))
            high = middle;
        else
            low = middle;
    }
    return high;
}
