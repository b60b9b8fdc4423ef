#!/bin/sh
# A plug-in object exports exactly one symbol: its struct.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
objects=build/test/CMakeFiles/selbench_core.dir
check() { # source, symbol
    o="$objects/$1.o"
    [ -f "$o" ] || { echo "no object for $1"; bad=1; return; }
    exported=$(nm -g --defined-only "$o" | awk '{print $3}' | sort | tr '\n' ' ')
    [ "$exported" = "$2 " ] || { echo "$1 exports: $exported(expected $2)"; bad=1; }
}
for f in methods/*.c; do check "$f" "sb_method_$(basename "$f" .c)"; done
for f in harness/models/*.c; do check "$f" "sb_model_$(basename "$f" .c)"; done
for f in datasets/*.c; do check "$f" "sb_generator_$(basename "$f" .c)"; done
for f in harness/io/read_*.c; do check "$f" "sb_reader_$(basename "$f" .c | sed s/^read_//)"; done
for f in harness/data/embed_*.c; do check "$f" "sb_transform_$(basename "$f" .c | sed s/^embed_//)"; done
exit $bad
