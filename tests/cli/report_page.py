#!/usr/bin/env python3
"""Opens a report.html in headless Chromium and uses it as a reader would: mouse, keyboard, a phone, the dark, no script.
usage: report_page.py PAGE [FOLDER FOR SCREENSHOTS]
Talks to the browser by its remote debugging pipe; only the standard library. Prints each failed expectation; exit code 1
if there is one."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
         "--remote-debugging-pipe"]

# Contrast of every text with what lies behind it (WCAG 2, relative luminance); drawings of gnuplot are filtered and
# judged by eye.
CONTRAST = r"""
(() => {
  const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const b = parse(getComputedStyle(e).backgroundColor); if (b[3] > .99) return b; }
    return [255, 255, 255, 1]; };
  let worst = 99, where = '', seen = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let t = walk.nextNode(); t; t = walk.nextNode()) {
    const e = t.parentElement;
    if (!t.data.trim() || e.closest('script,style,.plot,.hide,.skip') || !e.getClientRects().length) continue;
    const svg = e.closest('svg'), style = getComputedStyle(e);
    const a = lum(parse(svg ? style.fill : style.color)), b = lum(behind(svg ? svg.parentElement : e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    seen++;
    if (ratio < worst) { worst = ratio; where = e.tagName + '.' + e.className + ' ' + t.data.trim().slice(0, 40); }
  }
  return {worst, where, seen};
})()
"""

STRUCTURE = r"""
(() => {
  const bad = [], all = s => [...document.querySelectorAll(s)];
  for (const a of all('a')) {
    const to = a.getAttribute('href') || '';
    if (to[0] === '#' && !document.getElementById(to.slice(1))) bad.push('a link without target: ' + to);
    if (!a.textContent.trim()) bad.push('a link without a name: ' + to);
  }
  for (const e of all('svg,img')) {
    if (e.getAttribute('aria-hidden') === 'true') continue;
    const t = e.querySelector(':scope > title');
    if (!(t && t.textContent.trim()) && !e.getAttribute('alt')) bad.push('a drawing without a name');
    if (e.tagName === 'svg' && !(e.querySelector(':scope > desc') || {}).textContent) bad.push('a drawing without description');
    if (e.tagName === 'svg' && e.getAttribute('role') !== 'img') bad.push('a drawing that is not an image');
  }
  for (const t of all('table')) {
    if (!t.caption || !t.caption.textContent.trim()) bad.push('a table without a caption');
    for (const th of t.querySelectorAll('th')) {
      if (!th.getAttribute('scope')) bad.push('a th without scope: ' + th.textContent);
      if (!th.textContent.trim()) bad.push('an empty th in ' + t.caption.textContent);
    }
    const widths = new Set([...t.rows].map(r => [...r.cells].reduce((n, c) => n + c.colSpan, 0)));
    if (widths.size !== 1) bad.push('rows of different width in ' + t.caption.textContent);
  }
  const ids = all('[id]').map(e => e.id);
  if (new Set(ids).size !== ids.length) bad.push('an id occurs twice');
  for (const [s, n] of [['main', 1], ['body > header', 1], ['nav[aria-label]', 1], ['footer', 1], ['h1', 1]])
    if (all(s).length !== n) bad.push(s + ' occurs ' + all(s).length + ' times');
  let level = 0;
  for (const h of all('h1,h2,h3,h4')) {
    const own = Number(h.tagName[1]);
    if (own > level + 1) bad.push('heading level jumps at ' + h.textContent);
    level = own;
  }
  if (document.documentElement.lang !== 'en') bad.push('no language');
  for (const i of all('input')) if (!i.labels.length) bad.push('an input without a label');
  for (const b of all('.scroll')) if (!b.getAttribute('aria-label')) bad.push('a scrolling box without a name');
  const first = document.querySelector('main').firstElementChild;
  if (first.id !== 'answer') bad.push('the answer does not come first');
  return bad;
})()
"""

# Every table: each head sorts its rows up, down and back; rows are neither lost nor doubled.
SORT = r"""
(() => {
  const bad = [];
  let columns = 0;
  for (const t of document.querySelectorAll('table.data')) {
    const rows = () => [...t.tBodies[0].rows], before = rows();
    if (before.length < 2) continue;
    const head = [...t.tHead.rows].pop();
    [...head.cells].forEach((th, i) => {
      const button = th.querySelector('button');
      if (!button) { if (th.textContent.trim()) bad.push('a head without a button: ' + th.textContent); return; }
      columns++;
      const numbers = () => rows().map(r => r.cells[i].dataset.v).filter(v => v !== undefined).map(Number);
      for (const want of ['ascending', 'descending', 'none']) {
        button.click();
        if (th.getAttribute('aria-sort') !== want) bad.push(th.textContent + ' says ' + th.getAttribute('aria-sort') + ', not ' + want);
        if (t.querySelectorAll('[aria-sort]:not([aria-sort=none])').length > 1) bad.push('two columns claim to sort');
        const v = numbers();
        if (want !== 'none' && v.some((x, k) => k && (want === 'ascending' ? x < v[k - 1] : x > v[k - 1])))
          bad.push(want + ' is not so: ' + t.caption.textContent + ' / ' + th.textContent);
      }
      if (rows().some((r, k) => r !== before[k])) bad.push('the third press does not bring the order back');
    });
  }
  return {bad, columns};
})()
"""


class Browser:
    def __init__(self, profile):
        to_child, own_out = os.pipe()
        own_in, from_child = os.pipe()

        def wire():  # the browser reads descriptor 3 and writes descriptor 4
            a, b = os.dup(to_child), os.dup(from_child)
            os.dup2(a, 3)
            os.dup2(b, 4)

        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not program:
            sys.exit("chromium is not installed: sh harness/setup.sh test")
        self.child = subprocess.Popen([program, *FLAGS, "--user-data-dir=" + profile, "about:blank"], preexec_fn=wire,
                                      close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_child)
        os.close(from_child)
        self.out, self.inp = own_out, os.fdopen(own_in, "rb", buffering=0)
        self.rest, self.number, self.session, self.events = b"", 0, None, []

    def read(self):
        while b"\0" not in self.rest:
            more = self.inp.read(1 << 16)
            if not more:
                sys.exit("the browser went away")
            self.rest += more
        line, self.rest = self.rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            sys.exit("script failed: %s" % answer["exceptionDetails"])
        return answer["result"].get("value")

    def open(self, page):
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
        self.call("Page.navigate", url="file://" + os.path.abspath(page))
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.read())

    def key(self, name, code, text=None):
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **extra)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)

    def theme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def shot(self, path, full=True):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=full)
        with open(path, "wb") as f:
            f.write(base64.b64decode(picture["data"]))


failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED: " + what)


def shots(b, folder):
    os.makedirs(folder, exist_ok=True)
    for name, width, theme in (("light", 1200, "light"), ("dark", 1200, "dark"), ("phone", 360, "light"),
                               ("phone-dark", 360, "dark")):
        b.size(width, 900)
        b.theme(theme)
        tall = min(12000, b.run("document.documentElement.scrollHeight"))
        b.size(width, tall)
        b.shot(os.path.join(folder, name + ".png"))
    b.theme("light")
    b.size(1200, 900)


def structure(b, page):
    for e in b.run(STRUCTURE):
        expect(False, e)
    # the page is mailed alone: it links to nothing but itself
    for to in b.run("[...document.querySelectorAll('a:not([href^=\"#\"])')].map(a => a.getAttribute('href'))"):
        expect(False, "a link out of the page: " + to)
    expect(b.run("document.querySelector('#alarms a[href^=\"#alarm-\"]') !== null"), "an alarm says what to do at length")
    expect(b.run("document.querySelectorAll('svg[role=img]').length") > 0, "the page has drawings")
    expect(b.run("document.querySelectorAll('td a').length") > 0, "cells link to their records")
    expect("selbench verify" in b.run("document.querySelector('[id^=e0-]').textContent"), "a record names its replay")


def mouse(b):
    sorted_ = b.run(SORT)
    expect(sorted_["columns"] > 10, "%s columns sort" % sorted_["columns"])
    for e in sorted_["bad"]:
        expect(False, e)
    found = b.run("""(() => { const i = document.querySelector('label.filter input'); i.scrollIntoView(); i.focus();
                     const t = i.closest('label').nextElementSibling.querySelector('table');
                     return [t.tBodies[0].rows[1].cells[0].textContent, t.tBodies[0].rows.length]; })()""")
    b.call("Input.insertText", text=found[0])
    state = b.run("""(() => { const i = document.activeElement;
                     const rows = [...i.closest('label').nextElementSibling.querySelector('table').tBodies[0].rows];
                     return [rows.filter(r => r.getClientRects().length).map(r => r.textContent),
                             document.getElementById('say').textContent]; })()""")
    expect(0 < len(state[0]) < found[1], "the filter leaves some rows: %d of %d" % (len(state[0]), found[1]))
    expect(all(found[0].lower() in t.lower() for t in state[0]), "the filter leaves rows with '%s' only" % found[0])
    expect(state[1] == "%d of %d rows shown" % (len(state[0]), found[1]), "the filter says so: '%s'" % state[1])
    b.run("document.activeElement.value = ''; document.activeElement.dispatchEvent(new Event('input'))")
    # a link into a closed section opens it
    b.run("document.querySelectorAll('details').forEach(d => { d.open = false; })")
    b.run("location.hash = document.querySelector('td a').getAttribute('href')")
    expect(b.run("""new Promise(done => { let tries = 50; const look = () => {
              const at = document.getElementById(location.hash.slice(1)), box = at.getBoundingClientRect();
              const seen = at.getClientRects().length > 0 && box.top >= -1 && box.top < innerHeight;
              if (seen || !--tries) done(seen); else setTimeout(look, 100); }; look(); })"""),
           "a cell's link shows its record")


def keyboard(b, page):
    b.open(page)
    where = ""
    for _ in range(400):
        b.key("Tab", 9)
        where = b.run("document.activeElement.tagName + '/' + (document.activeElement.closest('thead') ? 'head' : '')")
        if where == "BUTTON/head":
            break
    expect(where == "BUTTON/head", "Tab reaches a sort button")
    ring = b.run("getComputedStyle(document.activeElement).outlineStyle")
    expect(ring == "solid", "the focus shows (outline %s)" % ring)
    state = "document.activeElement.closest('th').getAttribute('aria-sort')"
    b.key("Enter", 13, "\r")
    expect(b.run(state) == "ascending", "Enter sorts")
    b.key(" ", 32, " ")
    expect(b.run(state) == "descending", "the space bar sorts")
    b.open(page)
    b.key("Tab", 9)
    expect(b.run("document.activeElement.getAttribute('href')") == "#answer", "the first stop leads to the answer")


def looks(b, page):
    b.open(page)
    b.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    ground = {}
    for theme in ("light", "dark"):
        b.theme(theme)
        ground[theme] = b.run("getComputedStyle(document.body).backgroundColor")
        c = b.run(CONTRAST)
        expect(c["seen"] > 100 and c["worst"] >= 4.5, "contrast in %s: %.2f at %s" % (theme, c["worst"], c["where"]))
    expect(ground["light"] != ground["dark"], "the dark changes colours")
    b.theme("light")
    for width in (360, 768, 1200):
        b.size(width, 800)
        wide = b.run("document.documentElement.scrollWidth")
        expect(wide <= width, "at %d pixels the page is %d wide" % (width, wide))
        unreachable = b.run("""[...document.querySelectorAll('.scroll')].filter(
            e => e.scrollWidth > e.clientWidth && e.tabIndex < 0).length""")
        expect(unreachable == 0, "%d tables cannot be scrolled by keyboard at %d pixels" % (unreachable, width))


def without_script(b, page):
    text = "[...document.querySelectorAll('td')].map(e => e.textContent).join()"
    with_script = b.run(text)
    b.call("Emulation.setScriptExecutionDisabled", value=True)
    b.open(page)
    expect(b.run("document.querySelectorAll('button,input').length") == 0, "no dead buttons without script")
    expect(b.run("document.querySelectorAll('table').length") > 3, "tables without script")
    expect(b.run(text) == with_script, "the same cells without script")
    b.call("Emulation.setScriptExecutionDisabled", value=False)


def clean(b, page):
    own = "file://" + os.path.abspath(page)
    for e in b.events:
        p = e.get("params", {})
        if e.get("method") == "Network.requestWillBeSent":
            expect(p["request"]["url"].split("#")[0] == own, "the page asks for " + p["request"]["url"])
        if e.get("method") == "Runtime.exceptionThrown":
            expect(False, "exception: %s" % p["exceptionDetails"])
        if e.get("method") == "Runtime.consoleAPICalled":
            expect(False, "console: %s" % p["args"])
        if e.get("method") == "Log.entryAdded" and p["entry"]["level"] in ("error", "warning"):
            expect(False, "log: %s" % p["entry"]["text"])


def main():
    page = sys.argv[1]
    profile = tempfile.mkdtemp()
    b = Browser(profile)
    try:
        target = b.call("Target.createTarget", url="about:blank")["targetId"]
        b.session = b.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            b.call(domain + ".enable")
        b.size(1200, 900)
        b.theme("light")
        b.open(page)
        if len(sys.argv) > 2:
            shots(b, sys.argv[2])
        structure(b, page)
        mouse(b)
        keyboard(b, page)
        looks(b, page)
        without_script(b, page)
        clean(b, page)
        b.session = None
        b.call("Browser.close")
    finally:
        try:
            b.child.wait(20)
        except subprocess.TimeoutExpired:
            b.child.kill()
        shutil.rmtree(profile, ignore_errors=True)
    print("%d expectations failed" % len(failures))
    sys.exit(1 if failures else 0)


main()
