#!/bin/sh
# A file of half a gigabyte used where it lies, by a process that may have 400 MB of memory of its own (ulimit -d: its
# heap, stack and private mappings; BLAS reserves 128 MB of that). Loading the file would need 512 MB.
. "$(dirname "$0")/lib.inc"
python=/usr/bin/python3
case $selbench in *sanitize*) skip "the sanitizer's shadow memory counts as the process's own" ;; esac
$python - <<'PY' || die "numpy"
import numpy as np
n, d = 250000, 512
r = np.random.default_rng(1)
means = r.normal(size=(40, d)).astype(np.float32)
noise = r.normal(size=(1000, d)).astype(np.float32) / 4
x = np.lib.format.open_memmap("x.npy", mode="w+", dtype="<f4", shape=(n, d))
y = np.empty(n)
for i in range(0, n, 1000):
    x[i:i + 1000] = np.roll(noise, i // 1000, axis=1) + means[r.integers(0, 40, size=1000)]
    y[i:i + 1000] = x[i:i + 1000, :5].sum(axis=1)
x.flush()
np.save("y.npy", y)
PY
limited() {
    (
        ulimit -d 400000 || exit 77
        exec timeout 240 "$@"
    )
}
expect 0 "250000 rows x 512 columns" limited "$selbench" describe x.npy
case $out in *"mapped from $work/x.npy itself"*) ;; *) die "not used where it lies: $out" ;; esac
expect 0 "" limited "$selbench" select uniform --features x.npy --budget 1000 --out u.npy
expect 0 "" limited "$selbench" select leverage --features x.npy --budget 1000 --out l.npz
expect 0 "" limited "$selbench" select sensitivity --features x.npy --targets y.npy --warmup 800 \
    --set k=20 --set iterations=3 --set trials=1 --budget 1000 --out s.npz
[ "$(du -sm "$SELBENCH_CACHE" | cut -f1)" -lt 10 ] || die "the cache holds a copy: $(du -sm "$SELBENCH_CACHE")"
# a transform's result, as large again, goes to the cache through the disk, not through memory
expect 0 "" limited "$selbench" select uniform --data '{file: x.npy, targets: y.npy}' --embedding standardise \
    --budget 1000 --out z.npy
$python - <<'PY' || die "what was selected"
import numpy as np
x, l = np.load("x.npy", mmap_mode="r"), np.load("l.npz")
g = np.zeros((512, 512))
for i in range(0, len(x), 25000):
    b = x[i:i + 25000].astype(np.float32)
    g += b.T @ b
score = lambda b: np.einsum("ij,jk,ik->i", b, np.linalg.inv(g), b)
rows = l["indices"]
p = 0.9 * score(x[rows].astype(float)) / 512 + 0.1 / len(x)
assert np.allclose(l["weights"] * p * len(rows), 1, rtol=1e-3)  # 1 / (m p) with the floor of 0.1
assert len(np.load("s.npz")["indices"]) == 1000 and len(set(np.load("u.npy"))) == 1000
PY
