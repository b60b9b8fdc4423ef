#!/usr/bin/python3
"""Small files in the published formats of the data sets in datasets/, and what must be read from them.

usage: datasets.py made HOME OUT    writes OUT/mirror/SET/FILE with few rows, OUT/home/datasets/SET.yaml (the shape made
                                    small, checksums unknown; all other keys as they are)
       datasets.py real HOME OUT MIRROR PACKAGES   reads the files of the mirror folder (and of R's packages) instead
       datasets.py table HOME   prints the table of datasets/README.md
made and real write OUT/SET/*.npy, arrays made or read here with Python alone, and OUT/config*.yaml, in which each set stands beside
its arrays; the names of the sets go to the standard output, those that cannot be done here, with the reason, to the other.
The rule: feature j of row i is (7 i + 3 j + i j) mod 11, the class i mod c, the target (5 i) mod 13 + 1.
"""
import bz2, gzip, io, os, re, shutil, struct, subprocess, sys, tarfile, zipfile, zlib
import numpy as np

HOW, HOME = sys.argv[1:3]
OUT = sys.argv[3] if len(sys.argv) > 3 else "."
N, M = 45, 8  # rows of training and test files; 9 batches of 5 in the gas sets
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": list("DEFGHIJ"),
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}


class Unable(Exception):
    pass


class Set:
    def __init__(self, name):
        self.name = name
        with open(os.path.join(HOME, "datasets", name + ".yaml")) as f:
            self.text = f.read() if HOW == "table" else f.read().replace("47236", "600")  # a model of rcv1 would need d x d values
        self.classes = bool(re.search("^kind: classification", self.text, re.M))
        shape = dict(re.findall(r"(\w+): (\d+)", re.search("^shape: {(.*)}", self.text, re.M)[1]))
        self.shape = {k: int(v) for k, v in shape.items()}
        self.fraction = re.search(r"test_fraction: ([\d.]+)", self.text)
        self.last = re.search(r"test_last: (\d+)", self.text)
        self.divide = re.search(r"^divide: ([\d.]+)", self.text, re.M)
        self.urls_end = re.findall(r"name: ([^\s,}]+)", self.text)

    def rows(self, n):
        i, j = np.arange(n)[:, None], np.arange(self.shape["d"])
        y = np.arange(n) % self.shape["c"] if self.classes else (5 * np.arange(n)) % 13 + 1
        return (7 * i + 3 * j + i * j) % 11, y


def csv(columns, header=None, comma=","):
    lines = [comma.join(str(v) for v in row) for row in zip(*columns)]
    return ("\n".join(([header] if header else []) + lines) + "\n").encode()


def libsvm(labels, x):
    return "".join(
        "%s %s \n" % (label, " ".join("%d:%d" % (j + 1, v) for j, v in enumerate(row) if v)) for label, row in zip(labels, x)
    ).encode()


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in members.items():
            z.writestr(name, content)
    return out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def idx(a):
    return gzip.compress(bytes([0, 0, 8, a.ndim]) + b"".join(struct.pack(">I", k) for k in a.shape) + a.astype("u1").tobytes())


def hdf5(**arrays):
    try:
        import h5py
    except ImportError:
        raise Unable("no h5py for Python")
    out = io.BytesIO()
    with h5py.File(out, "w") as f:
        for name, a in arrays.items():
            f[name] = a
    return out.getvalue()


def matlab(**arrays):
    """A MAT-file of level 5, each array (kept by columns, its shape as Matlab has it) packed by zlib."""
    def element(type, content):
        return struct.pack("<II", type, len(content)) + content + bytes(-len(content) % 8)

    out = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    for name, (shape, values) in arrays.items():
        matrix = (element(6, struct.pack("<II", 9, 0)) + element(5, struct.pack("<%di" % len(shape), *shape))
                  + element(1, name.encode()) + element(2, values.astype("u1").tobytes()))
        packed = zlib.compress(element(14, matrix))
        out += struct.pack("<II", 15, len(packed)) + packed
    return out


