/* libhdf5 does the parsing, and is known to fall over some damaged files: what counts here is our part of the way. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("hdf5", NULL, data, size);
    fuzz_reader("hdf5", (const char *const[]){"member", "train", NULL}, data, size);
    return 0;
}
