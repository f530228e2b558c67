#!/usr/bin/env python3
"""What faults_test.sh asks a cluster of node/up.sh, faster than kubectl: a steady stream of StatefulSets and what became of each
call, and a cluster's objects, all of them.

  faults.py run STATE FOLDER      four calls a second, until FOLDER/stop exists: three dry runs, and one set that is really made,
                                  and deleted 15 s later. Each call is a line of FOLDER/calls: when, what, status, seconds, named
  faults.py report FOLDER FROM [TO]
                                  sums up what began between these times (seconds since 1970), as words NAME=NUMBER
  faults.py compare STATE COUNT   medians of a dry run where the webhooks are asked and where they are not, in turns
  faults.py burst STATE NAME COUNT
                                  makes that many sets as fast as it goes
  faults.py objects STATE FILE    writes all objects of all kinds, without what changes by itself
  faults.py changes FILE FILE     what differs: "added KIND NAMESPACE/NAME", "removed ...", "changed ... FIELD"
The sets have no members and no serviceName: a call is `named` where the answer has one, so the webhook was asked."""
import http.client
import json
import os
import ssl
import statistics
import sys
import threading
import time


class Cluster:
    def __init__(self, state):
        self.context = ssl.create_default_context(cafile=f"{state}/ca.crt")
        self.context.load_cert_chain(f"{state}/admin.crt", f"{state}/admin.key")
        self.connection = None

    def call(self, method, path, body=None):
        """Status and answer; status 0 where none came."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPSConnection("10.88.0.1", 6443, context=self.context, timeout=35)
            self.connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection = None
            return 0, {"message": repr(error)}

    def create(self, name, dry=False, namespace="default"):
        path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets" + ("?dryRun=All" if dry else "")
        return self.call("POST", path, {
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "labels": {"made-by": "stream"}},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "registry.example.com/c:1", "ports": [{"name": "client", "containerPort": 7000}]}]}}}})

    def delete(self, name):
        return self.call("DELETE", f"/apis/apps/v1/namespaces/default/statefulsets/{name}")


def run(state, folder):
    lock = threading.Lock()
    out = open(f"{folder}/calls", "a", buffering=1)

    def note(what, call, *arguments):
        began = time.time()
        status, answer = call(*arguments)
        named = bool(answer.get("spec", {}).get("serviceName"))
        with lock:
            print(f"{began:.3f} {what} {status} {time.time() - began:.3f} {int(named)} {'' if status in (200, 201) else answer.get('message')}", file=out)
        return status

    def worker(number):
        cluster = Cluster(state)
        made, unsure = [], []
        due = time.time() + number / 4
        count = 0
        while not os.path.exists(f"{folder}/stop"):
            time.sleep(max(0, due - time.time()))
            due = max(due + 1, time.time())
            count += 1
            name = f"stream-{number}-{count}"
            if number != 0:
                note("dry", cluster.create, name, True)
            else:
                if note("real", cluster.create, name) == 201:
                    made.append((time.time(), name))
                else:
                    unsure.append(name)
                if made[:1] and made[0][0] < time.time() - 15:
                    note("delete", cluster.delete, made.pop(0)[1])
        for name in unsure + [name for _, name in made]:
            cluster.delete(name)

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(folder, begin, end="inf"):
    begin, end = float(begin), float(end)
    failed, unnamed, took, recovered = [], [], [], 0.0
    for line in open(f"{folder}/calls"):
        when, what, status, seconds, named, *_ = line.split()
        if not begin <= float(when) < end:
            continue
        took.append(float(seconds))
        if status not in ("200", "201"):
            failed.append(line)
        elif what != "delete" and named == "0":
            unnamed.append(line)
        else:
            continue
        recovered = float(when) + float(seconds) - begin
    median = statistics.median(took) if took else 0
    print(f"{len(took)} calls, {len(failed)} failed, {len(unnamed)} unnamed, median {median * 1000:.0f} ms, slowest {max(took, default=0) * 1000:.0f} ms"
          + (f", all well again after {recovered:.1f} s" if begin and recovered else ""))
    print(*failed[:5], sep="", end="", file=sys.stderr)


def compare(state, count):
    cluster = Cluster(state)
    took = {"default": [], "kube-public": []}  # the second is none of the webhooks' business
    for number in range(int(count) + 10):
        for namespace, seconds in took.items():
            began = time.perf_counter()
            status, _ = cluster.create("compared", True, namespace)
            if number >= 10:
                seconds.append(time.perf_counter() - began)
            assert status == 201
    asked, alone = (statistics.median(took[namespace]) * 1000 for namespace in ("default", "kube-public"))
    print(f"CREATE of a StatefulSet, dry run, medians of {count} in turns: {asked:.2f} ms with the webhooks, {alone:.2f} ms without, {asked - alone:.2f} ms more")


def burst(state, name, count):
    cluster = Cluster(state)
    for number in range(int(count)):
        status, answer = cluster.create(f"{name}-{number}")
        if status != 201:
            sys.exit(f"{status} {answer}")


def objects(state, file):
    cluster = Cluster(state)

    def get(path):
        status, answer = cluster.call("GET", path)
        assert status == 200, f"{path}: {status} {answer}"
        return answer

    paths = ["/api/v1"] + ["/apis/" + group["preferredVersion"]["groupVersion"] for group in get("/apis")["groups"]]
    found = {}
    for path in paths:
        for resource in get(path)["resources"]:
            # Events come and go, Leases are renewed.
            if "list" not in resource["verbs"] or "/" in resource["name"] or resource["name"] in ("events", "leases", "componentstatuses"):
                continue
            for item in get(f"{path}/{resource['name']}")["items"]:
                metadata = item["metadata"]
                for field in ("resourceVersion", "managedFields"):
                    metadata.pop(field, None)
                item.pop("status", None)
                found[f"{resource['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = item
    json.dump(found, open(file, "w"), indent=1, sort_keys=True)


def changes(before, after):
    before, after = (json.load(open(file)) for file in (before, after))

    def differ(left, right, path):
        if left == right:
            return
        if isinstance(left, dict) and isinstance(right, dict):
            for key in sorted(left.keys() | right.keys()):
                yield from differ(left.get(key), right.get(key), f"{path}/{key}")
        else:
            yield path

    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            print("removed", name)
        elif name not in before:
            print("added", name)
        else:
            for path in differ(before[name], after[name], ""):
                print("changed", name, path)


{"objects": objects, "changes": changes, "run": run, "report": report, "compare": compare, "burst": burst}[sys.argv[1]](*sys.argv[2:])
