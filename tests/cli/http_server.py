#!/usr/bin/python3
"""A server on loopback that behaves badly on request: http_server.py FOLDER PORT_FILE LOG. Ends by itself after 100 s.

The first part of the path says how: ok, redirect, broken (the first answer stops in the middle), norange (broken, and
later ranges are ignored), changed (broken, then the file is another one under another tag), flaky (503, then ok), wrong
(other content), slow, anything else (404). An absolute address, as a proxy gets it, is served by its path.
"""
import http.server, os, re, socketserver, sys, threading, time

FOLDER, PORT_FILE, LOG = sys.argv[1:]
counts, guard = {}, threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        path = re.sub("^http://[^/]*", "", self.path)
        how, name = path.strip("/").split("/", 1)
        asked = self.headers.get("Range", "-")
        with guard:
            nth = counts[path] = counts.get(path, 0) + 1
            with open(LOG, "a") as log:
                log.write("%s %s\n" % (self.path, asked))
        if how == "redirect":
            return self.answer(302, b"moved", {"Location": "/ok/" + name})
        if how == "flaky" and nth == 1:
            return self.answer(503, b"busy", {})
        if how not in ("ok", "broken", "norange", "changed", "flaky", "wrong", "slow"):
            return self.answer(404, b"no such page, and this text is no data", {})
        with open(os.path.join(FOLDER, name), "rb") as f:
            body = f.read()
        tag = '"one"'
        if how == "wrong":
            body = body[:-2] + b"9\n"
        if how == "changed" and nth == 1:
            body, tag = b"8" * len(body), '"old"'
        if how == "slow":
            time.sleep(1)
        first = 0
        if asked != "-" and how != "norange" and self.headers.get("If-Range", tag) == tag:
            first = int(asked.split("=")[1].split("-")[0])
        headers = {"ETag": tag}
        if first:
            headers["Content-Range"] = "bytes %d-%d/%d" % (first, len(body) - 1, len(body))
        cut = len(body) // 2 if how in ("broken", "norange", "changed") and nth == 1 else None
        self.answer(206 if first else 200, body[first:], headers, cut)

    def answer(self, code, body, headers, cut=None):
        self.send_response(code)
        for k, v in headers.items():
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.wfile.flush()
        if cut is not None:
            self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the tests."""


server = Server(("127.0.0.1", 0), Handler)
threading.Timer(100, lambda: os._exit(0)).start()
with open(PORT_FILE + ".part", "w") as f:
    f.write(str(server.server_port))
os.rename(PORT_FILE + ".part", PORT_FILE)
server.serve_forever()
