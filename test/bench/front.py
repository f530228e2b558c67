"""The server's front under load of every kind: one table. The server has core 0, who loads it core 1 (wrk).
   STATEWARD=build/bench/stateward test/bench/front.py [MILLIONS]     (default 1: of requests for the row about growth)
Rows that say "paced" are requests at a fixed rate, by Go's HTTP client; without Go they are left out."""
import os, re, shutil, subprocess, sys, tempfile
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../attack"))
from target import *

HERE = os.path.dirname(__file__)
SECONDS = 5


def row(name, **values):
    print(f"{name:58}" + "  ".join(f"{key} {value}" for key, value in values.items()), flush=True)


class Load:
    """wrk with one review, over and over"""

    def __init__(self, target, work):
        self.target, self.work = target, work

    def run(self, review, path, connections, seconds=SECONDS, header=""):
        script = f"{self.work}/post.lua"
        with open(script, "w") as out:
            out.write(f'local f = io.open("{HERE}/reviews/{review}.json"); wrk.body = f:read("*a"); f:close()\n'
                      'wrk.method = "POST"; wrk.headers["Content-Type"] = "application/json"\n' + header)
        before, since = self.target.processor(), time.monotonic()
        said = subprocess.run(["taskset", "-c", "1", "wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script,
                               f"https://127.0.0.1:{self.target.port}{path}?timeout=3s"], capture_output=True, text=True).stdout
        used, took = self.target.processor() - before, time.monotonic() - since
        requests = int(re.search(r"(\d+) requests in", said)[1])
        wrong = re.search(r"Socket errors: .*|Non-2xx.*", said)
        percentile = lambda which: re.search(rf"\n\s+{which}%\s+(\S+)", said)[1]
        return {"req/s": f"{requests / seconds:,.0f}", "core": f"{used / took:.2f}", "us CPU": f"{used * 1e6 / max(requests, 1):.1f}",
                "req/s a core": f"{requests / max(used, 0.01):,.0f}", "p50": percentile(50), "p99": percentile(99)} | ({"WRONG": wrong[0]} if wrong else {})


class Paced:
    """requests a second at a fixed rate, each counted from when it was due"""

    def __init__(self, target, work):
        self.target, self.authority, self.program = target, f"{work}/tls/ca.crt", shutil.which("go") and f"{work}/paced"
        if self.program:
            subprocess.run(["go", "build", "-o", self.program, f"{HERE}/paced/main.go"], check=True)

    def row(self, name, connections, rate):
        if not self.program:
            return
        before = self.target.processor()
        said = subprocess.run(["taskset", "-c", "1", self.program, f"https://127.0.0.1:{self.target.port}/validate?timeout=3s", self.authority,
                               f"{HERE}/reviews/allowed.json", str(connections), str(rate), str(SECONDS)], capture_output=True, text=True, check=True).stdout.split()
        row(f"{name}, paced", **{"req/s": f"{int(said[0]) / SECONDS:,.0f}", "core": f"{(self.target.processor() - before) / SECONDS:.2f}",
                                 "errors": said[1], "p50": said[2], "p99": said[3], "p99.9": said[4]})


def idle(target, count):
    made = []
    for _ in range(count):
        connection = target.tls(60); connection.sendall(post(REVIEW)); hear(connection); made.append(connection)
    return made


def main(work):
    target = Target(work, prefix=("taskset", "-c", "0"))
    load, paced = Load(target, work), Paced(target, work)
    os.sched_setaffinity(0, {1})
    for round in range(3):
        for review, path in [("allowed", "/validate"), ("mended", "/mutate")]:
            row(f"warm, {review}, 8 connections, round {round + 1}", **load.run(review, path, 8))
    row("warm, allowed, 64 connections", **load.run("allowed", "/validate", 64))
    row("warm, allowed, 1,000 connections", **load.run("allowed", "/validate", 1000))
    paced.row("warm, allowed, 8 connections", 8, 5000)
    paced.row("warm, allowed, 1,000 connections", 1000, 1000)
    for round in range(3):
        row(f"a new connection each time, 8 at once, round {round + 1}", **load.run("allowed", "/validate", 8, header='wrk.headers["Connection"] = "close"\n'))
    row("resident, nobody connected", MiB=f"{target.resident():.1f}")
    connections = idle(target, 1000)
    row("resident, 1,000 connections", MiB=f"{target.resident():.1f}")
    used = target.processor(); time.sleep(10); used = target.processor() - used
    row("1,000 idle connections", core=f"{used / 10:.4f}")
    for half in range(500):
        made = target.tls(60); made.sendall(b"POST /validate HTTP/1.1\r\nHost: a\r\n"); connections.append(made)
    dripping = [target.tls(60) for _ in range(500)]

    def drip():
        for made in dripping:
            try:
                made.send(b"P")
            except OSError:
                pass
        time.sleep(0.5)

    with meanwhile(drip):
        paced.row("beside 1,000 idle, 500 half heads, 500 that drip", 8, 1000)
    connections += idle(target, 2000)
    for made in dripping:
        made.close()
    row(f"resident, {len(connections):,} connections", MiB=f"{target.resident():.1f}")
    for made in connections:
        made.close()
    time.sleep(2)
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 1
    load.run("allowed", "/validate", 8, 2)
    before, done = target.resident(), 0
    while done < millions * 1e6:
        done += int(load.run("allowed", "/validate", 8, 10)["req/s"].replace(",", "")) * 10
    row(f"growth over {done:,} requests", KiB=f"{(target.resident() - before) * 1024:.0f}")
    target.stop()


with tempfile.TemporaryDirectory() as work:
    main(work)
