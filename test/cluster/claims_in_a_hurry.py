#!/usr/bin/env python3
"""What mounts a claim that is only just there: claims_in_a_hurry.py STATE ReadWriteMany|ReadWriteOnce|scale TRIES

A claim of that mode is made, and five milliseconds later a set of two replicas that mounts it; or ("scale") a set of one replica that
mounts a ReadWriteOnce one, which is scaled to two at once. Prints how many were created or scaled, how many were denied for the
claim's mode, and how many were denied otherwise. STATE is up.sh's."""
import http.client
import json
import ssl
import sys
import time

state, what, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
mode = "ReadWriteOnce" if what == "scale" else what
tls = ssl.create_default_context(cafile=f"{state}/ca.crt")
tls.load_cert_chain(f"{state}/admin.crt", f"{state}/admin.key")
server = http.client.HTTPSConnection("10.88.0.1", 6443, context=tls, timeout=60)
claims, sets = "/api/v1/namespaces/hurry/persistentvolumeclaims", "/apis/apps/v1/namespaces/hurry/statefulsets"


def ask(method, path, body=None):
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    server.request(method, path, json.dumps(body) if body else None, {"Content-Type": kind})
    answer = server.getresponse()
    return answer.status, json.loads(answer.read())


def claim_of(name):
    return {
        "metadata": {"name": name},
        "spec": {"accessModes": [mode], "storageClassName": "", "resources": {"requests": {"storage": "1Mi"}}},
    }


def set_of(name, replicas):
    container = {"name": "app", "image": "docker.io/local/box:1", "imagePullPolicy": "Never", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": name}}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "volumes": [volume]}},
        },
    }


created = denied = otherwise = 0
for number in range(tries):
    name = f"{what.lower()}-{number}"
    status, answer = ask("POST", claims, claim_of(name))
    assert status == 201, answer
    time.sleep(0.005)
    status, answer = ask("POST", sets, set_of(name, 1 if what == "scale" else 2))
    if what == "scale":
        assert status == 201, answer
        status, answer = ask("PATCH", f"{sets}/{name}/scale", {"spec": {"replicas": 2}})
    if status in (200, 201):
        created += 1
    elif status == 403 and f'share claim "{name}", which is {mode}:' in answer["message"]:
        denied += 1
    else:
        otherwise += 1
        print(status, answer.get("message"), file=sys.stderr)
    ask("DELETE", f"{sets}/{name}")
    ask("DELETE", f"{claims}/{name}")
print(f"{created} created, {denied} denied, {otherwise} denied otherwise")
