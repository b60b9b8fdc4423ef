#!/bin/sh
# A second view and a target set from a config, end to end: the rows of methods that need them, what decides a cell, what
# happens without them, and every mistake with its place.
. "$(dirname "$0")/lib.inc"
python=/usr/bin/python3
expect 0 "36 ok, 0 skipped" "$selbench" run "$root/configs/views.yaml" --set repeats=2 --out run
expect 0 "" "$selbench" verify run
# good pairs teach the map best: their share decides the test error
$python - <<'PY' || die "neg_clip_loss beats uniform on the test pairs"
import csv
rows = [r for r in csv.DictReader(open("run/metrics.tsv"), delimiter="\t") if r["data"] == "paired_views"]
def mean(method):
    v = [float(r["value"]) for r in rows if r["method"] == method and r["metric"] == "mse"]
    assert len(v) == 4
    return sum(v) / 4
assert mean("neg_clip_loss") < mean("clip_score") < mean("uniform")
PY
# another target set makes other cells, of the method that looks at it alone
cat >one.yaml <<'Y'
name: one
budgets: [50]
data:
  - set: {name: target_shift, options: {n: 1000, n_test: 100}}
    target: {file: q.npy}
    methods: [uniform, norm_sim, clip_score]
    models: [softmax: {l2: 1e-2}]
Y
write() { $python -c "import numpy as np; np.save('q.npy', np.random.default_rng($1).normal(size=($2, $3)).astype('f4'))"; }
write 1 20 16
expect 3 "2 ok, 1 skipped" "$selbench" run one.yaml --out one
grep -q "needs a second view of the rows: give the data entry a 'view'" one/cells-*.jsonl || die "no reason for the skip"
write 2 20 16
expect 3 "" "$selbench" run one.yaml --out one
count() { cat one/cells-*.jsonl | grep -c "\"kind\":\"select\".*\"method\":\"$1\""; }
[ "$(count norm_sim)" -eq 2 ] && [ "$(count uniform)" -eq 1 ] || die "uniform was selected again, or norm_sim was not"
# mistakes
sed 's/{file: q.npy}/none/' one.yaml >none.yaml
expect 3 "1 ok, 2 skipped" "$selbench" run none.yaml --out none
grep -q "needs rows to select for: give the data entry a 'target'" none/cells-*.jsonl || die "no reason for the skip"
write 3 20 15
expect 1 "15 columns, but the features that it stands beside have 16" "$selbench" run one.yaml --out wrong
sed 's/{file: q.npy}/{file: nowhere.npy}/' one.yaml >bad.yaml
expect 2 "bad.yaml:5:" "$selbench" check bad.yaml
sed 's/target: {file: q.npy}/view: pcb/' one.yaml >bad.yaml
expect 2 "bad.yaml:5:11: unknown embedding 'pcb'" "$selbench" check bad.yaml
sed 's/target:/targets:/' one.yaml >bad.yaml
expect 2 "bad.yaml:5:5" "$selbench" check bad.yaml
# on its own
write 1 20 16
expect 0 "" "$selbench" select norm_sim --data target_shift --target '{file: q.npy}' --budget 9 --out a.npy
expect 0 "" "$selbench" select norm_sim --data target_shift --budget 9 --out b.npy
cmp -s a.npy b.npy && die "another target set gave the same rows"
expect 0 "" "$selbench" select clip_score --data paired_views --view '[view, unit]' --budget 9 --out c.npy
expect 0 "" "$selbench" select clip_score --data paired_views --budget 9 --out d.npy
same c.npy d.npy
expect 1 "has 5 columns, the embedding 64" "$selbench" select clip_score --data paired_views --view '{pca: {dims: 5}}' --budget 9
expect 1 "a 'view'" "$selbench" select clip_score --data skmm --budget 9
