#!/usr/bin/python3
"""The work of bench_design.c in the most obvious NumPy: one JSON line per measurement. Needs numpy only.
OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 python3 tests/bench/peer_design.py [name ...]"""
import gzip, json, os, statistics, sys, time

import numpy as np

DIR = os.environ.get("FMNIST_DIR", "/usr/share/datasets/fashion-mnist")
REPS = int(os.environ.get("BENCH_REPS", "3"))
rng = np.random.default_rng(1)


def load():
    with gzip.open(os.path.join(DIR, "train-images-idx3-ubyte.gz"), "rb") as f:
        pixels = np.frombuffer(f.read(), np.uint8, offset=16).reshape(60000, 784)
    return pixels.astype(np.float32) / np.float32(255)


def pooled(x, n):
    return x[:n].reshape(n, 7, 4, 7, 4).mean((2, 4)).reshape(n, 49)


def volume(x, m):
    """Reverse iterative sampling: h of all rows follows each removal by rank one."""
    z = x.astype(float)
    p = np.linalg.inv(z.T @ z)
    h = np.einsum("ij,ij->i", z @ p, z)
    alive = np.ones(len(z), bool)
    for _ in range(len(z) - m):
        q = np.where(alive, np.maximum(1 - h, 0), 0)
        i = rng.choice(len(z), p=q / q.sum())
        u = p @ z[i]
        c = 1 - h[i]
        h += (z @ u) ** 2 / c
        p += np.outer(u, u) / c
        alive[i] = False
    return {"m": int(alive.sum())}


def inclusion(score, m):
    pi = m * score / score.sum()
    while (pi > 1).any():
        top = pi >= 1
        pi[top] = 1
        rest = score * ~top
        pi = np.where(top, 1, (m - top.sum()) * rest / rest.sum())
    return pi


