/* The first byte chooses the options, so that they are explored too. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const base[] = {"auto", "0", "1", "auto"}, *const features[] = {"0", "5"};
    if (!size) return 0;
    fuzz_reader("libsvm",
                (const char *const[]){"base", base[data[0] & 3], "features", features[data[0] >> 2 & 1], "target",
                                      data[0] & 8 ? "value" : "label", NULL},
                data + 1, size - 1);
    return 0;
}
