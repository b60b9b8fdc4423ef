#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const cube[] = {"member", "cube", NULL};
    fuzz_reader("mat", NULL, data, size);
    fuzz_reader("mat", cube, data, size);
    return 0;
}
