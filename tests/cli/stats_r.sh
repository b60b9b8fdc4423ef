#!/bin/sh
# R computes the expected values of the statistics again: they are those that are committed and that
# tests/oracle/test_stats_r.c holds our code to. Without R (setup.sh installs it for tests) there is nothing to compare.
. "$(dirname "$0")/lib.inc"
command -v Rscript >/dev/null 2>&1 || skip "no Rscript"
Rscript -e 'quit(status = !requireNamespace("boot", quietly = TRUE))' >/dev/null 2>&1 || skip "no R package boot"
Rscript "$root/tests/data/make_stats.R" now.tsv || die "make_stats.R"
/usr/bin/python3 - "$root/tests/data/stats/reference.tsv" now.tsv <<'PY' || die "R computes other values"
import math, sys
was, now = ([l.rstrip("\n").split("\t") for l in open(p)] for p in sys.argv[1:])
assert len(was) == len(now) > 80, (len(was), len(now))
for a, b in zip(was, now):
    assert a[0] == b[0] and len(a) == len(b), (a, b)
    for x, y in zip(a[1:], b[1:]):
        n, m = x.split("="), y.split("=")
        u, v = ([float(t) for t in f[1].split()] for f in (n, m))
        assert n[0] == m[0] and len(u) == len(v), (x, y)
        # another version of R may round otherwise, and ends the search for a quantile of the range elsewhere
        room = 2e-4 if n[0] == "critical" else 1e-11
        assert all(math.isnan(p) and math.isnan(q) or abs(p - q) <= room * max(1, abs(p)) for p, q in zip(u, v)), (x, y)
PY
exit 0
