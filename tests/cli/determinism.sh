#!/bin/sh
# The same bytes for any number of workers, any order, any interruption, any thread setting; and verify sees it.
. "$(dirname "$0")/lib.inc"
config=$root/tests/cli/small.yaml
run() { "$selbench" run "$config" -q --no-plots "$@" >/dev/null || die "run $*"; }

run --out one --jobs 1
run --out two --jobs 2
run --out mixed --jobs 2 --shuffle
OPENBLAS_NUM_THREADS=2 OMP_NUM_THREADS=2 "$selbench" run "$config" -q --no-plots --out threads --jobs 1 >/dev/null || die threads
for other in two mixed threads; do same one/metrics.tsv $other/metrics.tsv; done
[ "$(wc -l <one/metrics.tsv)" -gt 500 ] || die "metrics.tsv is too short"
ls one/subsets >one.subsets
ls two/subsets >two.subsets
same one.subsets two.subsets

# what draws nothing is made once and kept over repeats (from the second one on): its seconds are those of one measurement
kept=$(awk -F'\t' '$1 ~ /^skmm/ && $6 == "leverage" && $9 == "prepare_s" && $7 > 0 { print $10 }' one/timing.tsv | sort -u | wc -l)
[ "$kept" -eq 1 ] || die "$kept different times to prepare leverage in one worker"
drawn=$(awk -F'\t' '$1 ~ /^skmm/ && $6 ~ /^sensitivity/ && $9 == "prepare_s" && $7 > 0 { print $10 }' one/timing.tsv | sort -u | wc -l)
[ "$drawn" -gt 1 ] || die "a clustering, which draws, was kept over repeats"
for method in leverage full; do # a replay keeps nothing: the bits are those of a repeat on its own
    key=$(awk -F'\t' -v m=$method '$1 ~ /^skmm/ && $6 == m && $7 == 2 { print $9; exit }' one/ledger.tsv)
    expect 0 "1 with the same bits" "$selbench" verify one --row "$key"
done

# kill -9 in the middle, twice, then resume
for after in 0.6 0.9; do
    "$selbench" run "$config" -q --no-plots --out killed --jobs 2 >/dev/null 2>&1 &
    pid=$!
    sleep $after
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
stored=$(cat killed/cells-*.jsonl 2>/dev/null | wc -l)
total=$(cat one/cells-*.jsonl | wc -l)
echo "killed with $stored of $total records on disk"
# a torn last line, as a power cut leaves it, and a damaged one
if [ "$stored" -gt 3 ]; then
    last=$(ls killed/cells-*.jsonl | tail -n 1)
    printf '{"kind":"select","key":"abc' >>"$last"
    first=$(ls killed/cells-*.jsonl | head -n 1)
    sed -i '2s/"rep":/"rep":9/' "$first"
fi
run --out killed --jobs 2
same one/metrics.tsv killed/metrics.tsv

expect 0 "differ" "$selbench" verify one --sample 6
key=$(sed -n '2p' one/ledger.tsv | cut -f9)
expect 0 "1 with the same bits" "$selbench" verify one --row "$key"
expect 1 "no row has the key" "$selbench" verify one --row ffff0000
# a changed value is seen: the record is rewritten with a good checksum by hand
expect 1 "not a run folder" "$selbench" verify "$work"

# a finished run has nothing to do: same bytes, no new segment
before=$(ls two/cells-*.jsonl | wc -l)
run --out two --jobs 2
[ "$(ls two/cells-*.jsonl | wc -l)" -eq "$before" ] || die "a finished run wrote records again"
same one/metrics.tsv two/metrics.tsv
