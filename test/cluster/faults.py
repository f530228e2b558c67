#!/usr/bin/env python3
"""What faults_test.sh and upgrade_test.sh ask a cluster of node/up.sh, faster than kubectl: a steady stream of StatefulSets and
what became of each call, handshakes as API servers make them, and a cluster's objects, all of them.

  faults.py run STATE FOLDER      thirteen calls a second, until FOLDER/stop exists: twelve dry runs, and one set that is really
                                  made, and deleted 15 s later. Each call is a line of FOLDER/calls: when, what, status, seconds,
                                  whether it was mended, what was wrong
  faults.py handshakes STATE FOLDER
                                  four new connections a second to the webhook's Service, as by an API server that uses the
                                  configurations as they are now, and one that uses them as they were 3 s ago; noted the same way
  faults.py report FOLDER FROM [TO]
                                  sums up what began between these times (seconds since 1970)
  faults.py given-up STATE        how many calls to webhooks the API server has given up on since it was started
  faults.py compare STATE COUNT   medians of a dry run where the webhooks are asked and where they are not, in turns
  faults.py burst STATE NAME COUNT [PROCESS SIGNAL]
                                  makes that many sets as fast as it goes; half way, the process gets the signal
  faults.py objects STATE FILE    writes all objects of all kinds, without what changes by itself
  faults.py changes FILE FILE     what differs: "added KIND NAMESPACE/NAME", "removed ...", "changed ... FIELD"
The sets have no members and no serviceName: a call is mended where the answer has one, so the webhook was asked."""
import base64
import http.client
import json
import os
import re
import socket
import ssl
import statistics
import sys
import threading
import time

SETTLED = 3  # seconds for which an API server may go on with what a configuration held; the tests' controllers wait 5


class Cluster:
    def __init__(self, state):
        self.context = ssl.create_default_context(cafile=f"{state}/ca.crt")
        self.context.load_cert_chain(f"{state}/admin.crt", f"{state}/admin.key")
        self.connection = None

    def raw(self, method, path, body=None):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("10.88.0.1", 6443, context=self.context, timeout=35)
        self.connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def call(self, method, path, body=None):
        """Status and answer; status 0 where none came."""
        try:
            status, text = self.raw(method, path, body)
            return status, json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection = None
            return 0, {"message": repr(error)}

    def get(self, path):
        status, answer = self.call("GET", path)
        assert status == 200, f"{path}: {status} {answer}"
        return answer

    def create(self, name, dry=False, namespace="default"):
        path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets" + ("?dryRun=All" if dry else "")
        return self.call("POST", path, {
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "labels": {"made-by": "stream"}},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "registry.example.com/c:1", "ports": [{"name": "client", "containerPort": 7000}]}]}}}})

    def delete(self, name):
        return self.call("DELETE", f"/apis/apps/v1/namespaces/default/statefulsets/{name}")


