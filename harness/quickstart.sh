#!/bin/sh
# From a bare Debian machine to tables, plots and a report: installs what is missing, builds a release binary, runs
# configs/quickstart.yaml. More arguments go to `selbench run`, e.g. --set repeats=2.
set -eu
cd "$(dirname "$0")/.."
[ -n "${SELBENCH_NO_SETUP:-}" ] || sh harness/setup.sh build
echo "building"
cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DSB_TESTS=OFF >/dev/null
ninja -C build/release selbench | tail -n 1
code=0
build/release/selbench run configs/quickstart.yaml "$@" || code=$?
# 3: everything ran, some cells have no numbers and the report says why
[ "$code" -eq 0 ] || [ "$code" -eq 3 ] || exit "$code"
exit 0
