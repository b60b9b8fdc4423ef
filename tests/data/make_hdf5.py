#!/usr/bin/python3
"""Writes tests/data/hdf5: small files by h5py, so that the reader is tested against another user of the format.

Element i (C order) of every 4 x 3 array is (7 i + 3) mod 50, less 20 when the type is signed, an eighth of that when it
is a float: tests/unit/test_hdf5.c computes the same.
"""
import os
import h5py, numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hdf5")
os.makedirs(OUT, exist_ok=True)


def values(dtype, shape=(4, 3)):
    v = (7 * np.arange(int(np.prod(shape))) + 3) % 50
    kind = np.dtype(dtype).kind
    if kind in "if":
        v = v - 20
    if kind == "f":
        v = v / 8
    return v.astype(dtype).reshape(shape)


def file(name, **more):
    return h5py.File(os.path.join(OUT, name), "w", track_order=False, **more)


with file("ann.hdf5") as f:  # the layout of ann-benchmarks
    f.attrs["distance"] = "euclidean"
    for name, dtype in [("train", "f4"), ("test", "f4"), ("neighbors", "i4"), ("distances", "f4")]:
        f[name] = values(dtype)
with file("one.h5", libver="latest") as f:
    f.create_dataset("deep/er/x", data=values("f8"), chunks=(2, 2), compression="gzip", shuffle=True, fletcher32=True)
with file("types.h5") as f:
    for code in "i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 >i2 >i4 >u8 >f2 >f4 >f8".split():
        f[code.replace(">", "big_")] = values(code)
    f["cube"] = values("f4", (2, 3, 2))
    f["vector"] = values("f8", (12,))
    f["scalar"] = np.float32(-17 / 8)
    f.create_dataset("empty", shape=(0, 3), dtype="f4")
    f["huge"] = np.array([2**63], "u8")
    f["text"] = ["a", "b"]
    f["complex"] = np.zeros(2, "c8")
    f["nothing"] = h5py.Empty("f4")
    f["group/x"] = values("f4")
    f["soft"] = h5py.SoftLink("/group/x")
    f["broken"] = h5py.SoftLink("/group/y")
with file("elsewhere.h5") as f:
    f["external"] = h5py.ExternalLink("ann.hdf5", "/train")
    f.create_dataset("raw", (4, 3), "u1", external=[("/etc/passwd", 0, 12)])
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:, :] = h5py.VirtualSource("ann.hdf5", "train", (4, 3))
    f.create_virtual_dataset("virtual", layout)
    f["x"] = values("f4")