def pivotal(x, m):
    """Recursive median splits along the first principal direction (5 power iterations), fights bottom-up."""
    z = x.astype(float)
    q = np.linalg.qr(z)[0]
    s = (q * q).sum(1)
    pi = inclusion(.9 * s / s.sum() + .1 / len(s), m)

    def play(rows):
        if len(rows) == 1:
            return rows[0]
        if len(rows) > 2:
            centred = z[rows] - z[rows].mean(0)
            v = rng.normal(size=z.shape[1])
            for _ in range(5):
                v = centred.T @ (centred @ v)
                v /= np.linalg.norm(v)
            rows = rows[np.argsort(centred @ v)]
        i, j = play(rows[: len(rows) // 2]), play(rows[len(rows) // 2:])
        a, b = pi[i], pi[j]
        if a <= 0 or a >= 1:
            return j
        if b <= 0 or b >= 1:
            return i
        if a + b <= 1:
            second = rng.random() * (a + b) < b
            pi[i], pi[j] = (0, a + b) if second else (a + b, 0)
            return j if second else i
        first = rng.random() * (2 - a - b) < 1 - b
        pi[i], pi[j] = (1, a + b - 1) if first else (a + b - 1, 1)
        return j if first else i

    play(np.flatnonzero((pi > 0) & (pi < 1)))
    return {"m": int((pi > .5).sum())}


def fedorov(x, m, criterion):
    """The best of all swaps, again and again: every quantity by matrix products."""
    z = x.astype(float)
    b = z.T @ z / len(z)
    chosen = rng.choice(len(z), m, replace=False)
    swaps = 0
    while True:
        p = np.linalg.inv(z[chosen].T @ z[chosen])
        zp = z @ p
        d = np.einsum("ij,ij->i", zp, z)
        dij = zp @ z[chosen].T
        delta = (1 + d[:, None]) * (1 - d[chosen]) + dij ** 2
        if criterion == "D":
            gain = np.log(np.maximum(delta, 1e-9))
        else:
            q = p @ b @ p
            zq = z @ q
            f = np.einsum("ij,ij->i", zq, z)
            fij = zq @ z[chosen].T
            gain = (f[:, None] * (1 - d[chosen]) + 2 * dij * fij - (1 + d[:, None]) * f[chosen])
            gain = np.where(delta > 1e-9, gain / np.maximum(delta, 1e-9), -1)
        gain[chosen] = -1
        j, k = np.unravel_index(np.argmax(gain), gain.shape)
        if gain[j, k] <= 1e-10:
            break
        chosen[k] = j
        swaps += 1
    value = np.linalg.slogdet(z[chosen].T @ z[chosen])[1] if criterion == "D" else np.trace(p @ b)
    return {"swaps": swaps, "criterion": value}


def skmm(x, m, r=32, c=.999, rate=1e-5, steps=10000):
    n = len(x)
    g = x.astype(float) @ rng.normal(size=(x.shape[1], r)) / np.sqrt(r)
    lam, v = np.linalg.eigh(g.T @ g / n)
    z = (g @ v) ** 2
    s = np.zeros(n)
    s[rng.choice(n, m, replace=False)] = 1 / m
    gam = 1 / c + rng.random(r) * (1 - 1 / c)
    ms, vs, mg, vg = np.zeros(n), np.zeros(n), np.zeros(r), np.zeros(r)
    best, kept = np.inf, s
    for t in range(1, steps + 1):
        e = z.T @ s - gam * lam
        value = e @ e
        better = value < best
        ds, dg = 2 * (z @ e), -2 * lam * e
        ms, vs = .9 * ms + .1 * ds, .999 * vs + .001 * ds * ds
        mg, vg = .9 * mg + .1 * dg, .999 * vg + .001 * dg * dg
        s = s - rate * (ms / (1 - .9 ** t)) / (np.sqrt(vs / (1 - .999 ** t)) + 1e-8)
        gam = gam - rate * (mg / (1 - .9 ** t)) / (np.sqrt(vg / (1 - .999 ** t)) + 1e-8)
        s = np.clip(s, 0, 1 / m)
        s /= s.sum()
        gam = np.maximum(gam, 1 / c)
        if better:
            best, kept = value, s
    return {"m": len(rng.choice(n, min(m, (kept > 0).sum()), replace=False, p=kept)), "objective": best}


def ted(x, m):
    z = x.astype(float)
    lam = .1 * (z * z).sum() / len(z)
    k = z @ z.T
    picked = []
    for _ in range(m):
        score = (k * k).sum(0) / (k.diagonal() + lam)
        score[picked] = -1
        i = int(np.argmax(score))
        picked.append(i)
        k -= np.outer(k[:, i], k[:, i]) / (k[i, i] + lam)
    return {"m": m, "left_frac": k.trace() / (z * z).sum()}


def rpv(x, m, k=32):
    f = x.astype(float) @ rng.normal(size=(x.shape[1], k)) / np.sqrt(k)
    left, basis, picked = (f * f).sum(1), np.zeros((0, k)), []
    for _ in range(k):
        i = rng.choice(len(f), p=left / left.sum())
        picked.append(i)
        q = f[i] - basis.T @ (basis @ f[i])
        q /= np.linalg.norm(q)
        basis = np.vstack([basis, q])
        left = np.maximum(left - (f @ q) ** 2, 0)
        left[picked] = 0
    r = np.linalg.qr(f, mode="r")
    inter = f @ np.linalg.inv(f[picked].T @ f[picked])
    for _ in range(m - k):
        c = np.einsum("ij,ij->i", inter, f)
        score = ((inter @ r.T) ** 2).sum(1) / (1 + c)
        score[picked] = 0
        i = rng.choice(len(f), p=score / score.sum())
        picked.append(i)
        inter = inter - np.outer(inter @ f[i], inter[i]) / (1 + c[i])
    return {"m": m}


def chen_price(x, m):
    z = np.linalg.qr(x.astype(float))[0]
    n, d = z.shape
    g = np.sqrt(1.5 * d / m)
    b, low, up, draws = np.zeros((d, d)), -2 * d / g, 2 * d / g, 0
    while up - low < 8 * d / g:
        a = np.linalg.inv(up * np.eye(d) - b) + np.linalg.inv(b - low * np.eye(d))
        phi = np.trace(a)
        q = np.einsum("ij,ij->i", z @ a, z)
        i = rng.choice(n, p=q / q.sum())
        b += g / (phi * q[i] / q.sum()) * np.outer(z[i], z[i])
        up += g / (phi * (1 - g))
        low += g / (phi * (1 + g))
        draws += 1
    return {"m": draws}


def lewis(x, m, steps=20):
    z = x.astype(float)
    w = np.ones(len(z))
    for _ in range(steps):
        p = np.linalg.inv(z.T @ (z / w[:, None]))
        w = np.sqrt(np.einsum("ij,ij->i", z @ p, z))
    return {"m": m, "weight_sum": w.sum()}


def relax(z, m, gap=1e-3, most=300):
    pi = np.full(len(z), m / len(z))
    eta, value, steps = 1.0, np.trace(np.linalg.inv(z.T @ (z * pi[:, None]))), 0
    while True:
        p = np.linalg.inv(z.T @ (z * pi[:, None]))
        score = ((z @ p) ** 2).sum(1)
        mean = pi @ score
        if np.sort(score)[-m:].sum() - mean <= gap * mean or steps == most:
            return pi, value, steps
        while True:
            new = inclusion(np.maximum(pi * np.exp(np.minimum(eta * m * score / mean, 600)), 1e-300), m)
            v = np.trace(np.linalg.inv(z.T @ (z * new[:, None])))
            if v <= value - .3 * (score @ (new - pi)):
                break
            eta *= .4
        pi, value, eta, steps = new, v, eta * 1.5, steps + 1


def relaxed(x, m):
    z = x.astype(float)
    pi, value, steps = relax(z, m)
    order = np.argsort(-pi)
    rows = list(order[: max(m, np.searchsorted(np.cumsum(pi[order]), .999 * m) + 1)])
    support = len(rows)
    while len(rows) > m:
        s = z[rows]
        p = np.linalg.inv(s.T @ s)
        sp = s @ p
        rows.pop(int(np.argmin((sp * sp).sum(1) / np.maximum(1 - np.einsum("ij,ij->i", sp, s), 1e-12))))
    return {"relaxed": value, "steps": steps, "support": support, "criterion": np.trace(np.linalg.inv(z[rows].T @ z[rows]))}


def regret(x, m, alpha=4):
    z = x.astype(float)
    pi, value, steps = relax(z, m)
    order = np.argsort(-pi)
    rows = order[: max(m, np.searchsorted(np.cumsum(pi[order]), .999 * m) + 1)]
    w = np.linalg.solve(np.linalg.cholesky(z.T @ (z * pi[:, None])), z[rows].T).T
    b, picked = np.zeros((z.shape[1],) * 2), []
    for _ in range(m):
        beta, v = np.linalg.eigh(b)
        lo, hi = 1 - alpha * beta[0], np.sqrt(len(beta)) - alpha * beta[0]
        for _ in range(60):
            c = (lo + hi) / 2
            lo, hi = (c, hi) if ((c + alpha * beta) ** -2.).sum() > 1 else (lo, c)
        y = (w @ v) ** 2
        a = 1 / (c + alpha * beta)
        score = (y @ (a * a)) / (1 + alpha * (y @ a))
        score[picked] = -1
        i = int(np.argmax(score))
        picked.append(i)
        b += np.outer(w[i], w[i])
    s = z[rows[picked]]
    return {"relaxed": value, "criterion": np.trace(np.linalg.inv(s.T @ s))}


def rpcholesky(x, m):
    """Randomly pivoted Cholesky of X X', one pivot at a time, factor n x m."""
    left = np.einsum("ij,ij->i", x, x).astype(float)
    f = np.zeros((len(x), m))
    for k in range(m):
        i = rng.choice(len(x), p=left / left.sum())
        g = x @ x[i] - f[:, :k] @ f[i, :k]
        f[:, k] = g / np.sqrt(g[i])
        left = np.maximum(left - f[:, k] ** 2, 0)
        left[i] = 0
    return {"m": m, "left": left.sum()}


def online(x):
    """Online leverage by rank-one updates of the inverse, from a tiny ridge."""
    z = x.astype(float)
    scale = np.sqrt((z * z).sum(0))
    z /= np.where(scale > 0, scale, 1)
    p = np.eye(z.shape[1]) * 1e11
    score = np.zeros(len(z))
    for i, v in enumerate(z):
        u = p @ v
        h = v @ u
        score[i] = h / (1 + h)
        p -= np.outer(u, u / (1 + h))
    return {"sum": score.sum()}


def measure(name, call, reps=REPS):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    seconds, cpu = [], []
    for _ in range(reps):
        start, used = time.perf_counter(), time.process_time()
        quality = call()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    line = {"peer": "numpy", "name": name, "threads": int(os.environ.get("OPENBLAS_NUM_THREADS", "2")),
            "seconds": round(statistics.median(seconds), 6), "min": round(min(seconds), 6),
            "max": round(max(seconds), 6), "reps": reps, "cpu": round(statistics.median(cpu), 2)}
    print(json.dumps({**line, **quality}), flush=True)


whole = load()
a, b = pooled(whole, 10000), pooled(whole, 2000)
measure("volume_10000x49_m500", lambda: volume(a, 500), 1)
measure("pivotal_10000x49_m500", lambda: pivotal(a, 500))
measure("fedorov_D_2000x49_m100", lambda: fedorov(b, 100, "D"))
measure("fedorov_I_2000x49_m100", lambda: fedorov(b, 100, "I"))
measure("skmm_10000x49_m500", lambda: skmm(a, 500), 1)
measure("ted_2000x49_m200", lambda: ted(b, 200), 1)
measure("rpv_10000x49_m500", lambda: rpv(a, 500))
measure("chen_price_2000x49_m500", lambda: chen_price(b, 500))
measure("lewis_10000x49_m500", lambda: lewis(a, 500))
measure("relaxed_design_10000x49_m500", lambda: relaxed(a, 500), 1)
measure("regret_design_10000x49_m500", lambda: regret(a, 500), 1)
measure("rpcholesky_60000x784_m200", lambda: rpcholesky(whole, 200), 1)
measure("leverage_online_10000x784", lambda: online(whole[:10000]), 1)