def svhn(s, x, y, xt, yt):
    digits = lambda y: np.where(y == 0, 10, y)
    return {name: matlab(X=((32, 32, 3, len(b)), a), y=((len(b), 1), digits(b)))
            for name, a, b in (("train_32x32.mat", x, y), ("test_32x32.mat", xt, yt))}


def r_frame(object, x, y, column, levels):
    """An .rda as save() writes it, xz like those of the package."""
    if not shutil.which("Rscript"):
        raise Unable("no R")
    path = os.path.join(OUT, "frame.rda")
    values = ", ".join("X%d = c(%s)" % (j, ", ".join(map(str, c))) for j, c in enumerate(x.T))
    code = "%s <- data.frame(%s); %s$%s <- factor(c(%s), 0:%d, c(%s)); save(%s, file = '%s', compress = 'xz')" % (
        object, values, object, column, ", ".join(map(str, y)), len(levels) - 1,
        ", ".join("'%s'" % v for v in levels), object, path)
    subprocess.run(["Rscript", "--vanilla", "-e", code], check=True, stdout=sys.stderr)
    with open(path, "rb") as f:
        return f.read()


def left_and_last(pack, **options):
    """One table, the target behind the features."""
    def write(s, x, y, xt, yt):
        return pack(csv([*x.T, y], **options))
    return write


def names(d, first="", last="target"):
    return first + ", ".join("f%d" % j for j in range(d)) + ", " + last


def diamonds(s, x, y, xt, yt):
    n = len(y)
    grade = {k: np.arange(n) % len(v) for k, v in GRADES.items()}
    numbers = (x[:, :6] + 1) / 4
    columns = {"carat": numbers[:, 0], "depth": numbers[:, 1], "table": numbers[:, 2], "price": y, "x": numbers[:, 3],
               "y": numbers[:, 4], "z": numbers[:, 5]}
    for k, v in GRADES.items():
        columns[k] = ['"%s"' % v[g] for g in grade[k]]
    order = ["carat", "cut", "color", "clarity", "depth", "table", "price", "x", "y", "z"]
    wide = [np.eye(len(GRADES[k]))[grade[k]] if k in GRADES else columns[k][:, None] for k in order if k != "price"]
    header = ",".join('"%s"' % k for k in order)
    return {"diamonds.csv": csv([columns[k] for k in order], header)}, np.hstack(wide), y


def glove(s, x, y, xt, yt):
    words = ['"', ",", "the", "0.5", "\u00e9t\u00e9"] + ["w%d" % i for i in range(len(y))]
    text = "".join("%s %s\n" % (w, " ".join(map(str, row))) for w, row in zip(words, x)).encode()
    return {"glove.6B.zip": zipped(**{"glove.6B.50d.txt": b"the 1 2\n", "glove.6B.100d.txt": text})}, x, np.log(
        np.arange(len(y)) + 1.0).astype("f4")


def vectors(s, x, y, xt, yt):
    test = np.column_stack([xt, yt]).astype("f4")
    return hdf5(train=np.column_stack([x, y]).astype("f4"), test=test, neighbors=np.zeros((M, 100), "i4"),
                distances=np.zeros((M, 100), "f4"))


