"""Requests that are none, or are two: rule 16, 17, 19 and threat y."""
import gzip, os, re, socket, sys, tempfile
from target import *

STATUSES = {200, 400, 403, 404, 405, 413, 415, 431, 500, 503}


def refused(target, name, request, statuses=(400,), tls=True):
    try:
        made = target.tls() if tls else target.plain(target.health_port)
        with made:
            try:
                made.sendall(request)
            except OSError:
                pass  # refused while it was still being said
            heard = hear_out(made)
    except OSError as error:
        return check(name, False, error)
    status, head, body = split(heard)
    check(name, status in statuses and heard.count(b"HTTP/1.1 ") == 1 and b"\r\nConnection: close" in head and b"canary" not in heard, heard)


def main(work):
    target = Target(work)
    length = f"Content-Length: {len(REVIEW)}\r\n"
    head = "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    smuggled = b"GET /canary HTTP/1.1\r\nHost: a\r\n\r\n"
    before = target.resident()
    for name, request, statuses in [
        ("chunked bodies", (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + b"5\r\nhello\r\n0\r\n\r\n", (400,)),
        ("a length beside chunks", (head + length + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").encode() + smuggled, (400,)),
        ("chunks by an odd name", (head + length + "Transfer-Encoding: \x0bchunked\r\n\r\n").encode() + smuggled, (400,)),
        ("two lengths that agree", (head + length * 2 + "\r\n").encode() + REVIEW, (400,)),
        ("two lengths that do not", (head + length + "Content-Length: 1\r\n\r\n").encode() + REVIEW + smuggled, (400,)),
        ("a length with a sign", (head + "Content-Length: +5\r\n\r\nhello").encode(), (400,)),
        ("a length of two numbers", (head + "Content-Length: 5, 5\r\n\r\nhello").encode(), (400,)),
        ("no length", (head + "\r\n").encode(), (400,)),
        ("a folded line", (head + "X: a\r\n b\r\n" + length + "\r\n").encode() + REVIEW, (400,)),
        ("a line feed for a line's end", (head + length).replace("\r\n", "\n").encode() + b"\n" + REVIEW, (400,)),
        ("a NUL in a header", (head + "X: a\0b\r\n" + length + "\r\n").encode() + REVIEW, (400,)),
        ("a blank before the colon", (head + "X : a\r\n" + length + "\r\n").encode() + REVIEW, (400,)),
        ("a compressed bomb", (head + "Content-Encoding: gzip\r\n").encode() + (lambda z: f"Content-Length: {len(z)}\r\n\r\n".encode() + z)(gzip.compress(bytes(200 << 20))), (400,)),
        ("a form", ("POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n" + length + "\r\n").encode() + REVIEW, (415,)),
        ("HTTP/1.0", b"GET /livez HTTP/1.0\r\nHost: a\r\n\r\n", (400,)),
        ("HTTP/2 by its preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", (400,)),
        ("another method", (head.replace("POST", "PUT") + length + "\r\n").encode() + REVIEW, (405,)),
        ("another path", (head.replace("/validate", "/canary") + length + "\r\n").encode() + REVIEW, (404,)),
        ("a path that climbs", (head.replace("/validate", "/validate/../canary") + length + "\r\n").encode() + REVIEW, (404,)),
        ("a path in percents", (head.replace("/validate", "/%76alidate") + length + "\r\n").encode() + REVIEW, (404,)),
        ("a header line without an end", b"GET /livez HTTP/1.1\r\nX: " + b"x" * (64 << 20), (431,)),
        ("headers without an end", b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 1_000_000, (431,)),
        ("a request line without an end", b"GET /" + b"x" * (1 << 20), (431,)),
        ("8 MiB and one byte", announced((8 << 20) + 1), (413,)),
        ("a length beyond all numbers", announced("9" * 40), (413,)),
    ]:
        refused(target, f"rule 16, threat y: refused with one reply: {name}", request, statuses)
    for name, request in [("HTTP/1.0", b"GET /livez HTTP/1.0\r\n\r\n"), ("HTTP/2 by its preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                          ("a TLS hello", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + os.urandom(300) + b"\r\n\r\n"),
                          ("a body", b"GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")]:
        refused(target, f"rule 16, threat y: refused by the health listener: {name}", request, (400, 413), tls=False)
    check("rule 16: all of that took less than 16 MiB", target.resident() - before < 16, (before, target.resident()))
    status, head, _ = target.ask(REVIEW + b" " * ((8 << 20) - len(REVIEW)))
    check("rule 17: a body of 8 MiB is answered", status == 200, (status, head))

    seen, odd = set(), []
    rng = __import__("random").Random(19)
    for _ in range(400):
        request = bytearray(post(REVIEW, rng.choice(["/validate", "/mutate", "/validate/guard"]), rng.choice(["", "X: canary\r\n"])))
        for _ in range(rng.randint(1, 4)):
            request[rng.randrange(300)] = rng.randrange(256)
        with target.plain(target.health_port) if rng.random() < 0.3 else target.tls() as made:
            made.sendall(bytes(request))
            if made.family == socket.AF_INET and not isinstance(made, ssl.SSLSocket):
                made.shutdown(socket.SHUT_WR)
            made.settimeout(0.05)
            try:
                heard = made.recv(65536)
            except (TimeoutError, OSError):
                continue
        status, head, _ = split(heard)
        seen.add(status)
        if heard and (status not in STATUSES or b"canary" in head or b"EXCEPTION" in head):
            odd.append((bytes(request[:300]), heard))
    check("rule 19, threat z: broken requests get none but the documented statuses, and nothing of theirs in a head", not odd and 400 in seen, (seen, odd[:1]))
    for path in ["/livez", "/readyz", "/version"]:
        check(f"rule 19: {path} is answered after all that", target.health(path)[0] == 200, target.health(path))
    check("rule 24: the server is the same as before", target.serves() and target.stop() == 0, target.log())


with tempfile.TemporaryDirectory() as work:
    main(work)
