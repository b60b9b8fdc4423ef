/* The first byte chooses the options, so that they are explored too. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const delimiter[] = {"auto", "comma", "space", "tab"};
    static const char *const header[] = {"auto", "yes", "no", "auto"};
    static const char *const missing[] = {"error", "nan", "skip", "mean"};
    static const char *const columns[] = {"", "[1, 0]", "0-2", "-1"};
    static const char *const onehot[] = {"", "", "0=no|yes", "1"};
    static const char *const codes[] = {"", "", "1=yes|no", "0"};
    if (!size) return 0;
    const unsigned choice = data[0];
    fuzz_reader("csv",
                (const char *const[]){"delimiter", delimiter[choice & 3], "header", header[choice >> 2 & 3], "missing",
                                      missing[choice >> 4 & 3], "columns", columns[choice >> 6], "onehot",
                                      onehot[choice >> 6], "codes", codes[choice >> 4 & 3], NULL},
                data + 1, size - 1);
    return 0;
}
