"""Bodies that are hard to read: threats b to h, t, u of the threat model, and rule 10."""
import json, tempfile
from target import *


def review(**changes):
    made = json.loads(REVIEW)
    for path, value in changes.items():
        node = made
        *parents, last = path.split("__")
        for name in parents:
            node = node[int(name)] if isinstance(node, list) else node[name]
        node[last] = value
    return made


def answered(target, name, body, guard=(200,), guard_denies=True, seconds=10):
    """The guard denies what cannot be judged, the others let it pass with a warning; or it is no review at all (400)."""
    for path in ["/validate", "/mutate", "/validate/guard"]:
        before = time.monotonic()
        try:
            status, head, text = target.ask(body, path, timeout=60)
        except OSError as error:
            return check(name, False, (path, error))
        took = time.monotonic() - before
        good = status in guard
        if status == 200:
            response = json.loads(text)["response"]
            good = good and response["allowed"] == (not guard_denies or path != "/validate/guard") and (not guard_denies or path == "/validate/guard" or response.get("warnings"))
        if not good or took > seconds:
            return check(name, False, (path, status, head, text[:500], took))
    check(name, True)


def main(work):
    target = Target(work)
    text = REVIEW.decode()
    at = text.index('"spec":{')
    for name, body in [
        ("in the envelope", text.replace('"request":{', '"kind":"AdmissionReview","request":{', 1)),
        ("in the request", text.replace('"request":{', '"request":{"uid":"x","uid":"x",', 1)),
    ]:
        answered(target, f"threat b: a member given twice {name}", body.encode(), guard=(200, 400), guard_denies=True)
    answered(target, "threat b: a member given twice in the object", (text[:at] + '"spec":{"replicas":1,"replicas":2},' + text[at:]).encode())
    for suffix in [b"{}", b"x", b"\0", b"\0{}", b"]", b",", b"\xef\xbb\xbf", b"null", b"//", b"/* */"]:
        answered(target, f"threat c: nothing may stand behind the review: {suffix!r}", REVIEW + suffix, guard=(400,))
    for prefix in [b"\xef\xbb\xbf", b"\0", b"[", b"x"]:
        answered(target, f"threat c: nor before it: {prefix!r}", prefix + REVIEW, guard=(400,))
    for number in ["1e400", "18446744073709551616", "-9223372036854775809", "1.5", '"3"', "true", "0x10", "01", "+1", "NaN", "Infinity"]:
        answered(target, f"threat d: replicas of {number}", text.replace('"spec":{', f'"spec":{{"replicas":{number},', 1).encode() if '"replicas"' not in text
                 else __import__("re").sub(r'"replicas":\d+', f'"replicas":{number}', text).encode(), guard=(200, 400))
    for depth in [300, 10_000, 100_000, 4_000_000]:
        for opening, closing in [("[", "]"), ('{"a":', "}")]:
            body = text[:at] + '"x":' + opening * depth + "1" + closing * depth + "," + text[at:]
            if len(body) < 8 << 20:
                answered(target, f"threat e: {depth} levels of {opening}", body.encode(), guard=(200, 400))
            if len(opening * depth) < 8 << 20:
                answered(target, f"threat e: {depth} levels of {opening} that never end", (opening * depth).encode(), guard=(400,))
    template = review()["request"]["object"]
    labels = {f"l{i:06}z": "v" for i in range(80_000)}
    for name, changes in {
        "a million values": {"request__object__x": [1] * 1_100_000},
        "100,000 members": {"request__object__x": {str(i): i for i in range(100_000)}},
        "2,000 containers": {"request__object__spec__template__spec__containers": [dict(template["spec"]["template"]["spec"]["containers"][0], name=f"c{i}") for i in range(2000)]},
        "5,000 claim templates": {"request__object__spec__volumeClaimTemplates": [{"metadata": {"name": f"v{i}"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}} for i in range(5000)]},
        "250,000 claim templates": {"request__object__spec__volumeClaimTemplates": [{"metadata": {"name": f"{i}"}} for i in range(250_000)]},
        "400,000 mounts": {"request__object__spec__template__spec__containers__0__volumeMounts": [{"name": f"{i}"} for i in range(400_000)]},
        "30,000 volumes": {"request__object__spec__template__spec__volumes": [{"name": f"v{i}", "persistentVolumeClaim": {"claimName": f"c{i}"}} for i in range(30_000)]},
        "30,000 mounts": {"request__object__spec__template__spec__containers__0__volumeMounts": [{"name": f"v{i}", "mountPath": f"/m{i}"} for i in range(30_000)]},
        "50,000 ports": {"request__object__spec__template__spec__containers__0__ports": [{"containerPort": i % 65535 + 1, "name": f"p{i}"} for i in range(50_000)]},
        "100,000 variables": {"request__object__spec__template__spec__containers__0__env": [{"name": f"V{i}", "value": "$(V%d)" % (i + 1)} for i in range(100_000)]},
        "100,000 labels": {"request__object__metadata__labels": {f"l{i}": "v" for i in range(100_000)}, "request__object__spec__selector": {"matchLabels": {f"l{i}": "v" for i in range(100_000)}}},
        "20,000 volumes, each mounted": {"request__object__spec__template__spec__volumes": [{"name": f"v{i}", "emptyDir": {}} for i in range(20_000)],
            "request__object__spec__template__spec__containers__0__volumeMounts": [{"name": f"v{i}", "mountPath": f"/m{i}"} for i in range(20_000)]},
        "80,000 labels selected by everything": {"request__object__metadata__labels": labels, "request__object__spec__selector": {"matchLabels": labels}, "request__object__spec__template__metadata__labels": labels,
            "request__object__spec__template__spec__affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}]}}},
        "100,000 exemptions": {"request__object__metadata__annotations": {f"stateward.dev/exempt.p{i}": "why; until 2030-01-01" for i in range(100_000)}},
        "a string of 7 MiB": {"request__object__metadata__annotations": {"a": "x" * (7 << 20)}},
        "7 MiB of escapes": {"request__object__metadata__annotations": {"a": "\n" * (3 << 20)}},
    }.items():
        body = json.dumps(review(**changes), separators=(",", ":")).encode()
        assert len(body) <= 8 << 20, name
        with target.tls(60) as live, meanwhile(lambda: target.ask(body, "/validate", 60)):
            slowest = 0
            for _ in range(10):
                before = time.monotonic(); live.sendall(post(REVIEW)); status = hear(live)[0]
                slowest = max(slowest, time.monotonic() - before)
                assert status == 200
        before = time.monotonic(); status, _, _ = target.ask(body, "/validate", 60); took = time.monotonic() - before
        check(f"rule 10, threat f: {name} are answered, and hold up nobody", status in (200, 400) and took < 10 and slowest < 5, (status, took, slowest))
    check("threat f: and take no more memory than webhook/footprint.h counts", target.highest() < 256 * (4 if os.environ.get("SANITIZED") else 1), target.highest())
    for field in ["request__name", "request__namespace", "request__userInfo__username", "request__object__metadata__name", "request__object__spec__serviceName",
                  "request__object__spec__template__spec__containers__0__image", "request__object__spec__template__spec__containers__0__name"]:
        body = json.dumps(review(**{field: "a" * (1 << 20)})).encode()
        before = time.monotonic(); status, _, text = target.ask(body, "/validate/guard"); took = time.monotonic() - before
        check(f"threat h: 1 MiB of {field.split('__')[-1]}", status == 200 and took < 5 and len(text) < 16384, (status, took, len(text)))
    for name, bytes_ in [("overlong", b"\xc0\xaf"), ("a surrogate", b"\xed\xa0\x80"), ("cut", b"\xe2\x82"), ("beyond", b"\xf5\x80\x80\x80")]:
        answered(target, f"threat g: text that is no UTF-8: {name}", REVIEW.replace(b'"spec":{', b'"x":"' + bytes_ + b'","spec":{', 1), guard=(200, 400))
    canary(target)
    check("rule 24: the server is the same as before", target.serves() and target.stop() == 0, target.log()[-2000:])


def canary(target):
    """A secret in every string of an object, and names that want to be lines of a log."""
    secret, forged = "CANARY0123456789", 'x\n{"level":"info","msg":"forged"}\r\nforged \x1b[31m\u2028forged'
    def planted(node, key=""):
        if isinstance(node, dict):
            return {k: planted(v, k) for k, v in node.items()} | ({"data": secret, "value": secret} if key == "env" else {})
        if isinstance(node, list):
            return [planted(v, key) for v in node]
        return secret if isinstance(node, str) and key in ("value", "args", "command", "annotations", "data", "image-pull-secret", "kubectl.kubernetes.io/last-applied-configuration") else node
    made = review()
    container = made["request"]["object"]["spec"]["template"]["spec"]["containers"][0]
    container.update(env=[{"name": "PASSWORD", "value": secret}], args=[secret], command=["sh", "-c", secret])
    made["request"]["object"]["metadata"]["annotations"] = {"note": secret}
    made["request"]["object"]["spec"]["template"]["metadata"].setdefault("annotations", {})["note"] = secret
    made = planted(made)
    # Denied, so that it is logged: a claim of a name that others share.
    made["request"]["object"]["spec"]["replicas"] = 3
    made["request"]["object"]["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "one"}}]
    container = made["request"]["object"]["spec"]["template"]["spec"]["containers"][0]
    container.setdefault("volumeMounts", []).append({"name": "v", "mountPath": "/v"})
    heard = b""
    for path in ["/validate", "/validate/guard", "/validate/observe", "/mutate"]:
        heard += target.ask(json.dumps(made).encode(), path)[2]
    made["request"]["userInfo"]["username"] = made["request"]["name"] = made["request"]["namespace"] = forged
    status, _, denied = target.ask(json.dumps(made).encode(), "/validate/guard")
    time.sleep(0.5)
    log = target.log()
    check("threat t: rule 51: no value of an object is in an answer or in the log", secret.encode() not in heard + denied + log, heard[:500])
    check("threat u: names that hold line ends make no lines", status == 200 and b"\nforged" not in log and b'\n{"level"' not in log and b"\x1b" not in log and b"username" not in log, log[-800:])


with tempfile.TemporaryDirectory() as work:
    main(work)
