#!/bin/sh
# What is wrong with data, and what a config asks beyond them, is named by check and by run alike: with the config's line,
# the key or file, the value and the limit.
. "$(dirname "$0")/lib.inc"
for python in python3 /usr/bin/python3; do "$python" -c 'import numpy' 2>/dev/null && break; done
"$python" - <<'PY' || die "no NumPy for Python"
import gzip, numpy as np
i, j = np.arange(40)[:, None], np.arange(4)
x, y = ((7 * i + 3 * j + i * j) % 11).astype("f4"), np.arange(40) % 3
np.save("x.npy", x)
np.save("y.npy", y)
np.save("wide.npy", np.hstack([x, x]))
np.save("short.npy", y[:39])
np.save("real.npy", y + 0.5)
np.save("one.npy", 0 * y)
np.save("gap.npy", np.where(y == 1, 3, y))
np.save("target.npy", np.float64(y) * 2)
bad = x.copy()
bad[7, 2] = np.nan
np.save("nan.npy", bad)
open("cut.npy", "wb").write(open("x.npy", "rb").read()[:-9])
open("cut.csv.gz", "wb").write(gzip.compress(b"a,b,class\n" + b"1,2,0\n3,4,1\n" * 400)[:-60])
open("text.csv", "w").write("a,b,class\n1,2,0\n3,x,1\n")
open("table.csv", "w").write("a,b,class\n" + "1,2,0\n3,4,1\n5,6,0\n" * 9)
np.savez("both.npz", features=x, labels=y)
PY
cat >good.yaml <<'EOT'
name: own
data:
  - set: {file: x.npy, labels: y.npy}
embedding: {pca: {dims: 3}}
methods: [uniform, sensitivity: {k: 10}]
models: [softmax]
budgets: [10]
warmup: {rows: 8}
EOT
expect 0 "x, embedding pca{dims=3}: 40 + 0 rows x 3 features, 3 classes" "$selbench" check good.yaml
case $out in *"a worker"*) ;; *) die "no estimate for own data: $out" ;; esac
[ -z "$(find "$SELBENCH_CACHE" -name '*pca*')" ] || die "check ran a transform"
expect 0 "2 ok" "$selbench" run good.yaml --no-plots
expect 0 "40 + 0 rows x 4 features, 1 target" "$selbench" check good.yaml --set 'data.0.set={file: x.npy, targets: target.npy}' \
    --set embedding=raw --set models=ridge
expect 0 "1 of the 4 classes without a training row, the first is 1" "$selbench" check good.yaml --set 'data.0.set={file: x.npy, labels: gap.npy}'
expect 0 "32 + 8 rows" "$selbench" check good.yaml --set 'data.0.set={file: x.npy, labels: y.npy, test_fraction: 0.2}'

# a data set of one's own needs no 'set'
printf 'name: short\ndata: {file: x.npy, labels: y.npy}\nmethods: [uniform]\nmodels: [softmax]\nbudgets: [10]\n' >short.yaml
expect 0 "40 + 0 rows x 4 features, 3 classes" "$selbench" check short.yaml
expect 0 "" "$selbench" run short.yaml --no-plots --quiet
expect 0 "fashion-mnist{rows=90}, " "$selbench" check short.yaml --set 'data=[{name: fashion-mnist, rows: 90}]'
expect 2 "'embedding' stands beside the data set, as in {set: {file: x.npy, ...}, embedding: ...}" "$selbench" check short.yaml \
    --set 'data={file: x.npy, labels: y.npy, embedding: raw}'
expect 2 "a data entry is a name, {file: x.npy, labels: y.npy}, or {set: NAME, ...}" "$selbench" check short.yaml --set 'data={as: q}'

# bad CODE WORDS ENTRY [REST]: check and run both say WORDS behind the data entry's place
bad() {
    code=$1 words=$2
    printf 'name: own\ndata:\n  - set: {%s}\n%s' "$3" "${4:-embedding: raw
}methods: [uniform]
models: [softmax, ridge]
budgets: [10]
" >bad.yaml
    expect "$code" "$words" "$selbench" check bad.yaml
    expect "$code" "$words" "$selbench" run bad.yaml --no-plots --quiet
}
bad 1 "bad.yaml:3:10: data set 'x': labels 'short.npy': 39 rows for 40 rows of features" "file: x.npy, labels: short.npy"
bad 1 "bad.yaml:3:10: data set 'x': 'real.npy': training labels: row 0 is 0.5, not a class number" "file: x.npy, labels: real.npy"
bad 1 "bad.yaml:3:10: data set 'x': one class only: every training label is 0" "file: x.npy, labels: one.npy"
bad 1 "bad.yaml:3:10: data set 'nan': 'nan.npy'" "file: nan.npy, labels: y.npy"
case $out in *"row 7"*"column 2"*) ;; *) die "NaN without its place: $out" ;; esac
bad 1 "bad.yaml:3:10: data set 'cut': " "file: cut.npy, labels: y.npy"
case $out in *"'cut.npy'"*) ;; *) die "a cut file without its name: $out" ;; esac
bad 1 "bad.yaml:3:10: data set 'table': file 'table.csv': no column is named 'clas', did you mean 'class'?" "file: table.csv, target_column: clas, kind: classification"
bad 1 "bad.yaml:3:10: data set 'table': file 'table.csv': 'target_column' is 3, but there are 3 columns" "file: table.csv, target_column: 3, kind: classification"
bad 1 "bad.yaml:3:10: data set 'x{rows=41}': 'rows' is 41, above the 40 training rows" "file: x.npy, labels: y.npy, rows: 41"
bad 1 "bad.yaml:3:10: data set 'x': 'y.npy': training labels: row 2 is 2, not one of the 2 label_values" "file: x.npy, labels: y.npy, label_values: [0, 1]"
bad 1 "bad.yaml:3:10: data set 'x': test part has 8 features, training part 4" "file: x.npy, labels: y.npy, test_file: wide.npy, test_labels: y.npy"
bad 2 "bad.yaml:3:10: data set 'both': 'both.npz' (npz): no array 'x', there are: features, labels" "file: {path: both.npz, member: x}, labels: y.npy"
bad 1 "bad.yaml:3:10: data set 'text': 'text.csv'" "file: text.csv, target_column: class, kind: classification"
case $out in *"line 3"*) ;; *) die "a bad value without its line: $out" ;; esac
bad 2 "bad.yaml:4:12: data set 'x', embedding 'pca{dims=5}': " "file: x.npy, labels: y.npy" "embedding: {pca: {dims: 5}}
"
bad 2 "bad.yaml:4:19: data set 'x', embedding 'pca{dims=5}': " "file: x.npy, labels: y.npy" "embedding: [unit, {pca: {dims: 5}}]
"
bad 1 "bad.yaml:4:12: data set 'x', embedding 'table': 27 rows, but the training part has 40" "file: x.npy, labels: y.npy" "embedding: {file: table.csv}
"
bad 1 "bad.yaml:3:17: 'cut.csv.gz': compressed data is cut short" "file: cut.csv.gz, target_column: class, kind: classification"
bad 1 "SHA-256" "file: {path: x.npy, sha256: $(printf %064d 0)}, labels: y.npy"
case $out in *"bad.yaml:3:10: data set 'x': 'x.npy'"*"expected 0000"*) ;; *) die "a checksum without its place: $out" ;; esac

