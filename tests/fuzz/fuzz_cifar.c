#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const two[] = {"labels", "2", "label", "coarse", NULL};
    fuzz_reader("cifar", size % 2 ? NULL : two, data, size);
    return 0;
}
