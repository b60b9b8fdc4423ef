#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("safetensors", NULL, data, size);
    fuzz_reader("safetensors", (const char *const[]){"member", "BF16", NULL}, data, size);
    return 0;
}
