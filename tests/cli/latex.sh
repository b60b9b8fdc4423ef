#!/bin/sh
# The LaTeX of a run: whole tables with the cells of the Markdown, one macro for each number of aggregates.csv, and a
# document that pdflatex compiles where there is one (it is no dependency: without it the syntax is what is checked).
. "$(dirname "$0")/lib.inc"
"$selbench" run "$root/tests/cli/small.yaml" -q --no-plots --out run >/dev/null || die "run"
/usr/bin/python3 - <<'PY' || die "LaTeX"
import csv, glob, re
UN = [("\\textasciicircum{}", "^"), ("\\textbackslash{}", "\\"), ("$-$", "\u2212"), ("$<$", "<"), ("$>$", ">"), ("$|$", "|"), ("''", '"'), ("$\\times$", "\u00d7"),
      ("\\textasciitilde{}", "~"), ("\\{", "{"), ("\\}", "}"), ("\\_", "_"), ("\\%", "%"), ("\\&", "&"), ("\\#", "#")]
def plain(tex):
    for a, b in UN:
        tex = tex.replace(a, b)
    return re.sub(r"^\{\}", "", tex.strip())
def plain_md(md):
    return re.sub(r"\\([\\|*_`~\[\]<>#])", r"\1", md.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).strip()
def tables(tex):
    out = []
    for body in re.findall(r"\\begin\{table\}(.*?)\\end\{table\}", tex, re.S):
        columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", body).group(1))
        rows = body.split("\\toprule")[1].split("\\bottomrule")[0].replace("\\midrule", "")
        rows = [[plain(c) for c in re.split(r"(?<!\\)&", r)] for r in rows.split("\\\\\n") if r.strip()]
        assert all(len(r) == columns for r in rows), (columns, rows)
        out.append(rows)
    return out
def tables_md(md):
    out = []
    for block in re.split(r"\n\n", md):
        lines = [l for l in block.splitlines() if l.startswith("|")]
        if lines:
            rows = [[plain_md(c) for c in re.split(r"(?<!\\)\|", l)[1:-1]] for l in lines]
            out.append([rows[0]] + rows[2:])
    return out
files = glob.glob("run/tables/*.tex")
seen = 0
for f in files + ["run/report.tex"]:
    t = open(f).read()
    bare = re.sub(r"(?m)(?<!\\)%.*$", "", t.replace("\\{", "").replace("\\}", ""))
    assert bare.count("{") == bare.count("}"), f
    for env in set(re.findall(r"\\begin\{(\w+)\}", t)):
        assert t.count("\\begin{%s}" % env) == t.count("\\end{%s}" % env), (f, env)
    assert not re.search(r"(?<!\\)[_^#]", re.sub(r"\\(label|input|selbench|selbenchdef)\{[^}]*\}|\\providecommand.*|.*errmessage.*", "", bare)), f
    md = f.replace(".tex", ".md")
    if f.startswith("run/tables/") and not f.endswith("numbers.tex"):
        a, b = tables(t), tables_md(open(md).read())
        assert a == b or (not a and all(len(x) == 1 for x in b)), (f, a, b)
        seen += len(a)
assert seen >= 20, seen
keys = re.findall(r"\\selbenchdef\{([^}]*)\}\{(.*)\}", open("run/tables/numbers.tex").read())
number = dict(keys)
assert len(number) == len(keys) > 300, (len(number), len(keys))
assert all(re.fullmatch(r"[A-Za-z0-9._/-]+", k) for k in number)
for used in re.findall(r"\\selbench\{([^}]*)\}", open("run/report.tex").read()):
    assert used in number, used
slug = lambda t: re.sub(r"[^A-Za-z0-9._-]+", "-", t).strip("-")
checked = 0
for r in csv.DictReader(open("run/tables/aggregates.csv")):
    key = "/".join(["-".join(slug(r[c]) for c in ("data", "embedding", "model")), r["m"], slug(r["method"]), slug(r["metric"]), "mean"])
    if key not in number:
        continue
    shown, value = number[key].replace("$-$", "-"), float(r["mean"])
    digits = len(shown.partition(".")[2])
    assert "e" in shown or abs(float(shown) - value) <= 0.5000001 * 10 ** -digits, (key, shown, value)
    checked += 1
assert checked > 60, checked
PY
command -v pdflatex >/dev/null 2>&1 || exit 0
cd run || exit 1
pdflatex -interaction=nonstopmode -halt-on-error report.tex >../log 2>&1 </dev/null || {
    tail -n 20 ../log
    die "pdflatex"
}
exit 0
