#!/bin/sh
# What goes wrong becomes a row with a status and a reason, and costs nothing else.
. "$(dirname "$0")/lib.inc"
config=$root/tests/cli/small.yaml
only="--only data=skmm --only method=uniform,leverage,full"

# shellcheck disable=SC2086
run() { "$selbench" run "$config" -q --no-plots $only "$@"; }

# time limit
run --out slow --set limits.seconds=0.001 --set repeats=1 >/dev/null
[ $? -eq 3 ] || die "timeouts must give exit code 3"
grep -q "timeout" slow/metrics.tsv || die "no timeout rows"
# memory limit: what does not fit becomes rows
"$selbench" run "$config" -q --no-plots --out roomy --only data=fashion-mnist --only method=full --set repeats=1 >/dev/null || die "roomy"
"$selbench" run "$config" -q --no-plots --out tiny --only data=fashion-mnist --only method=full --set repeats=1 \
    --set data.0.embedding=raw --set 'data.0.train_on={pca: {dims: 12}}' --set limits.memory_mb=8 >out 2>&1
[ $? -eq 3 ] || die "a memory limit must give exit code 3: $(cat out)"
grep -q "out of memory" tiny/metrics.tsv || die "no out-of-memory rows"
expect 1 "above limits.memory_mb 1" run --out never --set limits.memory_mb=1 --set data.1.set.options.d=2000
# budget above n, and a class of failure that only some cells have
run --out big --set 'data.1.budgets=[50, 4000]' --set repeats=1 >/dev/null
[ $? -eq 3 ] || die "a budget above n must give exit code 3"
grep -q "skipped" big/metrics.tsv || die "no skipped rows"
grep -q "ok" big/metrics.tsv || die "the other cells must be there"
grep -q "above the 400 rows" big/report.html || die "the report does not say why"
# a worker that dies takes one cell with it
"$selbench" run "$config" -q --no-plots --out crash --jobs 1 --only data=fashion-mnist >/dev/null 2>&1 &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    sleep 0.1
    [ "$(cat crash/cells-*.jsonl 2>/dev/null | wc -l)" -gt 4 ] && break
done
child=$(pgrep -P $pid | head -n 1)
kill -SEGV "$child" 2>/dev/null
wait $pid
code=$?
if [ -n "$child" ]; then
    [ $code -eq 3 ] || [ $code -eq 0 ] || die "a crashed worker must not stop the run: $code"
    if [ $code -eq 3 ]; then grep -q "crashed" crash/metrics.tsv || die "no crashed row"; fi
    "$selbench" run "$config" -q --no-plots --out crash --jobs 1 --only data=fashion-mnist --retry-failed >/dev/null || die "retry"
fi
# full disk: a file size limit stands for it; stored results stay
run --out disk --set repeats=1 >/dev/null || die "first run"
cp disk/metrics.tsv kept.tsv
(ulimit -f 1 && trap '' XFSZ && run --out disk --set repeats=3 >out 2>&1)
code=$?
[ $code -eq 1 ] || die "full disk: exit code $code: $(cat out)"
grep -q "cannot write" out || die "full disk: $(cat out)"
run --out disk --set repeats=1 >/dev/null || die "after the full disk"
same kept.tsv disk/metrics.tsv
# two at once in one folder
"$selbench" run "$config" -q --no-plots --out both --jobs 1 >/dev/null 2>&1 &
pid=$!
sleep 0.3
"$selbench" run "$config" -q --no-plots --out both >out 2>&1
code=$?
kill $pid 2>/dev/null
wait $pid 2>/dev/null
[ $code -eq 1 ] && grep -q "another selbench" out || die "two runs in one folder: $code $(cat out)"
