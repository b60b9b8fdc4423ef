#!/bin/sh
# Data flows one way: which folders a file of each folder may include from (design rule, see harness/README.md).
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
check() { # folder, allowed folders (extended regex over repository paths)
    for f in "$1"/*.c; do
        [ -f "$f" ] || continue
        for inc in $(gcc -MM -D_GNU_SOURCE -DSB_VERSION='""' -DSB_SOURCE_DIR='""' -Iharness/include -Iharness/base -Iharness/la -Iharness/sel \
            -Iharness/data -Iharness/exp -Iharness/cli -iquote harness/io -Ibuild/test/generated \
            "$(pkg-config --cflags-only-I openblas)" "$f" | tr -d '\\' | tr ' ' '\n' | grep -E '^(harness|methods|datasets|tests)/' | grep -v '\.c$'); do
            echo "$inc" | grep -qE "^($2)/" || {
                echo "$f includes $inc, allowed: $2"
                bad=1
            }
        done
    done
}
sdk=harness/include/selbench
check harness/base "$sdk|harness/base"
check harness/la "$sdk|harness/la|harness/base"
check harness/sel "$sdk|harness/sel|harness/la|harness/base"
check harness/io "$sdk|harness/io|harness/base"
check harness/data "$sdk|harness/data|harness/io|harness/la|harness/base"
check harness/models "$sdk"
check methods "$sdk"
check datasets "$sdk"
check harness/exp "$sdk|harness/exp|harness/data|harness/io|harness/la|harness/base"
check harness/cli "$sdk|harness/cli|harness/exp|harness/data|harness/io|harness/la|harness/base"
for f in $(grep -lE '#include <(cblas|lapacke)\.h>' harness/*/*.c methods/*.c datasets/*.c 2>/dev/null); do
    case $f in harness/la/blas.c | harness/la/kernel.c) ;; *)
        echo "$f includes BLAS headers: only harness/la/blas.c and kernel.c may"
        bad=1
        ;;
    esac
done
exit $bad
