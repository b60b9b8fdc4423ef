#!/usr/bin/python3
"""Writes tests/data/archives: small archives by Python, so that unpacking is tested against another writer.

Members: folder/a.csv ("1,2\\n" 100 times), folder/b.csv ("3,4\\n" 50 times), ../../evil.csv ("9\\n"), a link to it.
"""
import bz2, gzip, io, lzma, os, tarfile, zipfile

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "archives")
os.makedirs(OUT, exist_ok=True)
A, B = b"1,2\n" * 100, b"3,4\n" * 50
MEMBERS = [("../../evil.csv", b"9\n"), ("folder/a.csv", A), ("folder/b.csv", B)]


def put(name, content):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(content)


tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as t:
    link = tarfile.TarInfo("link/a.csv")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    t.addfile(link)
    for name, content in MEMBERS:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        t.addfile(info, io.BytesIO(content))
put("x.tar", tar.getvalue())
put("x.tar.gz", gzip.compress(tar.getvalue(), mtime=0))
put("x.tar.bz2", bz2.compress(tar.getvalue()))
put("x.tar.xz", lzma.compress(tar.getvalue()))
with zipfile.ZipFile(os.path.join(OUT, "x.zip"), "w", zipfile.ZIP_DEFLATED) as z:
    for name, content in MEMBERS:
        z.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
with zipfile.ZipFile(os.path.join(OUT, "bomb.zip"), "w") as z:
    z.writestr(zipfile.ZipInfo("a.csv"), b"1\n" * (1 << 21), zipfile.ZIP_DEFLATED)
put("a.csv.gz", gzip.compress(A, mtime=0))
put("a.csv.bz2", bz2.compress(A))
put("a.csv.xz", lzma.compress(A))
