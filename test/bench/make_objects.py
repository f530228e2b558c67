"""Fills an API server: make_objects.py STATE COUNT. Of eight objects one is a StatefulSet, one its Service, three its claims and
three its Pods, as charts write them and the set's controller makes them, spread over fifty namespaces. The controllers have to
stand still: to them the Pods are of another revision."""
import http.client, json, re, ssl, sys, threading

state, count = sys.argv[1], int(sys.argv[2])
server = re.search(r'server: "https://([^"]+)"', open(f"{state}/admin.conf").read()).group(1)
context = ssl.create_default_context(cafile=f"{state}/ca.crt")
context.load_cert_chain(f"{state}/admin.crt", f"{state}/admin.key")


def objects_of(i):
    """Yields each object's path and body, and takes the uid that it got."""
    namespace, name = f"team-{i % 50}", f"db-{i}"
    selector = {"app.kubernetes.io/name": "db", "app.kubernetes.io/instance": name}
    labels = {**selector, "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "db-1.2.3"}
    container = {"name": "db", "image": "registry.example.com/db:1.2.3", "ports": [{"name": "client", "containerPort": 5432}],
                 "env": [{"name": f"V{k}", "value": "x" * 20} for k in range(15)], "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    core, apps = f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}"
    uid = yield f"{apps}/statefulsets", {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "labels": labels}, "spec": {
        "replicas": 3, "serviceName": name, "selector": {"matchLabels": selector},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}]}}
    yield f"{core}/services", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels},
                               "spec": {"clusterIP": "None", "selector": selector, "ports": [{"name": "client", "port": 5432}]}}
    for k in range(3):
        ours = {"stateward.dev/statefulset": name, "stateward.dev/claim-template": "data", "stateward.dev/ordinal": str(k),
                "stateward.dev/retention": "retain"}
        yield f"{core}/persistentvolumeclaims", {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": claim,
                                                 "metadata": {"name": f"data-{name}-{k}", "labels": {**selector, **ours}}}
        own = {"controller-revision-hash": f"{name}-5d4f8c7b9", "statefulset.kubernetes.io/pod-name": f"{name}-{k}", "apps.kubernetes.io/pod-index": str(k)}
        owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name, "uid": uid, "controller": True, "blockOwnerDeletion": True}
        metadata = {"name": f"{name}-{k}", "labels": {**labels, **own}, "ownerReferences": [owner]}
        yield f"{core}/pods", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {
            "hostname": f"{name}-{k}", "subdomain": name, "containers": [container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}-{k}"}}]}}


def post(connection, path, body):
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300 and answer.status != 409:
        sys.exit(f"{path}: {answer.status} {text[:300]}")
    return json.loads(text)["metadata"].get("uid")


def work(first, step):
    connection = http.client.HTTPSConnection(server, context=context)
    for i in range(first, count // 8, step):
        made, uid = objects_of(i), None
        try:
            while True:
                uid = post(connection, *made.send(uid))
        except StopIteration:
            pass


first = http.client.HTTPSConnection(server, context=context)
for i in range(50):
    namespace = f"team-{i}"
    post(first, "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    post(first, f"/api/v1/namespaces/{namespace}/serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
threads = [threading.Thread(target=work, args=(i, 8)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
