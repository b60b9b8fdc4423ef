#!/bin/sh
# selbench fetch against a server on loopback: redirects, broken-off and changed downloads, wrong content, 404, 503,
# several processes, no network, checksums trusted on first use, archives. fetch_network.sh: TLS, proxies, silence, kills.
. "$(dirname "$0")/fetch.inc"
gzip -9nc web/x.csv >web/x.csv.gz
serve port
base=http://127.0.0.1:$(cat port)

set_up "sha256: $sum" "$base/redirect/x.csv"
expect 0 "1 files here, 0 not" "$selbench" fetch tiny
kept
requests 2
expect 0 "1 files here" "$selbench" fetch tiny
expect 0 "1 files here" "$selbench" fetch tiny --offline
requests 2

# a transfer that breaks off goes on where it stopped; where it cannot, it starts again
set_up "sha256: $sum" "$base/broken/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny
kept
requests 2
grep -q "bytes=$(($(wc -c <web/x.csv) / 2))-" log || die "not resumed: $(cat log)"
for how in norange changed; do
    set_up "sha256: $sum" "$base/$how/x.csv"
    expect 0 "1 files here" "$selbench" fetch tiny
    kept
    requests 2
done
# ... in another process too: what the first one left is used
set_up "sha256: $sum" "$base/ok/x.csv"
part=cache/files/$(printf %.16s "$sum")-x.csv.part
mkdir -p cache/files
head -c 1000 web/x.csv >"$part"
printf '%s\n"one"\n' "$base/ok/x.csv" >"$part.from"
expect 0 "1 files here" "$selbench" fetch tiny
kept
grep -q "bytes=1000-" log || die "not resumed: $(cat log)"
# ... unless it came from elsewhere
set_up "sha256: $sum" "$base/ok/x.csv"
mkdir -p cache/files
echo rubbish >"$part"
printf '%s\n"one"\n' "$base/elsewhere/x.csv" >"$part.from"
expect 0 "1 files here" "$selbench" fetch tiny
kept
grep -q "x.csv -" log || die "resumed the wrong file: $(cat log)"

# 404, then the second address; 503, then the same again
set_up "sha256: $sum" "$base/missing/x.csv" "$base/ok/"
expect 0 "1 files here" "$selbench" fetch tiny
kept
requests 2
set_up "sha256: $sum" "$base/flaky/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny
requests 2
# gzipped or not, it is the content that counts
set_up "sha256: $sum" "$base/ok/x.csv.gz"
expect 0 "1 files here" "$selbench" fetch tiny

# wrong content: both sums are named, nothing is kept
set_up "sha256: $sum" "$base/wrong/x.csv"
expect 1 "$sum" "$selbench" fetch tiny
expect 1 "$wrong" "$selbench" fetch tiny
nothing_kept
set_up "sha256: $sum" "$base/missing/x.csv"
expect 1 "404" "$selbench" fetch tiny
nothing_kept
requests 1

# no network
set_up "sha256: $sum" "$base/ok/x.csv"
expect 1 "the network is switched off" "$selbench" fetch tiny --offline
requests 0
mkdir -p mirror/tiny
cp web/x.csv.gz mirror/tiny/x.csv
expect 0 "mirror/tiny/x.csv" "$selbench" fetch tiny --offline --mirror mirror
requests 0
nothing_kept

# processes that want the same file: one fetches it, all have it
set_up "sha256: $sum" "$base/slow/x.csv"
pids=""
for i in 1 2 3 4; do
    "$selbench" fetch tiny >"out$i" 2>&1 &
    pids="$pids $!"
done
for p in $pids; do wait "$p" || die "one of several failed: $(cat out?)"; done
kept
requests 1

# checksums that nobody confirmed
for checksum in "sha256: unknown" "{}"; do
    [ "$checksum" = "{}" ] && checksum="sha256: $wrong
    confirmed: no"
    set_up "$checksum" "$base/ok/x.csv"
    expect 1 "--trust-first-use" "$selbench" fetch tiny
    nothing_kept
    expect 0 "1 files here" "$selbench" fetch tiny --trust-first-use
    kept
    grep -q "^tiny	x.csv	$sum	" cache/checksums.lock || die "not in the lock file: $(cat cache/checksums.lock)"
    expect 0 "trusted" "$selbench" fetch tiny --list
    rm -r cache/files
    expect 0 "1 files here" "$selbench" fetch tiny
    kept
    rm -r cache/files
    sed -i "s:/ok/:/wrong/:" home/datasets/tiny.yaml # the publisher changes the file
    expect 1 "trusted on first use" "$selbench" fetch tiny
    expect 1 "$wrong" "$selbench" fetch tiny --trust-first-use
    nothing_kept
