/* The first byte chooses the reader. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const reader[] = {"fvecs", "bvecs", "ivecs", "fbin", "u8bin", "i8bin"};
    if (size) fuzz_reader(reader[data[0] % 6], NULL, data + 1, size - 1);
    return 0;
}
