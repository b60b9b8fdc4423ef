#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const header[] = {"header", "yes", NULL};
    fuzz_reader("wordvec", NULL, data, size);
    fuzz_reader("wordvec", header, data, size);
    return 0;
}
