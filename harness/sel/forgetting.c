#include "selbench/forgetting.h"

double sb_forgetting_events(const unsigned char *correct, size_t t, sb_never never)
{
    size_t lost = 0, right = 0;
    for (size_t k = 0; k < t; k++) {
        lost += k && correct[k - 1] && !correct[k];
        right += correct[k];
    }
    if (right || never == SB_NEVER_ZERO) return (double)lost;
    return (double)t + (never == SB_NEVER_INF ? 1 : 0);
}
