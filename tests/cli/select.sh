#!/bin/sh
# selbench select: the tool on its own, on named data and on the user's arrays; numpy reads what it writes.
. "$(dirname "$0")/lib.inc"
python=/usr/bin/python3
$python - <<'PY' || die "numpy"
import numpy as np
r = np.random.default_rng(1)
np.save("x.npy", r.normal(size=(300, 8)).astype(np.float32))
np.save("y.npy", r.integers(0, 3, size=300))
np.savetxt("x.csv", r.normal(size=(50, 4)), delimiter=",", fmt="%.6f")
x = r.normal(size=(20, 3)); x[7, 1] = np.nan
np.save("nan.npy", x)
PY
expect 0 "" "$selbench" select leverage --features x.npy --budget 30 --out sel.npz
expect 0 "" "$selbench" select uniform --features x.npy --budget 10% --out sel.npy
expect 0 "index,weight" "$selbench" select k_center --features x.csv --budget 5
expect 0 "" "$selbench" select margin --features x.npy --labels y.npy --warmup 60 --budget 20 --out margin.csv
expect 0 "" "$selbench" select sensitivity --set k=12 --features x.npy --labels y.npy --warmup 60 --budget 20 --out sens.npz
expect 0 "" "$selbench" select uniform --data skmm --budget 12 --seed 3 --out a.npz
expect 0 "" "$selbench" select uniform --data skmm --budget 12 --seed 3 --out b.npz
same a.npz b.npz
expect 0 "" "$selbench" select uniform --data skmm --budget 12 --seed 4 --out c.npz
cmp -s a.npz c.npz && die "another seed gave the same rows"
expect 2 "no warm-up" "$selbench" select margin --features x.npy --labels y.npy --budget 20
expect 2 "either --data or --features" "$selbench" select uniform --budget 20
expect 2 "either --labels or --targets" "$selbench" select uniform --features x.npy --labels y.npy --targets y.npy --budget 3
expect 2 "go with --features" "$selbench" select uniform --data skmm --labels y.npy --budget 3
expect 1 "no file 'none.npy'" "$selbench" select uniform --features x.npy --labels none.npy --budget 3
cp x.npy "it's a: \"x\" {#}.npy"
expect 0 "3 of 300 rows" "$selbench" select uniform --features "it's a: \"x\" {#}.npy" --labels y.npy --budget 3
expect 1 "above the 300 rows" "$selbench" select uniform --features x.npy --budget 301
expect 1 "row 7, column 1 is nan" "$selbench" select uniform --features nan.npy --budget 3
expect 2 "argument METHOD: unknown method" "$selbench" select unifrm --features x.npy
expect 2 "must end in" "$selbench" select uniform --features x.npy --budget 3 --out sel.txt
$python - <<'PY' || die "what was written"
import numpy as np
z = np.load("sel.npz")
assert z["indices"].dtype == np.int64 and z["weights"].dtype == np.float64
assert len(z["indices"]) == len(z["weights"]) == 30 and z["indices"].max() < 300
u = np.load("sel.npy")
assert len(set(u)) == 30
m = np.loadtxt("margin.csv", delimiter=",", skiprows=1)
assert m.shape == (20, 2)
PY
