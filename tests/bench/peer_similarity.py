#!/usr/bin/python3
"""Herding and lazy facility location in plain float32 numpy on the work of bench_herding.c and bench_facility.c: one
matrix product for all similarities of the first 5000 rows of class 0, one product of all rows with a vector for each
pick of herding. One thread; prints JSON lines like the benchmarks. Arguments: which (herding, facility)."""
import gzip
import heapq
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

only = sys.argv[1:]
reps = int(os.environ.get("PEER_REPS", "3"))
where = os.environ.get("FMNIST_DIR", "/usr/share/datasets/fashion-mnist")


def idx(name, skip):
    return np.frombuffer(gzip.open(f"{where}/{name}").read(), np.uint8)[skip:]


X = (idx("train-images-idx3-ubyte.gz", 16).reshape(60000, 784) / np.float32(255)).astype(np.float32)
y = idx("train-labels-idx1-ubyte.gz", 8).astype(int)


def distances(A):
    n2 = np.einsum("ij,ij->i", A, A)
    D = np.sqrt(np.maximum(n2[:, None] + n2 - 2 * (A @ A.T), 0))
    return D.max() - D


def cosines(A):
    U = A / np.linalg.norm(A, axis=1, keepdims=True)
    S = U @ U.T
    S += 1
    S *= np.float32(0.5)
    return S


def lazy(S, m):
    cover = np.zeros(len(S), S.dtype)
    heap = [(-g, i, 0) for i, g in enumerate(S.sum(1))]
    heapq.heapify(heap)
    for k in range(m):
        while True:
            g, i, when = heapq.heappop(heap)
            if when == k:
                break
            heapq.heappush(heap, (-np.maximum(S[i] - cover, 0).sum(), i, k))
        np.maximum(cover, S[i], out=cover)
    return float(cover.sum(dtype=np.float64))


def herding(m):
    mean = X.mean(0)
    w = mean.copy()
    picks = []
    used = np.zeros(len(X), bool)
    for _ in range(m):
        s = X @ w
        s[used] = -np.inf
        i = int(s.argmax())
        picks.append(i)
        used[i] = True
        w += mean - X[i]
    return float(np.linalg.norm(X[picks].mean(0, dtype=np.float64) - X.mean(0, dtype=np.float64)))


def measure(name, work, quality, reps):
    wall, cpu = [], []
    for _ in range(reps):
        w, c = time.perf_counter(), time.process_time()
        value = work()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    line = {"peer": "numpy", "name": name, "seconds": round(sorted(wall)[reps // 2], 3),
            "cpu": round(sorted(cpu)[reps // 2], 3), quality: value}
    print(json.dumps(line), flush=True)


if not only or "facility" in only:
    A = X[y == 0][:5000]
    for word, similarity in (("distance", distances), ("cosine", cosines)):
        for m in (50, 500):
            measure(f"facility_{word}_5000_m{m}", lambda: lazy(similarity(A), m), "value", reps)
if not only or "herding" in only:
    measure("herding_60000_m1000_f32", lambda: herding(1000), "mean_err", 1)
