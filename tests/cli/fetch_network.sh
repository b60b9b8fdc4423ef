#!/bin/sh
# selbench fetch and a bad network: certificates, proxies, wrong lengths, silence, kills, a full disk, what it shows
# meanwhile. All on loopback; https by a certificate of our own.
. "$(dirname "$0")/fetch.inc"
cat >ca.cnf <<CNF
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
[host]
subjectAltName = IP:127.0.0.1,DNS:data.invalid
CNF
{
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=test" -config ca.cnf \
        -extensions ca &&
        openssl req -newkey rsa:2048 -nodes -keyout host.key -out host.csr -subj "/CN=data.invalid" -config ca.cnf &&
        openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out host.pem -days 2 -extfile ca.cnf \
            -extensions host
} >openssl.out 2>&1 || die "$(cat openssl.out)"
nothing_whole() { [ ! -e "cache/files/$(printf %.16s "$sum")-x.csv" ] || die "kept: $(ls cache/files)"; }
serve port
serve tls.port host.pem host.key
http=http://127.0.0.1:$(cat port)
https=https://127.0.0.1:$(cat tls.port)

# a certificate must be signed by an authority that is known, and name the host
set_up "sha256: $sum" "$https/ok/x.csv"
expect 1 "certificate" "$selbench" fetch tiny
requests 0
nothing_kept
expect 0 "1 files here" env CURL_CA_BUNDLE="$work/ca.pem" "$selbench" fetch tiny
kept
rm -r cache
expect 0 "1 files here" env SSL_CERT_FILE="$work/ca.pem" "$selbench" fetch tiny
set_up "sha256: $sum" "https://localhost:$(cat tls.port)/ok/x.csv"
expect 1 "localhost" env CURL_CA_BUNDLE="$work/ca.pem" "$selbench" fetch tiny
requests 0
nothing_kept
set_up "sha256: $sum" "$https/ok/x.csv"
expect 1 "nowhere.pem" env CURL_CA_BUNDLE="$work/nowhere.pem" "$selbench" fetch tiny
set_up "sha256: $sum" "$http/away/x.csv"
expect 1 "file" "$selbench" fetch tiny --tries 1
nothing_kept

# proxies from the environment
set_up "sha256: $sum" "http://data.invalid/ok/x.csv"
expect 0 "1 files here" env http_proxy="$http" "$selbench" fetch tiny
grep -q "^http://data.invalid/ok/x.csv" log || die "not through the proxy: $(cat log)"
set_up "sha256: $sum" "https://data.invalid/ok/x.csv"
expect 0 "1 files here" env https_proxy="$http" CURL_CA_BUNDLE="$work/ca.pem" "$selbench" fetch tiny
grep -q "^data.invalid:443" log || die "not through the proxy: $(cat log)"
set_up "sha256: $sum" "$http/ok/x.csv"
expect 0 "1 files here" env http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 "$selbench" fetch tiny

# lengths: less than there is, none, more than there is; an answer in chunks that breaks off
set_up "sha256: $sum" "$http/short/x.csv"
expect 1 "$sum" "$selbench" fetch tiny
nothing_kept
set_up "sha256: $sum" "$http/bare/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny
kept
set_up "sha256: $sum" "$http/cutchunks/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny
kept
requests 2
set_up "sha256: $sum" "$http/endless/x.csv"
expect 1 "0 files here, 1 not" "$selbench" fetch tiny --tries 2
nothing_whole

# errors that pass, silence that passes and that does not
set_up "sha256: $sum" "$http/ailing/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny
requests 3
set_up "sha256: $sum" "$http/stall/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny --timeout 2
kept
requests 2
grep -q "bytes=$(($(wc -c <web/x.csv) / 2))-" log || die "not resumed: $(cat log)"
set_up "sha256: $sum" "$http/dead/x.csv" "$http/ok/x.csv"
expect 0 "1 files here" "$selbench" fetch tiny --timeout 2 --tries 2
requests 3
set_up "sha256: $sum" "$http/dead/x.csv"
expect 1 "too slow" "$selbench" fetch tiny --timeout 2 --tries 1
nothing_kept
expect 2 "at most" "$selbench" fetch tiny --tries 100

# killed in the middle: nothing that looks whole, and the next one goes on
set_up "sha256: $sum" "$http/drip/x.csv"
"$selbench" fetch tiny >/dev/null 2>&1 &
victim=$!
i=0
while [ ! -s "cache/files/$(printf %.16s "$sum")-x.csv.part" ] && [ $i -lt 100 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -9 "$victim"
wait "$victim" 2>/dev/null
nothing_whole
expect 0 "1 files here" "$selbench" fetch tiny
kept
tail -n 1 log | grep -q "bytes=[1-9]" || die "not resumed: $(cat log)"

# a full disk, which a limit of the file size stands for: of the download, and of what is unpacked
trap '' XFSZ
set_up "sha256: $sum" "$http/ok/x.csv"
expect 1 "cannot write" sh -c 'ulimit -f 100 && exec "$0" fetch tiny' "$selbench"
nothing_kept
(cd web && tar -czf x.tgz x.csv)
set_up "sha256: $sum
    reader: csv
    inside: x.csv" "$http/ok/"
sed -i 's/name: x.csv/name: x.tgz/' home/datasets/tiny.yaml
expect 1 "cannot write" sh -c 'ulimit -f 100 && exec "$0" fetch tiny' "$selbench"
nothing_kept
expect 0 "1 files here" "$selbench" fetch tiny
trap - XFSZ

# on a terminal: bytes, rate, time left
set_up "sha256: $sum" "$http/drip/x.csv?again"
/usr/bin/env python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$selbench" fetch tiny >terminal </dev/null
grep -q "kB of [0-9]* kB, [0-9.]* kB/s, [0-9]* s left" terminal || die "no rate and time left: $(cat terminal)"
kept
