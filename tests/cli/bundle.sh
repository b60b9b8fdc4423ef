#!/bin/sh
# selbench bundle: the archive of a run is unpacked in a fresh directory, its checksums hold and verify replays it.
. "$(dirname "$0")/lib.inc"
"$selbench" run "$root/tests/cli/small.yaml" -q --no-plots --only data=skmm --out run >/dev/null || die "run"
zero=https://creativecommons.org/publicdomain/zero/1.0/
expect 0 "small.tar.gz" "$selbench" bundle run --license $zero
expect 0 "again.tar.gz" "$selbench" bundle run --out again.tar.gz --license $zero
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
# as on another machine: nothing of the first run is there, not even its cache
SELBENCH_CACHE=$work/other expect 0 "0 differ, 0 without a record" "$selbench" verify . --sample 8
expect 0 "same: all" "$selbench" compare . ../../gone
# what people read is what the records give: a number that somebody changed is named, here and in the report
expect 0 " 0 differ" "$selbench" verify . --sample 1
cp tables/aggregates.csv report.md metrics.tsv ..
sed -i '3s/\([0-9]\)\(,[a-z]*\)$/7\1\2/;3s/,0\./,1./' tables/aggregates.csv
sed -i 's/beats\|is shown to beat/is far better than/' report.md
sed -i '4s/\t0\./\t1./' metrics.tsv
expect 1 "tables/aggregates.csv: line 3 is not what the records give" "$selbench" verify . --sample 1
expect 1 "report.md: line" "$selbench" verify . --sample 1
expect 1 "metrics.tsv: line 4" "$selbench" verify . --sample 1
mv ../aggregates.csv tables && mv ../report.md ../metrics.tsv .
rm tables/failures.md && expect 1 "tables/failures.md: it is not there" "$selbench" verify . --sample 1
cp ../../gone/tables/failures.md tables
expect 0 " 0 differ" "$selbench" verify . --sample 1
"$selbench" bundle . --out ../twice.tar.gz --license $zero -q >/dev/null || die "a bundle of a bundle"
same ../../small.tar.gz ../twice.tar.gz
/usr/bin/python3 - <<'PY' || die "RO-Crate"
import hashlib, json, os
o = json.load(open("ro-crate-metadata.json"))
# RO-Crate 1.1: the descriptor, the root with its required properties, terms beyond the context defined, every reference
# an entity, flat entities with @id and @type, ids that are relative paths or absolute URIs
context = o["@context"]
assert context[0] == "https://w3id.org/ro/crate/1.1/context" and context[1] == {"sha256": "https://schema.org/sha256"}
by = {e["@id"]: e for e in o["@graph"]}
assert len(by) == len(o["@graph"]) and all(e.get("@type") for e in by.values())
descriptor, root = by["ro-crate-metadata.json"], by["./"]
assert descriptor["@type"] == "CreativeWork" and descriptor["about"]["@id"] == "./"
assert descriptor["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
assert root["@type"] == "Dataset" and root["name"] and root["description"]
import datetime
datetime.datetime.fromisoformat(root["datePublished"].replace("Z", "+00:00"))
assert root["license"]["@id"] == "https://creativecommons.org/publicdomain/zero/1.0/" and root["license"]["@id"] in by
def references(v):
    if isinstance(v, dict):
        yield v["@id"]
    elif isinstance(v, list):
        for x in v:
            yield from references(x)
for e in by.values():
    for key, v in e.items():
        assert key in ("@id", "@type", "conformsTo", "about", "name", "description", "datePublished", "hasPart", "mentions",
                       "version", "startTime", "instrument", "object", "result", "contentSize", "sha256",
                       "encodingFormat", "license"), key
        for target in references(v):
            assert target in by or key == "conformsTo", (key, target)
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
