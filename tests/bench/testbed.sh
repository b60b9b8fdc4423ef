#!/bin/sh
# The Gaussian mixture of configs/papers/skmm-synthetic.yaml: risks of the design methods over 8 repeats beside an
# independent simulation of the same methods (other seeds, same data and learner), in units of 1e-3.
# usage: SELBENCH=build/test/selbench sh tests/bench/testbed.sh [repeats]
set -e
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"${SELBENCH:-$root/build/test/selbench}" run "$root/configs/papers/skmm-synthetic.yaml" --set "repeats=${1:-8}" \
    --only method=uniform,adaptive,T-leverage,R-leverage,skmm,SkMMv2 --only budget=48,80,120,400 --only model=lsqr \
    -o "$out/run" --no-plots -q >&2
awk -F '\t' '
BEGIN {
    n = split("uniform 48 4.13|uniform 80 3.38|uniform 120 3.15|uniform 400 2.988|adaptive 48 3.31|adaptive 80 3.24|" \
        "adaptive 120 3.12|adaptive 400 3.00|T-leverage 80 3.34|T-leverage 120 3.12|T-leverage 400 2.976|" \
        "R-leverage 48 3.43|R-leverage 80 3.16|R-leverage 120 3.09|R-leverage 400 2.982|skmm 48 4.33|skmm 80 3.27|" \
        "skmm 120 3.15|skmm 400 2.985|SkMMv2 48 3.30|SkMMv2 80 3.13|SkMMv2 120 3.06|SkMMv2 400 2.98", row, "|")
}
$9 == "train_loss" && $3 == "lsqr" { v[$6, $4, ++count[$6, $4]] = $10 * 1000 }
function median(m, b,   k, i, j, t, x) {
    k = count[m, b]
    for (i = 1; i <= k; i++) x[i] = v[m, b, i]
    for (i = 2; i <= k; i++)
        for (j = i; j > 1 && x[j] < x[j - 1]; j--) { t = x[j]; x[j] = x[j - 1]; x[j - 1] = t }
    return (x[int((k + 1) / 2)] + x[int(k / 2) + 1]) / 2
}
END {
    printf "%-12s %5s %10s %10s %7s %s\n", "method", "rows", "simulated", "ours", "ratio", "missed a cluster"
    for (r = 1; r <= n; r++) {
        split(row[r], f, " ")
        missed = 0
        for (i = 1; i <= count[f[1], f[2]]; i++) missed += v[f[1], f[2], i] > 500
        m = median(f[1], f[2])
        printf "%-12s %5d %10.3f %10.3f %7.3f %d of %d\n", f[1], f[2], f[3], m, m / f[3], missed, count[f[1], f[2]]
    }
}' "$out/run/metrics.tsv"
