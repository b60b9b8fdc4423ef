#!/bin/sh
# Form: files and lines within their limits, nothing unfinished, every folder explained.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
for f in $(git ls-files '*.c' '*.h'); do
    lines=$(wc -l <"$f")
    [ "$lines" -le 500 ] || { echo "$f has $lines lines, above 500"; bad=1; }
    awk -v f="$f" 'length($0) > 130 { printf "%s:%d has %d columns\n", f, FNR, length($0); e = 1 } END { exit e }' "$f" || bad=1
done
git grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' -- '*.c' '*.h' '*.sh' '*.cmake' '*.md' '*.yaml' '*.gp' ':!tests/lint/text.sh' && bad=1
for d in harness methods datasets configs results tests plots; do
    [ -f "$d/README.md" ] || { echo "$d has no README.md"; bad=1; }
done
exit $bad
