#!/usr/bin/python3
"""Writes tests/data/formats: small files by NumPy and Python, so that the readers are tested against another writer.

Element i (C order) of every 5 x 3 array is (7 i + 3) mod 50, less 20 when the type is signed, an eighth of that when it
is a float; labels are row mod 3: tests/unit/test_formats.c computes the same.
"""
import json, os, struct
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")
os.makedirs(OUT, exist_ok=True)
N, D = 5, 3


def values(dtype, shape=(N, D)):
    v = (7 * np.arange(int(np.prod(shape))) + 3) % 50
    kind = np.dtype(dtype).kind
    if kind in "if":
        v = v - 20
    if kind == "f":
        v = v / 8
    return v.astype(dtype).reshape(shape)


def put(name, content):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(content)


for suffix, code in [("fvecs", "<f4"), ("bvecs", "u1"), ("ivecs", "<i4")]:
    put("x." + suffix, b"".join(struct.pack("<i", D) + row.tobytes() for row in values(code)))
for suffix, code in [("fbin", "<f4"), ("u8bin", "u1"), ("i8bin", "i1")]:
    put("x." + suffix, np.array([N, D], "<u4").tobytes() + values(code).tobytes())

x, label = values("f8"), np.arange(N) % 3
for base in 0, 1:
    lines = []
    for i in range(N):  # zeros are left out, as is usual: the reader has to put them back
        lines.append(" ".join([repr(int(label[i]))] + ["%d:%r" % (j + base, float(x[i, j])) for j in range(D) if x[i, j]]))
    put("base%d.libsvm" % base, ("\n".join(lines) + "\n").encode())
put("pairs.libsvm", "".join("%d;%r %s\n" % (label[i], i / 8, " ".join("%d:%.17e" % (j + 1, x[i, j]) for j in range(D)))
                            for i in range(N)).encode())
pixels = (np.arange(2 * 3072) * 7 % 251).astype("u1").reshape(2, 3072)
put("ten.cifar", b"".join(bytes([i + 4]) + pixels[i].tobytes() for i in range(2)))
put("hundred.bin", b"".join(bytes([i + 4, i + 60]) + pixels[i].tobytes() for i in range(2)))