done
# an unconfirmed checksum that is met needs no trust
set_up "sha256: $sum
    confirmed: no" "$base/ok/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny

# lists, configs, mistakes
expect 0 "unconfirmed" "$selbench" fetch --list
expect 0 "CC0" "$selbench" fetch --list tiny
printf 'name: t\ndata: [tiny]\nmethods: [uniform]\nmodels: [softmax]\nbudgets: [10]\n' >t.yaml
expect 0 "1 files here" "$selbench" fetch t.yaml
expect 0 "1 files here" "$selbench" fetch --all
expect 2 "name a data set" "$selbench" fetch
expect 1 "did you mean 'tiny'" "$selbench" fetch tinny

# archives and packed files: it is what is inside that is pinned, and kept
(cd web && python3 -c '
import bz2, tarfile, zipfile
text = open("x.csv", "rb").read()
open("x.csv.bz2", "wb").write(bz2.compress(text))
zipfile.ZipFile("x.zip", "w", zipfile.ZIP_DEFLATED).write("x.csv", "data/x.csv")
half = text[:len(text) // 2], text[len(text) // 2:]
for name, part in zip(("part1", "part2"), half):
    open(name, "wb").write(part)
with tarfile.open("x.tgz", "w:gz") as t:
    t.add("part2")
    t.add("part1")
')
for packed in "x.csv.bz2 whole" "x.zip x.csv" "x.tgz [part1,part2]"; do
    file=${packed% *}
    set_up "sha256: $sum
    reader: csv
    inside: ${packed#* }" "$base/ok/$file"
    sed -i "s/name: x.csv/name: $file/" home/datasets/tiny.yaml
    expect 0 "1 files here" "$selbench" fetch tiny
    same "cache/files/$(printf %.16s "$sum")-$file" web/x.csv
    [ "$(ls cache/files | wc -l)" -eq 1 ] || die "also kept: $(ls cache/files)"
    cp "web/$file" mirror/
    rm -r cache
    expect 0 "1 files here" "$selbench" fetch tiny --offline --mirror mirror
    sed -i "s/inside: .*/inside: y.csv/" home/datasets/tiny.yaml
    rm -r cache
    expect 1 "$file" "$selbench" fetch tiny --offline --mirror mirror
    nothing_kept
done

# the members of one archive come by one download, whoever asks first, known or trusted on first use
head -n 200 web/x.csv >web/y.csv
(cd web && tar -czf both.tgz x.csv y.csv)
two() { # CHECKSUM-OF-X CHECKSUM-OF-Y
    rm -rf cache
    : >log
    cat >home/datasets/tiny.yaml <<YAML
name: tiny
title: t
kind: classification
licence: CC0
source: s
shape: {n: 20000, n_test: 200, d: 2, c: 3}
target_column: last
reader: csv
urls: ["$base/slow/"]
files:
  train_features: {name: both.tgz, inside: x.csv, sha256: $1}
  test_features: {name: both.tgz, inside: y.csv, sha256: $2}
YAML
}
y=$(sha256sum web/y.csv | cut -d' ' -f1)
two "$sum" "$y"
expect 0 "2 files here, 0 not" "$selbench" fetch tiny
requests 1
[ "$(ls cache/files | wc -l)" -eq 2 ] || die "kept: $(ls cache/files)"
two unknown unknown
expect 0 "2 files here, 0 not" "$selbench" fetch tiny --trust-first-use
requests 1
expect 0 "2 files here, 0 not" "$selbench" fetch tiny --offline
[ "$(wc -l <cache/checksums.lock)" -eq 2 ] || die "lock file: $(cat cache/checksums.lock)"
two "$sum" "$wrong"
expect 1 "1 files here, 1 not" "$selbench" fetch tiny
expect 1 "$y" "$selbench" fetch tiny
[ "$(ls cache/files)" = "$(printf %.16s "$sum")-both.tgz" ] || die "kept: $(ls cache/files)"
two "$sum" "$y"
pids=""
for i in 1 2 3; do
    "$selbench" fetch tiny >"out$i" 2>&1 &
    pids="$pids $!"
done
for p in $pids; do wait "$p" || die "one of several failed: $(cat out?)"; done
requests 1

# a checksum of the file as it is published proves what is in it: no trust is needed, and the content is held to
for file in both.tgz x.csv.gz; do
    proof=$(sha256sum web/$file | cut -d' ' -f1)
    set_up "packed_sha256: $proof
    reader: csv
    inside: x.csv" "$base/ok/"
    [ $file = both.tgz ] || sed -i '/inside:/ d' home/datasets/tiny.yaml
    sed -i "s/name: x.csv/name: $file/" home/datasets/tiny.yaml
    expect 0 "confirmed" "$selbench" fetch --list tiny
    expect 0 "1 files here" "$selbench" fetch tiny
    requests 1
    [ "$(ls cache/files)" = "$(printf %.16s "$sum")-$file" ] || die "kept: $(ls cache/files)"
    grep -q "$sum" cache/checksums.lock || die "lock file: $(cat cache/checksums.lock)"
    expect 0 "10 of 20000 rows" "$selbench" select uniform -m 10 --data tiny --offline
    rm -r cache
    cp web/$file mirror/
    expect 0 "1 files here" "$selbench" fetch tiny --offline --mirror mirror
    rm -r cache
    sed -i "s/$proof/$wrong/" home/datasets/tiny.yaml
    expect 1 "$proof" "$selbench" fetch tiny
    expect 1 "no '$file' (train_features of 'tiny') with SHA-256 $wrong as it is published" "$selbench" fetch tiny
    nothing_kept
    sed -i "s/packed_sha256.*/&\n    confirmed: no/" home/datasets/tiny.yaml
    expect 0 "unconfirmed" "$selbench" fetch --list tiny
    expect 1 "$proof" "$selbench" fetch tiny
    expect 0 "1 files here" "$selbench" fetch tiny --trust-first-use
    rm -r cache mirror/$file
done

# what has no address can be lacking: an embedding that nobody named, any set of --all
set_up "sha256: $sum" "$base/ok/x.csv"
cat >>home/datasets/tiny.yaml <<YAML
embeddings:
  clip: {name: clip.npz, sha256: $wrong, licence: MIT, train: train}
YAML
sed -e 's/name: tiny/name: own/' -e 's/urls:.*/urls: []/' -e '/^embeddings/,$ d' -e "s/$sum/$wrong/" \
    home/datasets/tiny.yaml >home/datasets/own.yaml
expect 0 "the embedding 'clip'" "$selbench" fetch tiny
expect 0 "1 files here, 0 not; 1 without an address" "$selbench" fetch tiny
expect 0 "1 files here, 0 not; 2 without an address" "$selbench" fetch --all
expect 1 "no file 'x.csv' (train_features of 'own')" "$selbench" fetch own
expect 0 "not here, no address: bring it  (embedding clip, MIT)" "$selbench" fetch --list
cat >t.yaml <<YAML
name: t
data: [{set: tiny, embedding: clip}]
methods: [uniform]
models: [softmax]
budgets: [10]
YAML
expect 1 "no file 'clip.npz'" "$selbench" fetch t.yaml
sed -i 's/embedding: clip/embedding: raw/' t.yaml
expect 0 "1 files here, 0 not" "$selbench" fetch t.yaml
[ "$out" = "$(printf '%s\n' "$out" | grep -v clip)" ] || die "an embedding that the config does not use: $out"
rm home/datasets/own.yaml

# mirror folders of a config count from its folder, for fetch, run, verify and evaluate
rm -rf cache
mkdir -p there/files
cp web/x.csv there/files/
sed -e 's/name: t$/name: t\nmirror: files/' t.yaml >there/t.yaml
expect 0 "there/files/x.csv" "$selbench" fetch there/t.yaml --offline
expect 0 "" "$selbench" run there/t.yaml --offline --out there/run
rm -rf cache
cp -r there/files there/run/
expect 0 "same bits" "$selbench" verify there/run --offline
sed -i 's/mirror: files/mirror: [[files]]/' there/t.yaml
expect 2 "'mirror' must be a folder" "$selbench" fetch there/t.yaml
