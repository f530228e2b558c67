"""The server under load: rules 18, 23, 25, 38 and what TLS is given that is none."""
import random, tempfile
from target import *


def garbage(target):
    rng = random.Random(25)
    before = target.resident()
    for i in range(300):
        with target.plain() as made:
            try:
                kind = i % 6
                if kind == 0:
                    made.sendall(rng.randbytes(rng.randint(1, 2000)))
                elif kind == 1:
                    made.sendall(b"\x16\x03\x01" + rng.randint(0, 65535).to_bytes(2, "big") + rng.randbytes(500))
                elif kind == 2:
                    made.sendall(b"\x15\x03\x03\0\2\1\0" * 100)  # alerts
                elif kind == 3:
                    made.sendall(b"\x17\x03\x03\0\0" * 5000)  # empty records
                elif kind == 4:
                    made.sendall(post(REVIEW))  # without TLS
                made.shutdown(socket.SHUT_WR) if rng.random() < 0.5 else None
            except OSError:
                pass
    check("rule 24: bytes that are no TLS end nothing", target.serves())
    check("rule 24: and leave nothing behind", target.resident() - before < 16 * (4 if os.environ.get("SANITIZED") else 1), (before, target.resident()))
    with target.tls() as made:
        made.sendall(post(REVIEW)); hear(made)
        os.write(made.fileno(), b"\x17\x03\x03\0\x20" + rng.randbytes(32))  # a record with a wrong tag
        check("rule 24: a record that was changed on the way ends its connection only", hear_out(made) in (b"", b"(reset)") and target.serves())


def overload(target):
    """New connections all the time, from more threads than there are cores, each for one review."""
    statuses, lost, slow = [], [], []

    def client():
        try:
            statuses.append(target.ask(timeout=20)[0])
        except OSError as error:
            lost.append(repr(error))

    def probe():
        before = time.monotonic()
        if target.health("/readyz")[0] != 200 or time.monotonic() - before > 2:
            slow.append(time.monotonic() - before)
        time.sleep(0.05)

    with meanwhile(*[client] * 24, probe):
        time.sleep(4)
    check("rule 18: under more load than it can bear every request is answered, or told to come again", not lost and set(statuses) <= {200, 503} and len(statuses) > 100,
          (len(statuses), set(statuses), lost[:3]))
    check("rule 18: and health answers", not slow, slow[:5])


def going(work):
    """SIGTERM while clients work; they go where they are told to (nowhere else is anybody, so they end)."""
    target = Target(work)
    failed, done = [], []

    def client():
        while True:
            try:
                made = target.tls(timeout=20)
            except OSError:
                return  # nobody listens any more
            with made:
                while True:
                    try:
                        made.sendall(post(REVIEW)); status, head, _ = hear(made)
                    except OSError as error:
                        return failed.append(repr(error))
                    if status != 200:
                        return failed.append((status, head))
                    done.append(1)
                    if b"\r\nConnection: close" in head:
                        break

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    target.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    ready, still = target.health("/readyz")[0], len(done)
    code = target.process.wait(40)
    for thread in threads:
        thread.join()
    check("rule 23: with SIGTERM it says that it goes, and goes on for a while", ready == 503 and still > 0, (ready, still))
    check("rule 23: and ends in order", code == 0, target.log()[-1000:])
    check("rule 23: none of the requests meanwhile has failed", not failed, (failed[:3], len(done)))
    target = Target(work)
    target.process.send_signal(signal.SIGTERM); time.sleep(0.5); target.process.send_signal(signal.SIGTERM)
    before = time.monotonic(); target.process.wait(20)
    check("rule 23: a second SIGTERM ends it at once", time.monotonic() - before < 2)


def blocked(work):
    """Nobody reads the log, and no room is on the disk where it goes."""
    reading, writing = os.pipe()
    target = Target(work, stderr=writing)
    denied = REVIEW.replace(b'"spec":{', b'"spec":{"podManagementPolicy":"Never","serviceName":"BAD NAME",', 1)
    with target.tls() as made:
        for _ in range(20_000):
            made.sendall(post(denied, "/validate/guard"))
            if hear(made)[0] != 200:
                break
        else:
            check("rule 38: a log that nobody reads holds up no request", target.serves())
    target.process.kill(); target.process.wait(); os.close(reading); os.close(writing)
    full = Target(work, stderr=open("/dev/full", "wb"))
    check("rule 38: nor does a disk that is full", all(full.ask(denied, "/validate/guard")[0] == 200 for _ in range(200)) and full.stop() == 0)


with tempfile.TemporaryDirectory() as work:
    target = Target(work)
    garbage(target)
    overload(target)
    check("rule 24: the server is the same as before", target.serves() and target.stop() == 0, target.log())
    going(work)
    blocked(work)
