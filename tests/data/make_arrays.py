#!/usr/bin/python3
"""Writes tests/data/arrays: small files by NumPy, so that the readers are tested against another writer.

Element i (C order) of every array is (7 i + 3) mod 50, less 20 when the type is signed, an eighth of that when it is a
float, and odd or even when it is bool: tests/unit/test_readers.c computes the same.
"""
import gzip, io, os, struct, zipfile
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "arrays")
os.makedirs(OUT, exist_ok=True)


def values(dtype, shape):
    n = int(np.prod(shape))
    v = (7 * np.arange(n) + 3) % 50
    kind = np.dtype(dtype).kind
    if kind in "if":
        v = v - 20
    if kind == "f":
        v = v / 8
    if kind == "b":
        v = v % 2
    return v.astype(dtype).reshape(shape)


def npy(array, version=None):
    f = io.BytesIO()
    np.lib.format.write_array(f, array, version=version)
    return f.getvalue()


def put(name, content):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(content)


for code in ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
    put(code + ".npy", npy(values("<" + code, (3, 4))))
    if code[1] != "1":
        put(code + "_big.npy", npy(values(">" + code, (3, 4))))
    put(code + "_fortran.npy", npy(np.asfortranarray(values("<" + code, (3, 4)))))
put("scalar.npy", npy(np.float32(values("f4", (1,))[0])))
put("vector.npy", npy(values("<f8", (12,))))
put("cube_fortran.npy", npy(np.asfortranarray(values(">f4", (2, 3, 2)))))
put("empty.npy", npy(values("<f4", (0, 4))))
put("version2.npy", npy(values("<f4", (3, 4)), (2, 0)))
put("version3.npy", npy(values("<f4", (3, 4)), (3, 0)))
put("f4.npy.gz", gzip.compress(npy(values("<f4", (3, 4))), mtime=0))
whole = npy(values("<f4", (3, 4)))
put("two_members.npy.gz", gzip.compress(whole[:100], mtime=0) + gzip.compress(whole[100:], mtime=0))

pair = dict(a=values("<f4", (3, 4)), b=values("<i8", (12,)))
np.savez(os.path.join(OUT, "stored.npz"), **pair)
np.savez_compressed(os.path.join(OUT, "deflated.npz"), **pair)
np.savez_compressed(os.path.join(OUT, "single.npz"), only=values("<f2", (3, 4)))


class Unseekable(io.RawIOBase):
    """Makes zipfile write sizes behind the data, in data descriptors."""
    def __init__(self):
        self.content = b""
    def writable(self):
        return True
    def write(self, b):
        self.content += bytes(b)
        return len(b)


out = Unseekable()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    with z.open(zipfile.ZipInfo("a.npy"), "w", force_zip64=True) as f:
        f.write(whole)
put("descriptor.npz", out.content)

# The same archive with ZIP64 sizes, offset and end record, which zipfile writes only above 4 GiB.
name, crc = b"a.npy", zipfile.crc32(whole)
local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 33, crc, 2**32 - 1, 2**32 - 1, len(name), 20) + name
local += struct.pack("<2H2Q", 1, 16, len(whole), len(whole)) + whole
entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 0, 0, 33, crc, 2**32 - 1, 2**32 - 1, len(name), 28 + 6, 0, 0, 0,
                    0, 2**32 - 1) + name + struct.pack("<2H2s", 7, 2, b"xx") + struct.pack("<2H3Q", 1, 24, len(whole),
                                                                                          len(whole), 0)
end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), len(local))
locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(entry), 1)
end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2**16 - 1, 2**16 - 1, 2**32 - 1, 2**32 - 1, 7) + b"comment"
put("zip64.npz", local + entry + end64 + locator + end)
assert (np.load(os.path.join(OUT, "zip64.npz"))["a"] == values("<f4", (3, 4))).all()

for code, kind in [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")]:
    a = values(">" + kind, (3, 2, 2))
    content = struct.pack(">4B3I", 0, 0, code, 3, 3, 2, 2) + a.tobytes()
    put(kind + ".idx", content)
    if kind == "u1":
        put("sample-idx3-ubyte.gz", gzip.compress(content, mtime=0))
np.savetxt(os.path.join(OUT, "plain.csv"), values("f8", (3, 4)), delimiter=",")
np.savetxt(os.path.join(OUT, "named.tsv"), values("f8", (3, 4)), delimiter="\t", header="a\tb\tc\td", comments="", fmt="%.17g")
np.savetxt(os.path.join(OUT, "blanks.csv"), values("f8", (3, 4)), fmt="%8.3f")
