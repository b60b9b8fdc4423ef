#!/bin/sh
# configs/methods-tour.yaml runs every method that is registered, and every config in the tree resolves.
. "$(dirname "$0")/lib.inc"
"$selbench" list methods >methods.txt || die "list"
for f in "$root"/methods/*.c; do
    m=$(basename "$f" .c)
    grep -qE "^$m( |$)" methods.txt || die "list methods lacks $m"
    grep -qE "^ +- $m(:|$)" "$root/configs/methods-tour.yaml" || die "methods-tour.yaml lacks $m"
done
for config in "$root"/configs/*.yaml "$root"/configs/papers/*.yaml; do
    [ -f "$config" ] && expect 0 "evaluations" "$selbench" check "$config"
done
