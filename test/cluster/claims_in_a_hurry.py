#!/usr/bin/env python3
"""A claim is made and five milliseconds later a set of two replicas that mounts it: claims_in_a_hurry.py STATE MODE TRIES

Prints how many sets were created, how many were denied for the claim's mode, and how many were denied otherwise. STATE is up.sh's."""
import http.client
import json
import ssl
import sys
import time

state, mode, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
tls = ssl.create_default_context(cafile=f"{state}/ca.crt")
tls.load_cert_chain(f"{state}/admin.crt", f"{state}/admin.key")
server = http.client.HTTPSConnection("10.88.0.1", 6443, context=tls)
claims, sets = "/api/v1/namespaces/hurry/persistentvolumeclaims", "/apis/apps/v1/namespaces/hurry/statefulsets"


def ask(method, path, body=None):
    server.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer = server.getresponse()
    return answer.status, json.loads(answer.read())


def claim_of(name):
    return {
        "metadata": {"name": name},
        "spec": {"accessModes": [mode], "storageClassName": "", "resources": {"requests": {"storage": "1Mi"}}},
    }


def set_of(name):
    container = {"name": "app", "image": "docker.io/local/box:1", "imagePullPolicy": "Never", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": name}}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "volumes": [volume]}},
        },
    }


created = denied = otherwise = 0
for number in range(tries):
    name = f"{mode.lower()}-{number}"
    status, answer = ask("POST", claims, claim_of(name))
    assert status == 201, answer
    time.sleep(0.005)
    status, answer = ask("POST", sets, set_of(name))
    if status == 201:
        created += 1
        ask("DELETE", f"{sets}/{name}")
    elif status == 403 and f'share claim "{name}", which is {mode}:' in answer["message"]:
        denied += 1
    else:
        otherwise += 1
        print(status, answer.get("message"), file=sys.stderr)
    ask("DELETE", f"{claims}/{name}")
print(f"{created} created, {denied} denied, {otherwise} denied otherwise")
