#!/bin/sh
# selbench bundle: the archive of a run is unpacked in a fresh directory, its checksums hold and verify replays it.
. "$(dirname "$0")/lib.inc"
"$selbench" run "$root/tests/cli/small.yaml" -q --no-plots --only data=skmm --out run >/dev/null || die "run"
expect 0 "small.tar.gz" "$selbench" bundle run
expect 0 "again.tar.gz" "$selbench" bundle run --out again.tar.gz
same small.tar.gz again.tar.gz
ls ./*.part 2>/dev/null && die "a part is left"
mkdir fresh
cd fresh || exit 1
tar xzf ../small.tar.gz || die "tar"
cd small || die "no folder of the run's name"
sha256sum -c --quiet SHA256SUMS || die "checksums"
for f in run.json config.yaml ledger.tsv metrics.tsv report.html tables/aggregates.csv; do
    cmp "$f" "../../run/$f" || die "$f"
done
[ "$(find . -type f | wc -l)" -eq "$(($(wc -l <SHA256SUMS) + 2))" ] || die "a file without checksum"
mv ../../run ../../gone
expect 0 "0 differ, 0 without a record" "$selbench" verify . --sample 8
"$selbench" bundle . --out ../twice.tar.gz -q >/dev/null || die "a bundle of a bundle"
same ../../small.tar.gz ../twice.tar.gz
/usr/bin/python3 - <<'PY' || die "RO-Crate"
import hashlib, json, os
o = json.load(open("ro-crate-metadata.json"))
assert o["@context"] == "https://w3id.org/ro/crate/1.1/context"
by = {e["@id"]: e for e in o["@graph"]}
assert by["ro-crate-metadata.json"]["about"]["@id"] == "./"
parts = [p["@id"] for p in by["./"]["hasPart"]]
assert len(parts) > 20 and by["#run"]["instrument"]["@id"] == "#selbench"
for p in parts:
    b = open(p, "rb").read()
    assert by[p]["sha256"] == hashlib.sha256(b).hexdigest() and int(by[p]["contentSize"]) == len(b)
PY
cd ../.. || exit 1
expect 1 "no finished run" "$selbench" bundle fresh
expect 1 "cannot write" "$selbench" bundle gone --out nowhere/x.tar.gz
exit 0
