#!/bin/sh
# Every command explains itself, every mistake is named with its place and what is allowed.
. "$(dirname "$0")/lib.inc"
for k in run check fetch list describe select report verify compare diff evaluate bundle doctor; do expect 0 "usage: selbench $k" "$selbench" $k --help; done
expect 0 "selbench 0." "$selbench" --version
expect 0 "git" "$selbench" --version
expect 2 "did you mean 'run'" "$selbench" rnu
expect 2 "did you mean '--jobs'" "$selbench" run --job 2 x.yaml
expect 2 "takes a whole number" "$selbench" run --jobs two x.yaml
expect 2 "lacks its value" "$selbench" run x.yaml --jobs
expect 2 "missing argument" "$selbench" run
expect 1 "cannot open" "$selbench" run nothing.yaml
for kind in methods models datasets embeddings metrics readers generators; do expect 0 "" "$selbench" list $kind; done
expect 0 "sensitivity" "$selbench" list methods
expect 0 "fashion-mnist" "$selbench" list datasets
expect 2 "did you mean 'methods'" "$selbench" list method
expect 0 "default" "$selbench" describe sensitivity
expect 0 "Axiotis" "$selbench" describe sensitivity
expect 0 "MIT" "$selbench" describe fashion-mnist
expect 0 "lower is better" "$selbench" describe loss_err@full
expect 2 "did you mean 'sensitivity'" "$selbench" describe sensitivty
expect 2 "did you mean 'fashion-mnist'" "$selbench" describe fashon-mnist
expect 0 "SHA-256 of the published archive: 614360d0257557dd" "$selbench" describe covertype
expect 0 "one BLAS thread" "$selbench" doctor

# configs: each mistake with line and column
base='name: t
data: [skmm]
methods: [uniform]
models: [ridge]
budgets: [10]
'
bad() { # words, text
    printf '%s' "$2" >bad.yaml
    expect 2 "$1" "$selbench" check bad.yaml
}
printf '%s' "$base" >good.yaml
expect 0 "1 methods x 1 budgets" "$selbench" check good.yaml
bad "bad.yaml:6:1" "${base}repeat: 3
"
bad "did you mean 'repeats'" "${base}repeat: 3
"
bad "bad.yaml:6" "${base}name: u
"
bad "did you mean 'uniform'" "$(printf '%s' "$base" | sed 's/uniform/unifrm/')"
bad "bad.yaml:3:11" "$(printf '%s' "$base" | sed 's/uniform/unifrm/')"
bad "unknown model" "$(printf '%s' "$base" | sed 's/ridge/rigde/')"
bad "skmm" "$(printf '%s' "$base" | sed 's/skmm/skmn/')"
bad "unknown option 'k'" "$(printf '%s' "$base" | sed 's/\[uniform\]/[uniform: {k: 3}]/')"
bad "outside" "$(printf '%s' "$base" | sed 's/\[uniform\]/[sensitivity: {floor: 1.5}]/')"
bad "budget" "$(printf '%s' "$base" | sed 's/\[10\]/[0]/')"
bad "budget" "$(printf '%s' "$base" | sed 's/\[10\]/[many]/')"
bad "twice" "$(printf '%s' "$base" | sed 's/\[10\]/[10, 10]/')"
bad "same as" "$(printf '%s' "$base" | sed 's/\[uniform\]/[uniform, uniform]/')"
bad "'data' is missing" "name: t
methods: [uniform]
"
bad "none of the models" "$(printf '%s' "$base" | sed 's/ridge/softmax/')"
bad "bad.yaml:2:1" "name: [unclosed
"
bad "bad.yaml" "	name: tab"
bad "bad.yaml" ""
expect 2 "--set" "$selbench" check good.yaml --set nonsense
expect 2 "leaves nothing" "$selbench" check good.yaml --only method=margin
expect 0 "5 repeats" "$selbench" check good.yaml --set repeats=5
# --set repeats is the most that any entry keeps; fewer of its own stay.
sed 's/^data: .*/data: [{set: skmm, as: a, repeats: 9}, {set: skmm, as: b, repeats: 2}]/' good.yaml >own.yaml
expect 0 "" "$selbench" check own.yaml --set repeats=5
case $out in *"5 repeats"*"2 repeats"*) ;; *) die "--set repeats=5 does not bind entries of their own: $out" ;; esac
expect 0 "9 repeats" "$selbench" check own.yaml --set repeats=50