# what is asked beyond the rows: all of it at once by check; by run at once, or in the rows of the cells concerned
cat >asks.yaml <<'EOT'
name: asks
data: [{set: {file: x.npy, labels: y.npy}, embedding: {each: [raw, standardise]}}]
methods:
  - uniform
  - sensitivity: {k: 41}
  - kmeans_sensitivity: {k: 40}
models: [softmax]
budgets: [10, 41, 100%]
warmup: {rows: 8}
EOT
expect 2 "asks.yaml:5:22: sensitivity{k=41}: 'k' is 41, above the 40 training rows of 'x'" "$selbench" check asks.yaml
case $out in *"asks.yaml:8:15: budget 41 is above the 40 training rows of 'x'"*) ;; *) die "no budget: $out" ;; esac
case $out in *"2 faults"*) ;; *) die "told twice: $out" ;; esac
expect 3 "" "$selbench" run asks.yaml --no-plots --quiet
grep -q "k.* is 41, above the 40 rows" results/runs/asks/report.html || die "the report does not say why"
[ "$(grep -c "	skipped	" results/runs/asks/metrics.tsv)" -ge 8 ] || die "skipped rows are missing"
expect 2 "--set:1:2: sensitivity: 'k' is 100, above" "$selbench" check asks.yaml --set 'methods=[sensitivity]'
expect 2 "'warmup' draws 41 rows, above the 40 training rows of 'x'" "$selbench" check asks.yaml --set warmup.rows=41
expect 2 "'warmup' draws 41 rows, above the 40 training rows of 'x'" "$selbench" run asks.yaml --set warmup.rows=41 --no-plots
expect 2 "leaves nothing beside the 10 of the warm-up that joins" "$selbench" check asks.yaml --set 'warmup={rows: 10, joins: yes}'
expect 1 "'k' is 41, above the 40 rows" "$selbench" select sensitivity --features x.npy --budget 5 --set k=41

expect 2 "method 'margin' without --warmup ROWS: " "$selbench" select margin --features x.npy --labels y.npy --budget 5
expect 0 "index,weight" "$selbench" select uniform --budget 5 --features '{path: table.csv, options: {columns: [a, b]}}'
expect 0 "index,weight" "$selbench" select el2n --warmup 20 --budget 5 --features '{path: both.npz, member: features}' --labels "{path: both.npz, member: labels}"
expect 1 "no file 'nope.npy' in the current folder" "$selbench" select uniform --features nope.npy --budget 5
expect 2 "did you mean 'rank'? (kind, rank, " "$selbench" select leverage --features x.npy --budget 5 --set rnak=1
# a subset's file is named once
for bad in 'index\n-1\n' 'index\n500\n' 'index,weight\n1,-2\n' 'index\nx\n'; do
    # shellcheck disable=SC2059
    printf "$bad" >subset.csv
    "$selbench" evaluate good.yaml subset.csv >out 2>&1 && die "taken: $(cat out)"
    [ "$(grep -o subset.csv out | wc -l)" -eq 1 ] || die "the file is not named once: $(cat out)"
done
expect 2 "'warmup' draws 41 rows" "$selbench" evaluate good.yaml subset.csv --set warmup.rows=41

# data that are not here are not opened, and nothing is downloaded for a check
printf 'name: away\ndata: [cifar-100]\nmethods: [uniform]\nmodels: [softmax]\nbudgets: [10, 60000]\n' >away.yaml
unset SELBENCH_MIRROR
expect 2 "away.yaml:5:15: budget 60000 is above the 50000 training rows" "$selbench" check away.yaml
case $out in *"50000 + 10000 rows x 3072 features, 100 classes"*"not here, not opened"*) ;; *) die "away: $out" ;; esac
