/* The first byte chooses the options, so that they are explored too. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const missing[] = {"error", "nan", "skip", "mean"};
    static const char *const onehot[] = {"", "all", "1", "0-1"};
    static const char *const codes[] = {"", "0", "s", "2=a|b"};
    static const char *const drop[] = {"", "d", "0", "1"};
    if (!size) return 0;
    const unsigned choice = data[0];
    fuzz_reader("arff",
                (const char *const[]){"missing", missing[choice & 3], "onehot", onehot[choice >> 2 & 3], "codes",
                                      codes[choice >> 4 & 3], "drop", drop[choice >> 6], NULL},
                data + 1, size - 1);
    return 0;
}
