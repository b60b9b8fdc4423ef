#!/bin/sh
# methods/README.md says of every method, and of no other, what 60,000 x 784 costs.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
said=$(sed -n '/^## What 60,000 x 784 costs/,/^## To add one/p' methods/README.md | sed -n '/^|---/,/^$/p' |
    sed -e '1d' -e 's/([^)]*)//g' | cut -d'|' -f3 | tr ',' '\n' | tr -d ' ' | sed '/^$/d' | sort)
there=$(for f in methods/*.c; do basename "$f" .c; done | sort)
for m in $there; do
    [ "$(echo "$said" | grep -cx "$m")" -eq 1 ] || { echo "methods/README.md: the table of costs has no row, or two, for $m"; bad=1; }
done
for m in $said; do
    [ -f "methods/$m.c" ] || { echo "methods/README.md: the table of costs names $m, which is no method"; bad=1; }
done
exit $bad
