#!/bin/sh
# `vary` in a config: repeats share the draws they are told to share, splits differ, and the shares of variance come out.
. "$(dirname "$0")/lib.inc"
/usr/bin/python3 - <<'PY' || die "numpy"
import numpy as np
r = np.random.default_rng(3)
x = r.normal(size=(300, 6)); y = (x[:, 0] + 0.7 * r.normal(size=300) > 0).astype(np.int64)
np.save("x.npy", x.astype(np.float32)); np.save("y.npy", y)
PY
head='name: vary
seed: 5
probes: 2
warmup: {rows: 40}
models: [logistic: {l2: 1e-2}]
methods: [uniform, margin, full]
budgets: [20, 40]'
own='data: {set: {file: x.npy, labels: y.npy, test_fraction: 0.3, name: own}}'
printf '%s\nvary: {warmup: 3, selection: 2}\n%s\n' "$head" "$own" >warm.yaml
printf '%s\nvary: {split: 3, selection: 2, training: 2}\n%s\n' "$head" "$own" >split.yaml
printf '%s\nrepeats: 1\n%s\n' "$head" "$own" >plain.yaml
for c in warm split plain; do "$selbench" run $c.yaml -q --no-plots --out $c >/dev/null || die "run $c"; done
expect 0 "0 differ, 0 without a record" "$selbench" verify split --sample 12
"$selbench" run split.yaml -q --no-plots --out workers -j 3 >/dev/null || die "three workers"
same split/metrics.tsv workers/metrics.tsv
[ -f plain/tables/variance.md ] && die "a table of variances without vary"

/usr/bin/python3 - <<'PY' || die "draws"
import csv, glob, json
def subsets(run):
    out = {}
    for f in glob.glob(run + "/cells-*.jsonl"):
        for line in open(f):
            o = json.loads(line)
            if o["kind"] == "select":
                assert o["status"] == "ok", o
                out[o["method"], o["budget"], o["rep"]] = o["subset"]
    return out
w, s, p = subsets("warm"), subsets("split"), subsets("plain")
for b in ("20", "40"):
    margin = [w["margin", b, r] for r in range(6)]  # reads the warm-up and draws nothing
    assert margin[0::2] == margin[1::2] and len(set(margin)) == 3, margin
    assert len({w["uniform", b, r] for r in range(6)}) + len({w["uniform", b, r] for r in range(6)}) == 12
    # the draws of repeat 0 are those of a run without vary
    assert w["margin", b, 0] == p["margin", b, 0] == s["margin", b, 0]
    assert w["uniform", b, 0] == p["uniform", b, 0] == s["uniform", b, 0]
    uniform = [s["uniform", b, r] for r in range(12)]  # two trainings of each
    assert uniform[0::2] == uniform[1::2] and len(set(uniform)) == 6, uniform
splits = [b for b in json.load(open("split/run.json"))["benches"]]
assert len(splits) == 3 and len({b["content"] for b in splits}) == 3
assert splits[0]["content"] == json.load(open("plain/run.json"))["benches"][0]["content"]
rows = list(csv.DictReader(open("split/tables/variance.csv")))
assert {r["source"] for r in rows} == {"split", "selection", "training"}
training = [float(r["variance"]) for r in rows if r["source"] == "training"]
assert training and all(v == 0 for v in training)  # the models are convex: fits draw nothing
aggregates = list(csv.DictReader(open("split/tables/aggregates.csv")))
assert {r["repeats"] for r in aggregates if r["metric"] == "accuracy"} == {"12"}
PY
# The shares by plain loops. What does not read the warm-up owes it nothing beyond chance, what draws nothing owes it all.
printf '%s\nvary: {warmup: 12, selection: 4}\n%s\n' "$head" "$own" >many.yaml
"$selbench" run many.yaml -q --no-plots --out many >/dev/null || die "run many"
/usr/bin/python3 - <<'PY' || die "shares"
import csv, math
W, S = 12, 4
value, shares = {}, {}
for r in csv.DictReader(open("many/metrics.tsv"), delimiter="\t"):
    if r["metric"] in ("accuracy", "excess_loss", "loss_err@full"):
        value.setdefault((r["method"], r["budget"], r["metric"]), [0] * (W * S))[int(r["rep"])] = float(r["value"])
for r in csv.DictReader(open("many/tables/variance.csv")):
    shares[r["method"], r["budget"], r["metric"], r["source"]] = r
seen = 0
for key, x in value.items():
    if key[0] == "full":
        continue
    mean = [sum(x[w * S : w * S + S]) / S for w in range(W)]
    all_ = sum(x) / len(x)
    between = S * sum((m - all_) ** 2 for m in mean) / (W - 1)
    within = sum((x[w * S + s] - mean[w]) ** 2 for w in range(W) for s in range(S)) / (W * (S - 1))
    warm = max(0, (between - within) / S)
    for source, ms, part in (("warmup", between, warm), ("selection", within, within)):
        r = shares[key + (source,)]
        assert math.isclose(float(r["mean_square"]), ms, rel_tol=1e-9, abs_tol=1e-18), (key, source)
        assert math.isclose(float(r["share"]), part / (warm + within), rel_tol=1e-9, abs_tol=1e-12), (key, source)
    seen += 1
    if key[0] == "margin":
        assert within == 0, key
    else:
        assert between < 5.05 * within, (key, between / within)  # the F(11, 36) that chance passes once in 10,000
        assert float(shares[key + ("warmup",)]["low"]) == 0, key
assert seen == 12, seen
PY
grep -q "| margin | 20 | 100%, sd" many/tables/variance.md || die "margin owes all to the warm-up"
grep "^| uniform " many/tables/variance.md | grep -q " (may be 0), sd" || die "a share that may be 0 does not say so"
grep -q "^## Where the variance comes from" split/report.md || die "no section in report.md"
grep -q "shared draws" split/alarms.tsv || die "no alarm"
grep -q "shared draws" plain/alarms.tsv && die "an alarm without vary"

"$selbench" run plain.yaml -q --no-plots --set repeats=6 --out six >/dev/null || die "six repeats"
expect 15 "vary of own changed: none -> 1 3 2 1" "$selbench" compare warm ./six
printf '%s\nvary: {split: 2}\ndata: {set: {name: skmm, options: {n: 200, d: 5}}, models: [ridge], methods: [uniform]}\n' "$head" >fixed.yaml
expect 2 "whose test part is fixed" "$selbench" check fixed.yaml
printf '%s\nvary: {warmup: 2}\nrepeats: 3\n%s\n' "$head" "$own" >both.yaml
expect 2 "leave 'repeats' away" "$selbench" check both.yaml
printf '%s\nvary: {wormup: 2}\n%s\n' "$head" "$own" >typo.yaml
expect 2 "warmup" "$selbench" check typo.yaml
exit 0
