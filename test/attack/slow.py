"""Who dawdles in every phase, and what becomes of the others: rules 12, 13, 15, 17, 20 and the table of starvation."""
import statistics, subprocess, tempfile
from target import *


def hello():
    """the first bytes that a client sends"""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def closed(made):
    made.setblocking(False)
    try:
        while made.recv(65536):
            pass
        return True
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def slowloris(target):
    first = hello()
    attackers, phases = [], []
    for i in range(300):  # half a handshake
        made = target.plain(); made.sendall(first[:100]); attackers.append(made); phases.append(("handshake", first[100:]))
    for i in range(100):  # connected, and silent
        attackers.append(target.plain()); phases.append(("silence", b""))
    for i in range(200):
        made = target.tls(); made.sendall(b"POST /validate HTTP/1.1\r\nHost: a\r\n"); attackers.append(made); phases.append(("head", b"X: " + b"y" * 4000))
    for i in range(200):
        made = target.tls(); made.sendall(announced(100_000) + b"{"); attackers.append(made); phases.append(("body", b" " * 4000))
    started, times, sent = time.monotonic(), [], 0
    live = target.tls()
    while time.monotonic() - started < 13:
        for made, (phase, rest) in zip(attackers, phases):
            if sent < len(rest):
                try:
                    made.send(rest[sent:sent + 1])
                except OSError:
                    pass
        sent += 1
        for _ in range(20):
            before = time.monotonic()
            live.sendall(post(REVIEW)); status = hear(live)[0]
            times.append(time.monotonic() - before)
            assert status == 200
        time.sleep(0.5)
    # The connection that was opened before is served, and so is a new one.
    check("rule 15: who works is answered beside 800 who dawdle", max(times) < 2 and target.serves(), sorted(times)[-5:])
    left = {phase for made, (phase, _) in zip(attackers, phases) if not closed(made)}
    check("rule 15: each of these is gone when its phase's time is over", not left, left)
    for made in attackers:
        made.close()
    return statistics.quantiles(times, n=100)[98]


def many(target):
    before = target.resident()
    idle = []
    for _ in range(1000):
        idle.append(target.tls())
    check("rule 13: a thousand connections are served", target.serves())
    check("rule 11: a thousand idle connections take less than 64 MiB with all the rest", target.resident() < 64 * (8 if os.environ.get("SANITIZED") else 1), (before, target.resident()))
    used = target.processor(); time.sleep(5); used = target.processor() - used
    check("rule 14: a thousand idle connections cost less than 1 % of a core", used < 0.05 + 0.01, used)
    bare = [target.plain() for _ in range(4096 - len(idle) - 1)]
    time.sleep(1.5)
    before = time.monotonic()
    last = target.plain()
    check("rule 12: with 4,096 connections whoever dawdles makes room, and who works is answered", target.serves(), time.monotonic() - before)
    idle[0].sendall(post(REVIEW))
    check("rule 12: and those that are there go on", hear(idle[0])[0] == 200)
    for made in [*idle, *bare, last]:
        made.close()
    for _ in range(100):
        if target.serves():
            break
        time.sleep(0.1)
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{target.port}"], capture_output=True, text=True).stdout.split()
    check("rule 13: at least 1,024 may wait to be accepted", len(listening) > 2 and int(listening[2]) >= 1024, listening)


def half_records(target):
    """The head of a record, and no more of it."""
    made = [target.tls() for _ in range(10)]
    for i, one in enumerate(made):
        os.write(one.fileno(), b"\x17\x03\x03\0\x60abc"[:1 + i])
    time.sleep(0.3)
    used = target.processor(); time.sleep(2); used = target.processor() - used
    check("rule 15: who sends half a record of TLS is waited for, not asked again and again", used < 0.1, used)
    for one in made:
        one.close()


def large(target):
    """64 bodies of 8 MiB at once"""
    results = []

    def one():
        try:
            results.append(target.ask(REVIEW + b" " * ((8 << 20) - len(REVIEW)), timeout=60))
        except OSError as error:
            results.append((0, repr(error).encode(), b""))

    threads = [threading.Thread(target=one) for _ in range(64)]
    for thread in threads:
        thread.start()
    peak = 0
    while any(thread.is_alive() for thread in threads):
        peak = max(peak, target.resident())
        time.sleep(0.01)
    statuses = [status for status, _, _ in results]
    check("rule 17: 64 bodies of 8 MiB at once are answered or told to come again", set(statuses) <= {200, 503} and 200 in statuses, results[:70])
    check("rule 17: and take less than 256 MiB", peak < 256 * (4 if os.environ.get("SANITIZED") else 1), peak)
    told = [head for status, head, _ in results if status == 503]
    check("rule 18: who comes again is told when, and to do so by another connection",
          all(b"\r\nRetry-After: 1" in head and b"\r\nConnection: close" in head for head in told), told[:1])
    return len(told)


def main(work):
    target = Target(work)
    patient = target.tls(timeout=130)
    patient.sendall(post(REVIEW)); hear(patient)
    since = time.monotonic()
    slowloris(target)
    many(target)
    half_records(target)
    large(target)
    check("rule 18: health answers", all(target.health(path)[0] == 200 for path in ["/livez", "/readyz"]))
    time.sleep(max(0, 95 - (time.monotonic() - since)))
    patient.sendall(post(REVIEW))
    check("rule 20: a connection that was idle for 95 s is still there", hear(patient)[0] == 200)
    check("rule 24: the server is the same as before", target.serves() and target.stop() == 0, target.log())


with tempfile.TemporaryDirectory() as work:
    main(work)
