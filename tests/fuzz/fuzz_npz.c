#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("npz", NULL, data, size);
    fuzz_reader("npz", (const char *const[]){"member", "a", NULL}, data, size);
    return 0;
}
