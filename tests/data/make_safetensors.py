#!/usr/bin/python3
"""Writes tests/data/safetensors by the format's published description (its library is not in Debian), values by NumPy.

Element i (C order) of every 4 x 3 tensor is (7 i + 3) mod 50, less 20 when the type is signed, an eighth of that when it
is a float, mod 2 when it is boolean: tests/unit/test_safetensors.c computes the same.
"""
import json, os, struct
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "safetensors")
os.makedirs(OUT, exist_ok=True)
CODES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8",
         "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "BOOL": "?"}


def values(dtype, shape=(4, 3)):
    v = (7 * np.arange(int(np.prod(shape))) + 3) % 50
    kind = np.dtype(dtype).kind
    if kind in "if":
        v = v - 20
    if kind == "f":
        v = v / 8
    if kind == "b":
        v = v % 2
    return v.astype(dtype).reshape(shape)


def bfloat16(v):  # the upper half of a float32: these values lose nothing
    return (v.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()


def put(name, tensors, metadata=None):
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for key, (dtype, shape, content) in tensors.items():
        header[key] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


put("types.safetensors",
    {**{d: (d, (4, 3), values(c).tobytes()) for d, c in CODES.items()},
     "BF16": ("BF16", (4, 3), bfloat16(values("f4"))),
     "cube": ("F32", (2, 3, 2), values("<f4", (2, 3, 2)).tobytes()),
     "scalar": ("F32", (), np.array(-17 / 8, "<f4").tobytes()),
     "empty": ("F32", (0, 3), b""),
     "huge": ("U64", (1,), np.array([2**63], "<u8").tobytes()),
     "small": ("F8_E4M3", (2,), b"ab")},
    {"format": "np"})
put("one.safetensors", {"x": ("F32", (4, 3), values("<f4").tobytes())})
