#!/bin/sh
# Claims: judged by the command, written beside the report, mistakes named with their place.
. "$(dirname "$0")/lib.inc"
cat >c.yaml <<'END'
name: c
repeats: 10
data: [{set: {name: skmm, options: {n: 200, d: 20}}, as: mixture}]
models: [ridge: {l2: 1e-3, intercept: false}]
methods: [uniform, full]
budgets: [20, 60]
claims:
  - id: full is best
    question: Is training on all rows best?
    statement: training on all rows has the smallest training error
    source: by definition
    established: verified
    test: ordering
    metric: train_loss
    method: full
    against: uniform
    effect: 0.01
    scale: log
  - id: second-hand
    statement: a number from memory
    published: 4%
    source: a reader's notes
    established: recalled
    test: identity
    metric: train_loss
    method: full
    budget: 60
    value: 1
    digits: 3
END
expect 0 "" "$selbench" run c.yaml -o r --no-plots -q -j 2
[ -s r/claims.md ] || die "the run wrote no page of claims"
cp r/claims.md page.md
expect 0 "reproduced" "$selbench" claims r
expect 0 "unconfirmed source" "$selbench" claims r
expect 0 "1 unconfirmed source" "$selbench" claims r --strict
expect 0 "| claimed |" "$selbench" claims r --format md
same r/claims.md page.md
"$selbench" claims r >a.txt && "$selbench" claims r >b.txt
same a.txt b.txt
expect 2 "text or md" "$selbench" claims r --format html
expect 1 "not a run folder" "$selbench" claims nowhere

# A claim that does not hold, from a config changed after the run: no cell is done again.
sed 's/method: full$/method: uniform/; s/against: uniform/against: full/' c.yaml >wrong.yaml
expect 4 "contradicted" "$selbench" claims r --from wrong.yaml
sed 's/established: recalled/established: verified/' c.yaml >judged.yaml
expect 4 "contradicted" "$selbench" claims r --from judged.yaml
grep -v '^claims' c.yaml | sed '/^  - id/,$d' >none.yaml
expect 1 "has no claims" "$selbench" claims r --from none.yaml
# Our own question: it does not hold, which is an answer and no failure.
sed 's/method: full$/method: uniform/; s/against: uniform/against: full/; s/established: verified/established: ours/' c.yaml >ours.yaml
expect 0 "2 does not hold" "$selbench" claims r --from ours.yaml
expect 0 "" "$selbench" claims r --from ours.yaml --strict
sed 's/established: verified/established: ours\n    published: "3"/' c.yaml >bad.yaml
expect 2 "our own question" "$selbench" check bad.yaml
# Too few repeats for any test: undecided, which only --strict counts.
expect 0 "" "$selbench" run c.yaml -o few --set repeats=3 --no-plots -q -j 2
expect 0 "undecided" "$selbench" claims few
expect 4 "undecided" "$selbench" claims few --strict

# The report shows them, and a run without claims has no such section.
grep -q '<section id="claims">' r/report.html && grep -q "smallest training error: 2 reproduced" r/report.md || die "claims are not in the report"
expect 0 "" "$selbench" run none.yaml -o none --no-plots -q -j 2
grep -q 'id="claims"' none/report.html && die "claims in a report without claims"

# The page that is committed, its plots, and what was not run: no error, no verdict.
expect 0 "" "$selbench" claims r --page pages
grep -q '!\[full is best\](c/full-is-best.svg)' pages/c.md || die "the page shows no plot"
grep -q '^| full is best | 2 reproduced |' pages/c.md || die "the page has no table of verdicts"
grep -q '^| mixture | 20: 10; 60: 10; |' pages/c.md || die "the page does not say what was run"
[ "$(sed -n '3s/ .*//p;3q' pages/c.md)" = '##' ] && grep -q '^### Is training on all rows best?' pages/c.md || die "the page does not begin with its answer"
version=$("$selbench" --version)
grep -q "written by $version" pages/c.md && grep -q 'selbench run configs/papers/c.yaml --out' pages/c.md || die "the page does not say how it was made"
"$selbench" claims few --page few >/dev/null && grep -q "c.yaml --set 'repeats=3' --out" few/c.md || die "the page does not say what the command changed"
/usr/bin/python3 - pages/c/*.svg <<'PY' || die "a plot is not what it should be"
import sys, xml.dom.minidom
for path in sys.argv[1:]:
    d = xml.dom.minidom.parse(path)
    assert d.getElementsByTagName("title")[0].firstChild.data and d.getElementsByTagName("circle")
PY
cp -r pages before
expect 0 "" "$selbench" claims r --page pages
diff -r pages before >/dev/null || die "the same run gives another page"
expect 0 "" "$selbench" run c.yaml -o part --set 'budgets=[20]' --no-plots -q -j 2
expect 0 "1 not measured" "$selbench" claims part
expect 4 "not measured" "$selbench" claims part --strict
expect 0 "" "$selbench" run c.yaml -o only --only budget=20 --no-plots -q -j 2
expect 0 "1 not measured" "$selbench" claims only

# Mistakes in the config stop before anything runs.
sed 's/against: uniform/against: unifrom/' c.yaml >bad.yaml
expect 2 "names the against 'unifrom', which the config lacks" "$selbench" check bad.yaml
sed 's/budget: 60/budget: 61/' c.yaml >bad.yaml
expect 2 "bad.yaml:27:13" "$selbench" check bad.yaml
sed 's/test: ordering/test: order/' c.yaml >bad.yaml
expect 2 "bad.yaml:13:11" "$selbench" run bad.yaml
sed 's/    effect: 0.01//' c.yaml >bad.yaml
expect 2 "needs 'against' and 'effect'" "$selbench" check bad.yaml
expect 0 "usage: selbench claims" "$selbench" claims --help
