#!/usr/bin/env python3
"""What serving takes of memory, as webhook/footprint.h counts it: at rest, for each connection, for each byte of a body that is judged.
    STATEWARD=build/bench/stateward test/bench/memory.py     about a minute; needs 4,200 open files"""
import json, os, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../attack"))
from target import *

MIB = 1 << 20


def reset(target):
    """highest() since then"""
    with open(f"/proc/{target.process.pid}/clear_refs", "w") as file:
        file.write("5")


def bodies():
    """Reviews of up to 8 MiB that take most for each byte."""
    review = json.loads(REVIEW)
    container = review["request"]["object"]["spec"]["template"]["spec"]["containers"][0]

    def with_(name, size, make):
        text, count = "", 64
        while True:  # the most that fits
            made = json.loads(REVIEW)
            make(made["request"]["object"], count)
            larger = json.dumps(made, separators=(",", ":"))
            if len(larger) > size or count > 16 << 20:
                return name, text.encode()
            text, count = larger, count * 5 // 4

    for size in (100_000, 8 * MIB):
        yield with_(f"{size} bytes of numbers", size, lambda o, n: o.update(x=[1] * min(n, 990_000)))
        yield with_(f"{size} bytes of empty lists", size, lambda o, n: o.update(x=[[]] * min(n, 990_000)))
        yield with_(f"{size} bytes of members", size, lambda o, n: o.update(x={str(i): 1 for i in range(min(n, 900_000))}))
        yield with_(f"{size} bytes of text", size, lambda o, n: o["metadata"].update(annotations={"a": "x" * n}))
        yield with_(f"{size} bytes of escapes", size, lambda o, n: o["metadata"].update(annotations={"a": "\n" * n}))
        yield with_(f"{size} bytes of exemptions", size, lambda o, n: o["metadata"].update(annotations={f"stateward.dev/exempt.p{i}": "" for i in range(n)}))
        yield with_(f"{size} bytes of containers", size, lambda o, n: o["spec"]["template"]["spec"].update(containers=[dict(container, name=f"c{i}") for i in range(n)]))
        yield with_(f"{size} bytes of volumes", size, lambda o, n: o["spec"]["template"]["spec"].update(volumes=[{"name": f"v{i}", "persistentVolumeClaim": {"claimName": f"c{i}"}} for i in range(n)]))
        yield with_(f"{size} bytes of mounts", size, lambda o, n: o["spec"]["template"]["spec"]["containers"][0].update(volumeMounts=[{"name": f"v{i}"} for i in range(n)]))
        yield with_(f"{size} bytes of templates", size, lambda o, n: o["spec"].update(volumeClaimTemplates=[{"metadata": {"name": f"v{i}"}} for i in range(n)]))


def reviewed(target):
    made = target.tls(); made.sendall(post(REVIEW)); hear(made)
    return made


def greeting(target):
    made = target.plain(); made.sendall(b"\x16\x03\x01\x40\0" + b"\1\0\x3f\xfc" + bytes(16_000))
    return made


def most_of_a_record(target):
    made = reviewed(target)
    os.write(made.fileno(), b"\x17\x03\x03\x40\0" + bytes(16_000))
    return made


CONNECTIONS = {"that is silent": lambda target: target.plain(), "idle": reviewed, "with most of a hello": greeting, "with most of a record": most_of_a_record}


def main(work):
    target = Target(work)
    assert target.serves()
    print(f"{'at rest':40} {target.resident():8.1f} MiB")
    for name, body in bodies():
        target.stop()
        target = Target(work)
        assert target.serves()
        rest = target.resident()
        reset(target)
        status = target.ask(body, "/validate", 60)[0]
        took = target.highest() - rest
        print(f"{name:40} {took:8.1f} MiB {took * MIB / len(body):8.1f} for each byte, status {status}", flush=True)
    target.stop()
    for name, make in CONNECTIONS.items():
        target = Target(work)
        assert target.serves()
        rest = target.resident()
        made = [make(target) for _ in range(2000)]
        time.sleep(1)
        print(f"{'a connection ' + name:40} {(target.resident() - rest) * 1024 / len(made):8.1f} KiB", flush=True)
        target.process.kill(); target.process.wait()


with tempfile.TemporaryDirectory() as work:
    main(work)
