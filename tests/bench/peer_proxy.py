#!/usr/bin/python3
"""badge, gradmatch and bait in plain numpy on the work of bench_proxy.c: gradients in factored form a (x) [x; 1], one
matrix product per pick, scipy's nnls for the weights. One thread; prints JSON lines like the benchmarks."""
import gzip
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from scipy.optimize import nnls

only = sys.argv[1:]
where = os.environ.get("FMNIST_DIR", "/usr/share/datasets/fashion-mnist")


def idx(name, skip):
    return np.frombuffer(gzip.open(f"{where}/{name}").read(), np.uint8)[skip:]


X = (idx("train-images-idx3-ubyte.gz", 16).reshape(60000, 784) / np.float32(255)).astype(np.float32)
y = idx("train-labels-idx1-ubyte.gz", 8).astype(int)


def proxy(X):
    d = X.shape[1]
    Z = X @ (np.cos(0.37 * np.arange(d)[:, None] + 1.1 * np.arange(10)) / 20)
    P = np.exp(Z)
    return P / P.sum(1, keepdims=True)


def badge(X, P, m, rng):
    A = P.copy()
    A[np.arange(len(P)), P.argmax(1)] -= 1
    A = A.astype(np.float32)
    g2 = (A**2).sum(1) * ((X**2).sum(1) + 1)
    i = int(g2.argmax())
    D = np.full(len(X), np.inf)
    picks = [i]
    for _ in range(m - 1):
        D = np.minimum(D, np.maximum(g2 + g2[i] - 2 * (A @ A[i]) * (X @ X[i] + 1), 0))
        D[picks] = 0
        i = int(rng.choice(len(X), p=D.astype(float) / D.sum(dtype=float)))
        picks.append(i)
    return dict(note=picks[0])


def gradmatch(X, P, y, m):
    rows = 0
    for c in range(10):
        at = np.flatnonzero(y == c)
        A = P[at].copy()
        A[:, c] -= 1
        Xc = np.hstack([X[at], np.ones((len(at), 1), np.float32)]).astype(float)
        target = Xc.T @ A
        S, R = [], target
        for _ in range(m // 10):
            gain = ((Xc @ R) * A).sum(1)
            gain[S] = -np.inf
            i = int(gain.argmax())
            if gain[i] <= 0:
                break
            S.append(i)
            G = (Xc[S] @ Xc[S].T) * (A[S] @ A[S].T)
            L = np.linalg.cholesky(G + 1e-10 * np.trace(G) / len(S) * np.eye(len(S)))
            w, _ = nnls(L.T, np.linalg.solve(L, ((Xc[S] @ target) * A[S]).sum(1)))
            R = target - Xc[S].T @ (w[:, None] * A[S])
            if np.linalg.norm(R) < 1e-4 * np.linalg.norm(target):
                break
        rows += int((w > 0).sum())
    return dict(rows=rows)


def bait(X, P, m, lam=1.0):
    n, c = P.shape
    X1 = np.hstack([X, np.ones((n, 1))])
    C = np.sqrt(P)[:, :, None] * (np.eye(c) - P[:, None, :])  # C'C = diag p - p p'
    V = (C[:, :, :, None] * X1[:, None, None, :]).reshape(n, c, -1)
    F = np.tensordot(V, V, ((0, 1), (0, 1))) / n
    M = lam * np.eye(F.shape[0])
    picks = []

    def gains(rows, sign):
        B = np.linalg.inv(M)
        U = V[rows] @ B
        H = U @ V[rows].transpose(0, 2, 1)
        S = U @ F @ U.transpose(0, 2, 1)
        return np.trace(np.linalg.solve(np.eye(c) + sign * H, S), axis1=1, axis2=2)

    for _ in range(2 * m):
        g = gains(np.arange(n), 1)
        g[picks] = -np.inf
        picks.append(int(g.argmax()))
        M = M + V[picks[-1]].T @ V[picks[-1]]
    while len(picks) > m:
        out = picks.pop(int(gains(np.array(picks), -1).argmin()))
        M = M - V[out].T @ V[out]
    return dict(note=float(np.trace(np.linalg.inv(M) @ F)))


def measure(name, call):
    if only and name.split("_")[0] not in only:
        return
    t0, c0 = time.perf_counter(), time.process_time()
    quality = call()
    line = dict(peer="numpy", name=name, threads=1, seconds=time.perf_counter() - t0, cpu=time.process_time() - c0)
    print(json.dumps({**line, **quality}), flush=True)


P = proxy(X)
measure("badge_60000_m1000", lambda: badge(X, P, 1000, np.random.default_rng(1)))
measure("gradmatch_60000_m1000", lambda: gradmatch(X, P, y, 1000))
narrow = X[:5000, ::49].astype(float)
few = proxy(narrow)
measure("bait_5000x16_m50", lambda: bait(narrow, few, 50))