def cifar(folder, label_bytes, parts):
    def write(s, x, y, xt, yt):
        def records(x, y):
            labels = np.column_stack([y // 5, y][2 - label_bytes:]).astype("u1")
            return np.hstack([labels, x.astype("u1")])
        cut = np.array_split(records(x, y), parts)
        train = {"%s/%s" % (folder, "train.bin" if parts == 1 else "data_batch_%d.bin" % (k + 1)): c.tobytes()
                 for k, c in enumerate(cut)}
        test = {folder + ("/test.bin" if parts == 1 else "/test_batch.bin"): records(xt, yt).tobytes()}
        return tarred({folder + "/readme.html": b"<html>", **train, **test})
    return write


def gas(member):
    def write(s, x, y, xt, yt):
        label = (lambda y: y + 1) if s.classes else (lambda y: ["%d;%.6f" % (i % 6 + 1, v) for i, v in enumerate(y)])
        parts = {"%s/batch%d.dat" % (member, k + 1): libsvm(l, c) for k, (l, c) in
                 enumerate(zip(np.array_split(label(y), 9), np.array_split(x, 9)))}
        return zipped(**parts, **{member + "/batch10.dat": libsvm(label(yt), xt)})
    return write


def clip(s, x, y, xt, yt):
    return npz(train=x.astype("f4"), train_labels=y, test=xt.astype("f4"), test_labels=yt)


def images(s, x, y, xt, yt):
    return {"train-images-idx3-ubyte.gz": idx(x.reshape(-1, 28, 28)), "train-labels-idx1-ubyte.gz": idx(y),
            "t10k-images-idx3-ubyte.gz": idx(xt.reshape(-1, 28, 28)), "t10k-labels-idx1-ubyte.gz": idx(yt)}


def sparse(pack, label, *files):
    def write(s, x, y, xt, yt):
        parts = [(x, y), (xt, yt)][:len(files)]
        return {f: pack(libsvm(label(b), a)) for f, (a, b) in zip(files, parts)}
    return write


def same(b):
    return b


sign = lambda y: np.where(y == 1, "+1", "-1")
first = lambda form: lambda s, x, y, xt, yt: gzip.compress(csv([[form % v for v in y], *x.T]))
MAKE = {  # file(s) as {name: bytes}, or the bytes of the one file; diamonds and glove-6b also what they mean
    "a9a": sparse(same, sign, "a9a.gz"),
    "a9a-official": sparse(same, sign, "a9a.gz", "a9a.t"),
    "w8a": sparse(same, sign, "w8a", "w8a.t"),
    "ijcnn1": sparse(bz2.compress, sign, "ijcnn1.bz2", "ijcnn1.t.bz2"),
    "rcv1": sparse(bz2.compress, sign, "rcv1_train.binary.bz2"),
    "usps": sparse(bz2.compress, lambda y: y + 1, "usps.bz2", "usps.t.bz2"),
    "buzz": left_and_last(lambda t: tarred({"regression/Twitter/Twitter.names": b"names", "regression/Twitter/Twitter.data": t})),
    "california-housing": left_and_last(lambda t: tarred({"CaliforniaHousing/cal_housing.domain": b"x", "CaliforniaHousing/cal_housing.data": t})),
    "superconductivity": left_and_last(lambda t: zipped(**{"unique_m.csv": b"H,He\n1,2\n", "train.csv": t}), header=names(81).replace(", ", ",")),
    "covertype": lambda s, x, y, xt, yt: gzip.compress(csv([*x.T, y + 1])),
    "ct-slices": lambda s, x, y, xt, yt: zipped(**{"slice_localization_data.csv": csv([np.arange(len(y)), *x.T, y], "patientId," + names(384).replace(", ", ","))}),
    "online-news": lambda s, x, y, xt, yt: zipped(**{"OnlineNewsPopularity/OnlineNewsPopularity.csv": csv(
        [["http://x.org/a,b/" .replace(",", "-")] * len(y), [731.0] * len(y), *x.T, y], "url, timedelta, " + names(58), ", ")}),
    "year": lambda s, x, y, xt, yt: zipped(**{"YearPredictionMSD.txt": csv([y, *x.T])}),
    "higgs": first("%.18e"),
    "susy": first("%.18e"),
    "cifar-10": cifar("cifar-10-batches-bin", 1, 5),
    "cifar-100": cifar("cifar-100-binary", 2, 1),
    "fashion-mnist": images,
    "mnist": images,
    "gas-drift": gas("Dataset"),
    "gas-drift-concentration": gas("driftdataset"),
    "glove-100": vectors,
    "sift": vectors,
    "glove-6b": glove,
    "diamonds": diamonds,
    "letter": lambda s, x, y, xt, yt: r_frame("LetterRecognition", x, y, "lettr", [chr(65 + k) for k in range(26)]),
    "satellite": lambda s, x, y, xt, yt: r_frame("Satellite", x, y, "classes", ["red soil", "b", "c", "d", "e", "f"]),
    "shuttle": lambda s, x, y, xt, yt: r_frame("Shuttle", x, y, "Class", ["Rad.Flow", "b", "c", "d", "e", "f", "g"]),
    "cifar-100-clip": clip,
    "stanford-cars-clip": clip,
    "svhn": svhn,
    "utkface-clip": lambda s, x, y, xt, yt: npz(features=x.astype("f4"), age=y),
    **{k: left_and_last(gzip.compress) for k in ("gas", "protein", "keggundirected", "bike", "elevators", "pol")},
}


def small_yaml(s, n, m):
    """The YAML with a small shape, checksums unknown, without precomputed embeddings."""
    text = re.sub("^embeddings:.*", "", s.text, flags=re.M | re.S)
    text = re.sub(r"(packed_)?sha256: [0-9a-f]{64}", "sha256: unknown", text)
    text = re.sub(r"^shape: {n: \d+(, n_test: \d+)?", "shape: {n: %d, n_test: %d" % (n, m), text, flags=re.M)
    text = re.sub(r"test_last: \d+", "test_last: %d" % M, text)
    return re.sub("^(package|folders):.*\n", "", text, flags=re.M)


def expect(s, config, x, y, xt=None, yt=None):
    """The set and its arrays, side by side in the config."""
    folder = os.path.join(OUT, s.name)
    os.makedirs(folder, exist_ok=True)
    if s.last:
        k = len(y) - (int(s.last[1]) if HOW == "real" else M)
        x, y, xt, yt = x[:k], y[:k], x[k:], y[k:]
    target = "labels" if s.classes else "targets"
    own = {"file": ("x", x), target: ("y", y)}
    if xt is not None:
        own.update({"test_file": ("xt", xt), "test_" + target: ("yt", yt)})
    for file, a in own.values():
        a = np.asarray(a)
        np.save(os.path.join(folder, file), a if a.dtype.kind == "u" or a.dtype == "f4" else a.astype("f8"))
    entry = ", ".join("%s: %s/%s.npy" % (k, s.name, file) for k, (file, a) in own.items())
    if s.fraction:
        entry += ", test_fraction: " + s.fraction[1]
    if s.classes:
        entry += ", label_values: %s" % list(range(s.shape["c"]))
    if s.divide:
        entry += ", divide: " + s.divide[1]
    rows = "rows: 2000, " if len(x) > 5000 else ""  # what is fitted; all is read
    config.append("  - set: {name: %s, %sas: %s}\n  - set: {%s, name: %s, %sas: %s-arrays}"
                  % (s.name, rows, s.name, entry, s.name, rows, s.name))
    print(s.name)


def make(s, config):
    whole = bool(s.fraction or s.last)
    x, y = s.rows(N)
    xt, yt = s.rows(M)
    made = MAKE[s.name](s, x, y, xt, yt)
    if isinstance(made, tuple):
        made, x, y = made
    if isinstance(made, bytes):
        made = {s.urls_end[-1]: made}
    folder = os.path.join(OUT, "mirror", s.name)
    os.makedirs(folder)
    for name, content in made.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(content)
    m = M if not s.fraction else int(np.floor(float(s.fraction[1]) * N + 0.5))
    os.makedirs(os.path.join(OUT, "home", "datasets"), exist_ok=True)
    with open(os.path.join(OUT, "home", "datasets", s.name + ".yaml"), "w") as f:
        f.write(small_yaml(s, N - m if whole else N, m))
    expect(s, config, x, y, *(() if whole else (xt, yt)))


def find(name, *folders):
    for folder in folders:
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    raise Unable("no " + name)


def read_idx(path):
    with gzip.open(path) as f:
        b = f.read()
    shape = struct.unpack_from(">%dI" % b[3], b, 4)
    a = np.frombuffer(b, "u1", offset=4 + 4 * b[3])
    return a.reshape(shape[0], -1) if len(shape) > 1 else a


def read_frame(path, columns):
    """By R: the factor is the last or first column, its codes from 1."""
    if not shutil.which("Rscript"):
        raise Unable("no R")
    out = os.path.join(OUT, "frame.csv")
    code = "load('%s', e <- new.env()); write.table(data.matrix(e[[ls(e)]]), '%s', row.names = FALSE, col.names = FALSE)"
    subprocess.run(["Rscript", "--vanilla", "-e", code % (path, out)], check=True, stdout=sys.stderr)
    a = np.loadtxt(out)
    return (a[:, 1:], a[:, 0] - 1) if columns == "first" else (a[:, :-1], a[:, -1] - 1)


def read(s, config, mirror, packages):
    """Files as they are published, read by Python and R."""
    frames = {"letter": ("LetterRecognition", "first"), "satellite": ("Satellite", ""), "shuttle": ("Shuttle", "")}
    if s.name in frames:
        name, columns = frames[s.name]
        return expect(s, config, *read_frame(find(name + ".rda", mirror, packages + "/mlbench/data"), columns))
    if s.name in ("mnist", "fashion-mnist"):
        folder = os.path.join(mirror, s.name), "/usr/share/datasets/" + s.name
        parts = "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"
        return expect(s, config, *(read_idx(find(part + "-ubyte.gz", *folder)) for part in parts))
    if s.name == "a9a":
        with gzip.open(find("a9a.gz", mirror), "rt") as f:
            lines = [line.split() for line in f]
        x = np.zeros((len(lines), s.shape["d"]), "f4")
        for i, line in enumerate(lines):
            for pair in line[1:]:
                j, v = pair.split(":")
                x[i, int(j) - 1] = float(v)
        return expect(s, config, x, np.array([line[0] == "+1" for line in lines], "u1"))
    if s.urls_end[-1].startswith("uci-"):
        a = np.loadtxt(find(s.urls_end[-1], mirror), delimiter=",")
        return expect(s, config, a[:, :-1], a[:, -1])
    raise Unable("its published files are nowhere here")


def table(s):
    """A row for the README: what it is, how far its checksums are known, how one comes by it."""
    c, t = s.shape.get("c"), s.shape.get("t")
    files = s.text.split("embeddings:")[0]
    unknown, unsure = "sha256: unknown" in files, "confirmed: no" in files
    state = "unknown" if unknown else "unconfirmed" if unsure else "confirmed"
    package = re.search(r"^package: (\S+)", s.text, re.M)
    ways = (["package " + package[1]] if package else []) + (["download"] if "urls:" in files else [])
    if re.search("^from:", s.text, re.M):
        state, ways = "", ["made from " + re.search(r"^from: (\S+)", s.text, re.M)[1]]
    print("| `%s` | %s | %s + %s | %d | %s | %s |" % (
        s.name, "%d classes" % c if s.classes else "%d target%s" % (t, "s" if t > 1 else ""),
        format(s.shape["n"], ","), format(s.shape.get("n_test", 0), ","), s.shape["d"], state,
        ", ".join(ways) or "bring your file"))


def main():
    config = []
    sets = sorted(f[:-5] for f in os.listdir(os.path.join(HOME, "datasets")) if f.endswith(".yaml"))
    for name in sets:
        s = Set(name)
        if HOW == "table":
            table(s)
            continue
        if re.search("^from:", s.text, re.M):
            continue
        try:
            make(s, config) if HOW == "made" else read(s, config, sys.argv[4], sys.argv[5])
        except Unable as why:
            print("%s: %s" % (name, why), file=sys.stderr)
    for k in range(0, len(config), 16):
        with open(os.path.join(OUT, "config%d.yaml" % (k // 16)), "w") as f:
            f.write("name: sets\ndata:\n%s\nmethods: [uniform]\nmodels: [ridge: {folds: 2}, softmax]\nbudgets: [30]\n"
                    "repeats: 1\nprobes: 0\n" % "\n".join(config[k : k + 16]))


main()
