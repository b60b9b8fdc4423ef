#!/bin/sh
# The run folder: what README and results/README.md promise is there, and numpy opens the subsets.
. "$(dirname "$0")/lib.inc"
"$selbench" run "$root/tests/cli/small.yaml" -q --out run >/dev/null || die "run"
for f in run.json config.yaml ledger.tsv metrics.tsv timing.tsv report.html; do [ -s run/$f ] || die "no run/$f"; done
for kind in md csv tex; do ls run/tables/*.$kind >/dev/null || die "no tables in $kind"; done
for kind in svg png; do ls run/plots/*.$kind >/dev/null || die "no plots in $kind"; done
/usr/bin/python3 - <<'PY' || die "the store"
import glob, hashlib, json, numpy as np
run = json.load(open("run/run.json"))
assert run["software"]["blas_threads"] == 1 and run["software"]["kernel"]
records = []
for f in glob.glob("run/cells-*.jsonl"):
    for line in open(f):
        r = json.loads(line)
        body = line[: line.rindex(',"sum":"')]
        assert r["sum"] == hashlib.sha256(body.encode()).hexdigest()[:16]
        records.append(r)
selects = {r["key"]: r for r in records if r["kind"] == "select"}
evals = [r for r in records if r["kind"] == "eval"]
assert selects and evals
for r in evals:
    assert r["select"] in selects
for r in selects.values():
    if r["status"] != "ok":
        continue
    z = np.load("run/subsets/%s.npz" % r["subset"])
    assert len(z["indices"]) == len(z["weights"])
    meta = json.loads(bytes(z["meta"]))
    assert meta["rows"] == len(z["indices"])
lines = open("run/metrics.tsv").read().splitlines()
assert lines[0].split("\t")[0] == "data"
assert not any("_s\t" in l for l in lines[1:]), "seconds in metrics.tsv"
PY
cp run/report.html before.html
expect 0 "report.html" "$selbench" report run
grep -q "<html" run/report.html || die "no html"
grep -q 'src="http' run/report.html && die "the report loads something from outside"
exit 0
