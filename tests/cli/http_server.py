#!/usr/bin/python3
"""A server on loopback that behaves badly on request: http_server.py FOLDER PORT_FILE LOG [CERTIFICATE KEY].

With a certificate it speaks TLS. Ends by itself after 300 s. The first part of the path says how, nth counting requests:
ok; redirect, away (to a file: address); slow (1 s before the answer); drip (the first answer takes 4 s);
broken (the first answer stops in the middle), norange (broken, and later ranges are ignored), changed (broken, then the
file is another one under another tag), cutchunks (broken, in chunks), endless (every answer claims more than it has);
short (the length given leaves the end out), bare (no length at all); stall (the first answer goes silent in the middle),
dead (no answer ever); flaky (503, then ok), ailing (500 twice, then ok); wrong (other content); anything else: 404.
An absolute address, as a proxy gets it, is served by its path; CONNECT leads to the port in the file tls.port.
"""
import http.server, os, re, socket, socketserver, ssl, sys, threading, time

FOLDER, PORT_FILE, LOG = sys.argv[1:4]
counts, guard = {}, threading.Lock()
HALF_FIRST = ("broken", "norange", "changed", "stall", "cutchunks")
KNOWN = HALF_FIRST + ("ok", "flaky", "ailing", "wrong", "slow", "drip", "endless", "short", "bare")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, text):
        with guard:
            nth = counts[self.path] = counts.get(self.path, 0) + 1
            with open(LOG, "a") as log:
                log.write("%s %s\n" % (self.path, text))
        return nth

    def do_GET(self):
        how, name = re.sub("^http://[^/]*|[?].*", "", self.path).strip("/").split("/", 1)
        asked = self.headers.get("Range", "-")
        nth = self.note(asked)
        if how == "redirect":
            return self.answer(302, b"moved", {"Location": "/ok/" + name})
        if how == "away":
            return self.answer(302, b"moved", {"Location": "file://" + os.path.join(FOLDER, name)})
        if how == "flaky" and nth == 1:
            return self.answer(503, b"busy", {})
        if how == "ailing" and nth < 3:
            return self.answer(500, b"ill", {})
        if how == "dead":
            time.sleep(60)
        if how not in KNOWN:
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
        sent = body[first:]
        end = len(body) // 2 if how in HALF_FIRST and nth == 1 else len(sent)
        length = {"endless": len(sent) + 10, "short": len(sent) - 10}.get(how, len(sent))
        if how == "short":
            end = length
        if how == "bare":
            length = None
        self.answer(206 if first else 200, sent[:end], headers, length, "" if nth > 1 and how == "drip" else how)

    def answer(self, code, body, headers, length=0, how=""):
        self.send_response(code)
        for k, v in headers.items():
            self.send_header(k, v)
        if how == "cutchunks":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n" % (len(body), body) + (b"" if len(body) < length else b"0\r\n\r\n")
        elif length is not None:
            self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        pieces = 40 if how == "drip" else 1
        for i in range(pieces):
            self.wfile.write(body[i * len(body) // pieces : (i + 1) * len(body) // pieces])
            self.wfile.flush()
            time.sleep(0.1 if pieces > 1 else 0)
        if how == "stall" and len(body) < length:
            time.sleep(60)
        self.close_connection = how != "ok"

    def do_CONNECT(self):
        self.note("-")
        with open("tls.port") as f:
            there = socket.create_connection(("127.0.0.1", int(f.read())))
        self.send_response(200)
        self.end_headers()

        def copy(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        back = threading.Thread(target=copy, args=(there, self.connection), daemon=True)
        back.start()
        copy(self.connection, there)
        back.join()
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the tests."""


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 4:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Timer(300, lambda: os._exit(0)).start()
with open(PORT_FILE + ".part", "w") as f:
    f.write(str(server.server_port))
os.rename(PORT_FILE + ".part", PORT_FILE)
server.serve_forever()
