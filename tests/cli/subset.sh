#!/bin/sh
# selbench diff and evaluate: a stored subset is judged again with the same bits; foreign files of every kind are read.
. "$(dirname "$0")/lib.inc"
config=$root/tests/cli/small.yaml
"$selbench" run "$config" -q --no-plots --out run >/dev/null || die "run"

# every evaluation of one data set (warm-up that does not join), from its stored subset alone, repeat by repeat
/usr/bin/python3 - "$selbench" "$config" <<'PY' || die "evaluate"
import glob, json, subprocess, sys
selbench, config = sys.argv[1:]
select, want = {}, {}
for f in glob.glob("run/cells-*.jsonl"):
    for line in open(f):
        r = json.loads(line)
        if r["kind"] == "select" and r["status"] == "ok":
            select[r["key"]] = r
rows = [l.rstrip("\n").split("\t") for l in open("run/metrics.tsv")]
column = {n: i for i, n in enumerate(rows[0])}
of = {}
for l in open("run/ledger.tsv"):
    f = l.rstrip("\n").split("\t")
    of[f[8]] = f[7]
compared = 0
for data, rep in (("fashion-mnist", 1), ("skmm", 2)):
    paths = {}
    for r in select.values():
        if r["data"].split("{")[0] == data and r["rep"] == rep:
            paths["run/subsets/%s.npz" % r["subset"]] = r
    label = next(iter(paths.values()))["data"]
    out = subprocess.run([selbench, "evaluate", config, *paths, "--only", "data=" + data, "--repeat", str(rep)],
                         capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    got = {}
    for l in out.stdout.splitlines()[1:]:
        path, _, _, model, _, metric, value = l.split("\t")
        got[path, metric] = value
    for f in rows[1:]:
        s = select.get(of[f[column["key"]]]) if f[column["key"]] in of else None
        if not s or s["data"] != label or s["rep"] != rep:
            continue
        key = "run/subsets/%s.npz" % s["subset"], f[column["metric"]]
        if key in got:
            assert got[key] == f[column["value"]], (key, got[key], f)
            compared += 1
assert compared > 200, compared
PY

# the same rows in every form
/usr/bin/python3 - <<'PY' || die "numpy"
import glob, json, numpy as np
i = np.array([3, 1, 399, 20, 7, 8, 9, 100, 101, 102, 103, 200]); w = np.linspace(1, 2, 12)
np.save("a.npy", i)
np.save("b.npy", i[::-1].astype(np.int32))
np.savez("w.npz", indices=i, weights=w)
json.dump([int(x) for x in i], open("a.json", "w"))
json.dump({"indices": [int(x) for x in i], "weights": list(w)}, open("w.json", "w"))
open("w.csv", "w").write("index,weight\n" + "".join("%d,%.17g\n" % p for p in zip(i, w)))
np.save("bad.npy", np.array([1.5, 2]))
np.save("far.npy", np.array([1, 400]))
json.dump({"indices": [1, 2], "weights": [1]}, open("short.json", "w"))
json.dump({"indices": [1, 2], "weights": [1, -1]}, open("minus.json", "w"))
open("not.json", "w").write("[1, ")
PY
expect 0 "the same rows in the same order" "$selbench" diff a.npy a.json
expect 0 "the same rows in the same order" "$selbench" diff w.npz w.json
expect 0 "the same rows in the same order" "$selbench" diff w.npz w.csv
expect 10 "rows in both      12 of 12 (Jaccard 1.0000)" "$selbench" diff a.npy b.npy
expect 10 "weights sum to 18" "$selbench" diff a.npy w.csv
expect 10 "class    rows    A      B      both   weight A  weight B" "$selbench" diff a.npy far.npy --data "{name: fashion-mnist, rows: 1500}"
expect 10 "cluster  rows" "$selbench" diff w.npz far.npy --data "{name: fashion-mnist, rows: 1500}" --clusters 5 --embedding "{pca: {dims: 4}}"
"$selbench" diff w.npz far.npy --data "{name: skmm, options: {n: 401, d: 12}}" --clusters 3 >clusters
/usr/bin/python3 - <<'PY' || die "clusters"
rows = [l.split() for l in open("clusters").read().split("cluster ", 1)[1].splitlines()[1:]]
assert len(rows) == 3 and sum(int(r[1]) for r in rows) == 401
assert sum(int(r[2]) for r in rows) == 12 and sum(int(r[3]) for r in rows) == 2
assert all(abs(sum(float(r[k]) for r in rows) - 1) < 1e-3 for k in (5, 6))
PY
"$selbench" diff w.npz far.npy --data "{name: skmm, options: {n: 401, d: 12}}" --clusters 3 >again
same clusters again
expect 2 "give --clusters K" "$selbench" diff a.npy w.csv --data "{name: skmm, options: {n: 401, d: 12}}"
expect 2 "--clusters needs --data" "$selbench" diff a.npy w.csv --clusters 3
expect 1 "entry 0 is 1.5" "$selbench" diff bad.npy a.npy
expect 1 "of equal length" "$selbench" diff short.json a.npy
expect 1 "weight 1 is -1" "$selbench" diff minus.json a.npy
expect 1 "not.json' line" "$selbench" diff not.json a.npy
expect 1 "cannot open" "$selbench" diff nothing.npy a.npy
skmm="--only data=skmm"
# shellcheck disable=SC2086
{
    for k in npz json csv; do
        "$selbench" evaluate "$config" w.$k $skmm --out $k.tsv || die "evaluate w.$k"
        cut -f2- $k.tsv >$k.values
    done
    same npz.values json.values
    same npz.values csv.values
    "$selbench" evaluate "$config" a.npy a.json $skmm --out both.tsv || die "evaluate a.npy"
    grep '^a.npy' both.tsv | cut -f2- >a.npy.values
    grep '^a.json' both.tsv | cut -f2- >a.json.values
    [ -s a.npy.values ] || die "no values of a.npy"
    same a.npy.values a.json.values
    [ "$(wc -l <npz.tsv)" -gt 15 ] || die "too few values"
    expect 1 "names row 400" "$selbench" evaluate "$config" a.npy far.npy $skmm
}
exit 0
