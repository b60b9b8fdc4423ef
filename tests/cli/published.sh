#!/bin/sh
# The data sets whose published files are here, in the folder SELBENCH_TEST_MIRROR (or a folder data/ beside the source
# tree) and in system packages: the same bits as Python and R read. Skipped when there is no such folder.
. "$(dirname "$0")/datasets.inc"
here=${SELBENCH_TEST_MIRROR:-}
for folder in "$root"/../*/data; do
    [ -n "$here" ] || [ ! -f "$folder/uci-gas.csv.gz" ] || here=$folder
done
export SELBENCH_MIRROR="$here"
python real "${here:-/nowhere}" "${SELBENCH_TEST_R:-/usr/lib/R/site-library}"
[ ! -s names ] || compare names
echo "read in full: $(tr '\n' ' ' <names)"
[ -n "$here" ] || skip "no folder of published files: set SELBENCH_TEST_MIRROR"
