#!/usr/bin/python3
"""Writes tests/data/mat: small MAT-files by SciPy, so that the reader is tested against another writer.

Element i of every result, in C order, is (7 i + 3) mod 50, less 20 when the type is signed, an eighth of that when it is a
float: tests/unit/test_mat.c computes the same. The cube's row k is what Matlab calls cube(:, :, :, k), in its order.
"""
import os
import numpy as np
from scipy.io import savemat

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mat")
os.makedirs(OUT, exist_ok=True)
N, D = 5, 3


def values(dtype, shape):
    v = (7 * np.arange(int(np.prod(shape))) + 3) % 50
    kind = np.dtype(dtype).kind
    v = v - 20 if kind in "if" else v
    v = v / 8 if kind == "f" else v
    return v.astype(dtype).reshape(shape)


types = {"i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "u4": "uint32", "i8": "int64",
         "f4": "single", "f8": "double"}
everything = {name: values(code, (N, D)) for code, name in types.items()}
everything["cube"] = values("u1", (N, 3, 2, 2)).transpose(3, 2, 1, 0)
everything["row"] = values("u1", (1, N))
everything["y"] = values("u1", (N, 1))
everything["z"] = values("f8", (N, D)) * 1j
everything["word"] = "text"
everything["cell"] = np.array([1, "a"], dtype=object)
for packed in False, True:
    savemat(os.path.join(OUT, "packed.mat" if packed else "plain.mat"), everything, do_compression=packed)
savemat(os.path.join(OUT, "one.mat"), {"x": values("f8", (N, D)), "word": "text"}, do_compression=True)
for name in "plain.mat", "packed.mat", "one.mat":  # without the date
    path = os.path.join(OUT, name)
    with open(path, "r+b") as f:
        f.write(b"MATLAB 5.0 MAT-file, written by SciPy".ljust(116))
