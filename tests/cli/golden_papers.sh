#!/bin/sh
# Replays a reduced version of each config of configs/papers and compares with results/golden/NAME, as golden.sh does. The
# data are generated or Fashion-MNIST, whatever the config names: this holds the numbers of methods, models and
# metrics still; the claims need the full runs. When a change of numbers is meant:
#     sh tests/cli/golden_papers.sh --update
. "$(dirname "$0")/lib.inc"
update=${1:-}
replay() { # config, arguments of run
    name=$1
    shift
    "$selbench" run "$root/configs/papers/$name.yaml" -q --no-plots --out "$name" "$@" >/dev/null || die "run $name"
    if [ "$update" = --update ]; then
        "$selbench" compare "$name" "$root/results/golden/$name" --update-golden || die "update $name"
    else
        expect 0 "same" "$selbench" compare "$name" "$root/results/golden/$name"
    fi
}
regression='data=[{set: {name: skmm, options: {n: 1200, d: 24}}, as: gas}]' # more rows than k = 1,000
replay skmm-synthetic --set 'data=[{set: {name: skmm, options: {n: 400, d: 60}}, as: skmm}]' --set 'budgets=[48]' \
    --set repeats=2
replay axiotis-planted --only data=planted-0 --only budget=54 --set repeats=2
replay axiotis-loss --set "$regression" --set 'budgets=[100]' --set repeats=2
replay axiotis-regression --set "$regression" --set 'budgets=[60]' --set repeats=2
replay axiotis-runtime --only 'data=n=1000 d=16' --set repeats=2
replay axiotis-classification --set 'data=[{set: {name: fashion-mnist, rows: 2000}, as: fashion-mnist}]' \
    --set 'budgets=[100]' --set repeats=2
replay lowrank --set "$regression" --set 'budgets=[100]' --set repeats=2
exit 0