class Calls:
    """What became of each call, line by line."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.out = open(f"{folder}/calls", "a", buffering=1)
        self.lock = threading.Lock()

    def note(self, began, what, good, mended, wrong):
        with self.lock:
            print(f"{began:.3f} {what} {int(good)} {time.time() - began:.3f} {int(bool(mended))} {'' if good else wrong}", file=self.out)


def run(state, folder):
    calls = Calls(folder)

    def make(what, call, *arguments):
        began = time.time()
        status, answer = call(*arguments)
        good = status in (200, 201)
        calls.note(began, what, good, what == "delete" or answer.get("spec", {}).get("serviceName"), f"{status} {answer.get('message')}")
        return good

    def each(period, offset, work):
        due = time.time() + offset
        count = 0
        while not os.path.exists(f"{folder}/stop"):
            time.sleep(max(0, due - time.time()))
            due = max(due + period, time.time())
            count += 1
            work(count)

    def dry(number):
        cluster = Cluster(state)
        each(.25, number / 12, lambda count: make("dry", cluster.create, f"stream-{number}-{count}", True))

    def real():
        cluster = Cluster(state)
        made, unsure = [], []

        def work(count):
            name = f"stream-0-{count}"
            if make("real", cluster.create, name):
                made.append((time.time(), name))
            else:
                unsure.append(name)  # it may be there all the same
            if made and made[0][0] < time.time() - 15:
                make("delete", cluster.delete, made.pop(0)[1])

        each(1, 0, work)
        for name in unsure + [name for _, name in made]:
            cluster.delete(name)

    threads = [threading.Thread(target=real)] + [threading.Thread(target=dry, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def handshakes(state, folder):
    calls = Calls(folder)
    cluster = Cluster(state)
    service = cluster.get("/api/v1/namespaces/stateward-system/services/stateward-webhook")["spec"]["clusterIP"]
    held = {}  # until when each bundle was held by a configuration

    def shake(bundle):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=bundle)
        with socket.create_connection((service, 443), timeout=5) as plain, \
                context.wrap_socket(plain, server_hostname="stateward-webhook.stateward-system.svc"):
            return ""

    while not os.path.exists(f"{folder}/stop"):
        began = time.time()
        for kind in ("mutating", "validating"):
            found = cluster.get(f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/stateward-{kind}")
            for webhook in found["webhooks"]:
                held[base64.b64decode(webhook["clientConfig"]["caBundle"]).decode()] = began
        held = {bundle: until for bundle, until in held.items() if until > began - SETTLED}
        for bundle in held:
            try:
                wrong = shake(bundle)
            except OSError as error:
                wrong = repr(error)
            # Where this machine stood still, the bundle may be older than any API server's.
            if time.time() < began + 1:
                calls.note(began, "handshake", not wrong, True, wrong)
        time.sleep(max(0, began + .25 - time.time()))


def report(folder, begin, end="inf"):
    begin, end = float(begin), float(end)
    failed, unmended, took, recovered = [], [], [], 0.0
    for line in open(f"{folder}/calls"):
        when, what, good, seconds, mended, *_ = line.split()
        if not begin <= float(when) < end:
            continue
        took.append(float(seconds))
        if good == "0":
            failed.append(line)
        elif mended == "0":
            unmended.append(line)
        else:
            continue
        recovered = float(when) + float(seconds) - begin
    if not took:
        sys.exit("no calls")
    print(f"{len(took)} calls, {len(failed)} failed, {len(unmended)} unmended, median {statistics.median(took) * 1000:.0f} ms, slowest {max(took) * 1000:.0f} ms"
          + (f", all well again after {recovered:.1f} s" if begin and recovered else ""))
    print(*(failed + unmended)[:5], sep="", end="", file=sys.stderr)


def given_up(state):
    """Webhooks that were let be (Ignore), and requests that were denied because of them (Fail)."""
    _, text = Cluster(state).raw("GET", "/metrics")
    counts = re.findall(r'^apiserver_admission_webhook_(?:fail_open_count|rejection_count\{[^}]*error_type="calling_webhook_error")\S* (\d+)$',
                        text.decode(), re.MULTILINE)
    print(sum(map(int, counts)))


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


def burst(state, name, count, process=None, signal=None):
    cluster = Cluster(state)
    for number in range(int(count)):
        if process and number == int(count) // 2:
            os.kill(int(process), int(signal))
        status, answer = cluster.create(f"{name}-{number}")
        if status != 201:
            sys.exit(f"{status} {answer}")


def objects(state, file):
    cluster = Cluster(state)
    paths = ["/api/v1"] + ["/apis/" + group["preferredVersion"]["groupVersion"] for group in cluster.get("/apis")["groups"]]
    found = {}
    for path in paths:
        for resource in cluster.get(path)["resources"]:
            if "list" not in resource["verbs"] or "/" in resource["name"] or resource["name"] in ("events", "componentstatuses"):
                continue
            for item in cluster.get(f"{path}/{resource['name']}")["items"]:
                metadata = item["metadata"]
                if metadata.get("namespace") == "kube-node-lease":
                    continue
                for field in ("resourceVersion", "managedFields"):
                    metadata.pop(field, None)
                item.pop("status", None)
                if resource["kind"] == "Lease":  # is renewed all the time
                    item.pop("spec", None)
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


commands = {"run": run, "handshakes": handshakes, "report": report, "given-up": given_up, "compare": compare, "burst": burst,
            "objects": objects, "changes": changes}
commands[sys.argv[1]](*sys.argv[2:])
