#!/bin/sh
# report.html as its readers use it, in headless Chromium: tests/cli/report_page.py says what is expected. Without a warm-up
# two of its methods are one, so that it raises an alarm.
. "$(dirname "$0")/lib.inc"
command -v chromium >/dev/null || die "chromium is not installed: sh harness/setup.sh test"
cat >r.yaml <<'END'
name: r
title: Three methods on <made-up> data & one that cannot
repeats: 6
data:
  - set: {name: skmm, options: {n: 300, d: 12}}
    as: mixture
    models: [ridge: {l2: 1e-3}]
    methods: [uniform, leverage, margin, k_center, lightweight_coreset, herding, volume, full, k_center: {first: central}, k_center: {first: central, from_warmup: false}]
  - set: {name: skmm, options: {n: 300, d: 12, seed: 1}}
    as: another
    models: [ridge: {l2: 1e-3}]
    methods: [uniform, leverage, k_center, lightweight_coreset, herding]
  - set: {name: skmm, options: {n: 300, d: 12, seed: 2}}
    as: a third
    models: [ridge: {l2: 1e-3}]
    methods: [uniform, leverage, k_center, lightweight_coreset, herding]
budgets: [20, 40, 80]
END
"$selbench" run r.yaml -o run -q -j 2 >log 2>&1
[ $? -eq 3 ] || die "a run with a skipped method ends with 3: $(cat log)"
[ -s run/report.html ] || die "no report"
expect 0 "0 expectations failed" python3 "$root/tests/cli/report_page.py" run/report.html ${SELBENCH_SHOTS:+"$SELBENCH_SHOTS"}
# six repeats are too few for so many comparisons, and the answer says so in numbers that follow from Benjamini and Hochberg
/usr/bin/python3 - <<'PY' || die "no caution about six repeats"
import html, re
page = html.unescape(open("run/report.html", encoding="utf-8").read())
said = re.search(r'<p class="caution">(With 6 repeats a verdict can hardly be reached: [^<]*)</p>', page)
assert said, "not said"
n = int(re.search(r"adjusted for the (\d+) comparisons", page).group(1))
enough = 2
while 2 * 0.5**enough * n > 0.05:
    enough += 1
smallest = 2 * 0.5**6
want = ("With 6 repeats a verdict can hardly be reached: the smallest p of one comparison, %.3f, is %.2f after the correction for "
        "%d comparisons, so that no difference is shown says little. Run at least %d repeats, or compare fewer methods and "
        "settings." % (smallest, min(1, smallest * n), n, enough))
assert said.group(1) == want, (said.group(1), want)
assert want in open("run/report.md", encoding="utf-8").read()
assert "No method is shown to beat uniform" in page
PY
# every replay command of the page works
row=$(sed -n 's/.*selbench verify run --row \([0-9a-f]*\)<.*/\1/p' run/report.html | sed -n '40p')
expect 0 "same bits" "$selbench" verify run --row "$row"
# the report is made of the store alone: the same bytes again
cp run/report.html first.html
expect 0 "" "$selbench" report run
same first.html run/report.html
