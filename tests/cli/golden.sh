#!/bin/sh
# Replays configs/golden.yaml and compares it with results/golden/golden. THE ONE KIND OF TEST THAT COMPARES WITH WHAT THE
# CODE GAVE LAST TIME: it says that a number moved, not that it is wrong. When a change of numbers is meant:
#     selbench run configs/golden.yaml && selbench compare results/runs/golden golden --update-golden
# and commit results/golden/golden with the reason; the output of the second command belongs in the commit message.
. "$(dirname "$0")/lib.inc"
run() { "$selbench" run "$root/configs/golden.yaml" -q --no-plots "$@" >/dev/null || die "run $*"; }
run --out now
expect 0 "same" "$selbench" compare now golden
expect 0 "same" "$selbench" compare now "$root/results/golden/golden"

# a golden made of this run is the committed one, bit for bit
"$selbench" compare now ./made --update-golden >/dev/null || die "update"
same made/metrics.tsv "$root/results/golden/golden/metrics.tsv"

# rows that the golden has not are counted, not judged: a method or metric that is added elsewhere moves nothing
awk -F'\t' '$6 != "leverage" && $9 != "accuracy"' made/metrics.tsv >fewer && mv fewer made/metrics.tsv
expect 0 "were not judged" "$selbench" compare now ./made
# and the other way round they are missing
cp -r "$root/results/golden/golden" less
awk -F'\t' '$6 != "leverage"' less/metrics.tsv >fewer && mv fewer less/metrics.tsv
expect 14 "missing" "$selbench" compare less golden
[ "$("$selbench" compare less golden | grep -c "^  missing .*other metrics")" -eq 1 ] || die "a missing cell is one line"
"$selbench" compare less golden | grep -q "more rows" && die "all rows are shown"

# repeats that the run has not are missing, however equal the others are
awk -F'\t' 'NR == 1 || $7 == 0' "$root/results/golden/golden/metrics.tsv" >less/metrics.tsv
expect 14 "1 of 10 repeats have a value" "$selbench" compare less golden

# bits that move far below the smallest effect are equivalent, large moves have a direction
move() { # how (awk on the value of loss_err@full), into
    cp -r "$root/results/golden/golden" "$2"
    awk -F'\t' -v OFS='\t' "\$9 == \"loss_err@full\" && \$6 == \"uniform\" { \$10 = sprintf(\"%.17g\", $1) } 1" \
        "$root/results/golden/golden/metrics.tsv" >"$2/metrics.tsv"
}
move '$10 * (1 + 1e-9)' near
expect 10 "equivalent" "$selbench" compare near golden
expect 0 "equivalent" "$selbench" compare near golden --accept equivalent,better
move '$10 + 0.5' high
expect 13 "worse" "$selbench" compare high golden
expect 13 "" "$selbench" compare high golden --accept equivalent,better
move '$10 / 2' low
expect 11 "better" "$selbench" compare low golden
expect 0 "" "$selbench" compare low golden --accept equivalent,better
move '$10 * ($7 % 2 ? 1.2 : 0.85)' unclear
expect 12 "repeats would show" "$selbench" compare unclear golden
expect 10 "equivalent" "$selbench" compare high golden --effect loss_err@full=9
expect 2 "unknown metric" "$selbench" compare high golden --effect loss=9
expect 2 "takes verdicts" "$selbench" compare high golden --accept good

# other options, another seed: what changed is named
run --out seed --set seed=12
expect 15 "seed changed: 11 -> 12" "$selbench" compare seed golden
"$selbench" compare seed golden --despite >/dev/null
code=$?
[ $code -ne 15 ] || die "--despite does not compare"
run --out penalty --set 'data.0.models=[ridge: {l2: 1e-1, as: ridge}]'
run --out plain --set 'data.0.models=[ridge: {l2: 1e-3, as: ridge}]'
expect 15 "options of model ridge" "$selbench" compare penalty ./plain
# also where the label is made of the options, and all of them are named
run --out fewer_clusters --set 'data.1.methods=[uniform, sensitivity: {k: 10}, margin, k_center]'
expect 15 "options of method sensitivity{k=20} changed: k 20 -> 10" "$selbench" compare fewer_clusters golden
expect 14 "the run has no method 'sensitivity{k=20}'" "$selbench" compare fewer_clusters golden --despite
run --out larger --set data.0.set.options.n=600
expect 15 "data skmm{n=500, d=24} changed: n 500 -> 600" "$selbench" compare larger golden
run --out other --set 'data.0.budgets=[80]'
expect 14 "the run has no budget '60'" "$selbench" compare other golden
# what never gates is not the same either
sed 's/\tdistinct\t\([0-9]*\)$/\tdistinct\t1\1/' "$root/results/golden/golden/metrics.tsv" >less/metrics.tsv
expect 10 "uniform, distinct: 1" "$selbench" compare less golden
expect 1 "neither a finished run nor a golden" "$selbench" compare now nothing

