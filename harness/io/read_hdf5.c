/* HDF5, as ann-benchmarks publishes its sets (data sets train, test, neighbors, distances). The file is held in memory.
 */
#include "selbench/hdf5.h"

typedef struct hdf5_options {
    const char *member;
} hdf5_options;

static const sb_param params[] = {
    {"member", "name of the data set, with its groups, as in train or group/x; empty: the only one", "", SB_P_TEXT,
     offsetof(hdf5_options, member), 0, 0, NULL},
    {0},
};

static sb_status hdf5_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const hdf5_options *o = options;
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    return sb_hdf5_read(bytes, size, o->member, limit, cx, out);
}

const sb_reader sb_reader_hdf5 = {
    .name = "hdf5",
    .summary = "a data set of an HDF5 file (needs libhdf5 when selbench is built)",
    .source = "The HDF Group, HDF5 File Format Specification 3.0",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".hdf5", ".h5", NULL},
    .option_size = sizeof(hdf5_options),
    .options = params,
    .read = hdf5_read,
};