# the other formats are what they say
"$selbench" compare high golden --format junit --out high.xml
"$selbench" compare high golden --format json >high.json
"$selbench" compare high golden --format markdown >high.md
grep -q '^| \*\*worse\*\* |' high.md || die "no table in Markdown"
/usr/bin/python3 - <<'PY' || die "JUnit or JSON"
import json, xml.dom.minidom
d = xml.dom.minidom.parse("high.xml")
suite = d.getElementsByTagName("testsuite")[0]
cases = d.getElementsByTagName("testcase")
failures = d.getElementsByTagName("failure")
assert int(suite.getAttribute("tests")) == len(cases) > 100
assert int(suite.getAttribute("failures")) == len(failures) == 2
j = json.load(open("high.json"))
assert j["verdict"] == "worse" and len(j["rows"]) == len(cases)
worse = [r for r in j["rows"] if r["verdict"] == "worse"]
assert len(worse) == 2 and all(abs(r["difference"] - 0.5) < 1e-12 for r in worse)
PY

# memory is compared only when asked for, speed never; a golden keeps it when it is made so
expect 1 "has no timing.tsv" "$selbench" compare now golden --memory
"$selbench" compare now ./heavy --update-golden --memory >/dev/null || die "a golden with memory"
cut -f9 heavy/timing.tsv | sort -u | tr '\n' ' ' | grep -qx "metric peak_bytes " || die "a golden keeps more than memory"
expect 0 "all 2130 values" "$selbench" compare now ./heavy --memory
awk -F'\t' -v OFS='\t' '$9 == "peak_bytes" { $10 = $10 * 1.05 } 1' heavy/timing.tsv >t && cp t heavy/timing.tsv
expect 10 "equivalent" "$selbench" compare now ./heavy --memory
awk -F'\t' -v OFS='\t' '$9 == "peak_bytes" && $6 == "uniform" { $10 = $10 / 2 } 1' heavy/timing.tsv >t && cp t heavy/timing.tsv
expect 13 "uniform, peak_bytes" "$selbench" compare now ./heavy --memory
expect 0 "same" "$selbench" compare now ./heavy
# queries are counted: more of them is worse
cp -r "$root/results/golden/golden" fewer_labels
awk -F'\t' -v OFS='\t' '$9 == "labels" && $10 > 0 { $10 = $10 - 100 } 1' "$root/results/golden/golden/metrics.tsv" \
    >fewer_labels/metrics.tsv
expect 13 "labels" "$selbench" compare now ./fewer_labels

# nothing on either side is not the same as equal
mkdir empty && head -n 1 now/metrics.tsv >empty/metrics.tsv && cp now/run.json empty/
expect 16 "nothing measured" "$selbench" compare empty ./empty
expect 16 "" "$selbench" compare empty ./empty --accept equivalent

# equal values are told by their bytes, in milliseconds, other keys or not (a hundred thousand lines)
/usr/bin/python3 - "$selbench" <<'PY' || die "slow"
import os, shutil, subprocess, sys, time
lines = open("now/metrics.tsv").read().splitlines()
for side, keys in (("big", True), ("large", False)):
    os.mkdir(side)
    shutil.copy("now/run.json", side)
    with open(side + "/metrics.tsv", "w") as f:
        for k, line in enumerate(lines[:1] + [l for i in range(72) for l in lines[1:]]):
            f.write((line if keys else line.rsplit("\t", 1)[0]) + "\n")
best = 9
for _ in range(5):
    start = time.monotonic()
    out = subprocess.run([sys.argv[1], "compare", "big", "./large"], capture_output=True, text=True)
    best = min(best, time.monotonic() - start)
    assert out.returncode == 0 and "all" in out.stdout, out
print("equal in %.0f ms" % (1000 * best))
assert best < 2, best  # 0.1 s and less when nothing else runs; parsing and sorting would take seconds under sanitizers
PY

# updating says what moved
cp -r "$root/results/golden/golden" moved
mv moved/metrics.tsv kept
awk -F'\t' -v OFS='\t' '$9 == "excess_loss" { $10 = $10 + 1 } 1' kept >moved/metrics.tsv
expect 0 "updated" "$selbench" compare now ./moved --update-golden
expect 0 "same" "$selbench" compare now ./moved
exit 0
