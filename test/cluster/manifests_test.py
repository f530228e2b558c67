"""Checks of the manifests as values: manifests_test.py FOLDER, with FOLDER/base.json, chart-base.json and so on as kubectl prints
objects. Prints the lines that test.sh counts. Each check is tried on manifests broken on purpose as well (`broken`, below)."""
import copy
import itertools
import json
import pathlib
import sys

OWN = "stateward-system"
SYSTEM = ["kube-system", "kube-node-lease", "kube-public", OWN]
NAME, ENFORCEMENT, GUARD = "kubernetes.io/metadata.name", "stateward.dev/enforcement", "stateward.dev/guard"


def load(path):
    """The objects of a file of JSON texts one behind the other."""
    text, found, at, decoder = path.read_text(), [], 0, json.JSONDecoder()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def of(objects, *kinds):
    return [o for o in objects if o["kind"] in kinds]


def get(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def entries(objects):
    return [w for o in of(objects, "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration") for w in o["webhooks"]]


def entry(objects, name):
    return next(w for w in entries(objects) if w["name"] == name)


# What the API server would do with a request, but for the CEL conditions.
def selects(selector, labels):
    for e in selector.get("matchExpressions", []):
        value, values = labels.get(e["key"]), e.get("values", [])
        if not {"In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None}[e["operator"]]:
            return False
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items())


def asks(webhook, group, resource, operation, labels):
    """`labels` are the namespace's; None stands for an object that has no namespace."""
    plain, _, sub = resource.partition("/")
    for rule in webhook["rules"]:
        wide = ["*/*", f"{plain}/*", f"*/{sub}"] if sub else ["*/*", "*"]
        named = resource in rule["resources"] or any(w in rule["resources"] for w in wide)
        scoped = rule.get("scope", "*") in ("*", "Cluster" if labels is None else "Namespaced")
        if named and scoped and (group in rule["apiGroups"] or "*" in rule["apiGroups"]) and (
            operation in rule["operations"] or "*" in rule["operations"]
        ):
            # Objects without a namespace are never exempt by its labels.
            return labels is None or selects(webhook.get("namespaceSelector", {}), labels)
    return False


CHANGES = ["CREATE", "UPDATE", "DELETE", "CONNECT"]
LABELS = [{}, {ENFORCEMENT: "warn"}, {GUARD: "strict"}]  # a namespace for each entry


# Rule 35.
def never_asked(objects):
    for webhook in entries(objects):
        for group, resource, labels in [
            ("", "nodes", None), ("", "nodes/status", None), ("", "namespaces", None), ("", "persistentvolumes", None),
            ("coordination.k8s.io", "leases", {NAME: "default"}), ("", "pods/binding", {NAME: "default"}), ("", "bindings", {NAME: "default"}),
            ("", "pods/eviction", {NAME: "default"}), ("", "pods/status", {NAME: "default"}), ("", "pods/ephemeralcontainers", {NAME: "default"}),
            ("", "pods/resize", {NAME: "default"}), ("", "pods/exec", {NAME: "default"}), ("", "pods/proxy", {NAME: "default"}),
            ("apps", "statefulsets/status", {NAME: "default"}), ("", "persistentvolumeclaims/status", {NAME: "default"}),
            ("", "secrets", {NAME: "default"}), ("", "configmaps", {NAME: "default"}), ("", "serviceaccounts/token", {NAME: "default"}),
            ("", "services", {NAME: "default"}), ("discovery.k8s.io", "endpointslices", {NAME: "default"}), ("", "events", {NAME: "default"}),
            ("apiextensions.k8s.io", "customresourcedefinitions", None), ("rbac.authorization.k8s.io", "clusterroles", None),
            ("rbac.authorization.k8s.io", "roles", {NAME: "default"}), ("rbac.authorization.k8s.io", "rolebindings", {NAME: "default"}),
            ("authentication.k8s.io", "tokenreviews", None), ("authorization.k8s.io", "subjectaccessreviews", None),
            ("authorization.k8s.io", "localsubjectaccessreviews", {NAME: "default"}), ("certificates.k8s.io", "certificatesigningrequests", None),
            ("admissionregistration.k8s.io", "validatingwebhookconfigurations", None), ("storage.k8s.io", "volumeattachments", None),
        ]:
            for operation, more in itertools.product(CHANGES, LABELS):
                if asks(webhook, group, resource, operation, labels and {**labels, **more}):
                    yield f"{webhook['name']}: {operation} {group}/{resource}"
        for namespace, operation in itertools.product(SYSTEM, CHANGES):
            for labels in LABELS:
                for group, resource in [("apps", "statefulsets"), ("apps", "statefulsets/scale"), ("", "pods"), ("", "persistentvolumeclaims")]:
                    if asks(webhook, group, resource, operation, {NAME: namespace, **labels}):
                        yield f"{webhook['name']}: {operation} {resource} in {namespace}"
        for rule in webhook["rules"]:
            if any("*" in word for field in rule.values() for word in (field if isinstance(field, list) else [field])):
                yield f"{webhook['name']}: a wildcard in {rule}"
            if rule.get("scope") != "Namespaced":
                yield f"{webhook['name']}: scope of {rule}"
        if {c["name"] for c in webhook["matchConditions"]} != {"not-a-kubelet", "not-a-status-write", "not-a-lease"}:
            yield f"{webhook['name']}: match conditions"
    if len({json.dumps(w["matchConditions"]) for w in entries(objects)}) != 1:
        yield "the entries differ in their match conditions"


# What has to be asked.
def asked(objects):
    wanted = {("apps", "statefulsets", o) for o in ("CREATE", "UPDATE", "DELETE")} | {("apps", "statefulsets/scale", "UPDATE")}
    wanted |= {("", r, o) for r in ("pods", "persistentvolumeclaims") for o in ("CREATE", "UPDATE", "DELETE")}
    ours = {"/validate": {}, "/validate/observe": {ENFORCEMENT: "warn"}, "/validate/guard": {GUARD: "strict"}}
    configuration = get(objects, "ValidatingWebhookConfiguration", "stateward-validating")
    for path, labels in ours.items():
        found = [w for w in configuration["webhooks"] if w["clientConfig"]["service"]["path"] == path]
        for group, resource, operation in wanted:
            if not any(asks(w, group, resource, operation, {NAME: "default", **labels}) for w in found):
                yield f"{path} is not asked about {operation} {resource}"
    mutate = entry(objects, "mutate.stateward.dev")
    for operation in ("CREATE", "UPDATE"):
        if not asks(mutate, "apps", "statefulsets", operation, {NAME: "default"}):
            yield f"/mutate is not asked about {operation}"
    if not asks(mutate, "", "persistentvolumeclaims", "CREATE", {NAME: "default"}):
        yield "/mutate is not asked about CREATE of claims"
    if asks(mutate, "apps", "statefulsets", "DELETE", {NAME: "default"}):
        yield "/mutate is asked about a deletion, which cannot be patched"


# Rule 36.
def harmless_when_away(objects):
    for w in entries(objects):
        if w["failurePolicy"] != ("Fail" if w["name"] == "guard.stateward.dev" else "Ignore"):
            yield f"{w['name']}: failure policy"
        if w["timeoutSeconds"] != (2 if w["name"] == "mutate.stateward.dev" else 3):
            yield f"{w['name']}: timeout"
        if w["sideEffects"] != "None" or w["matchPolicy"] != "Equivalent" or w["admissionReviewVersions"] != ["v1"]:
            yield f"{w['name']}: side effects, match policy or versions"
    if entry(objects, "mutate.stateward.dev")["reinvocationPolicy"] != "IfNeeded":
        yield "reinvocation"
    validating = get(objects, "ValidatingWebhookConfiguration", "stateward-validating")["webhooks"]
    for enforcement, guard in itertools.product([None, "warn", "other"], [None, "strict", "other"]):
        labels = {k: v for k, v in ((NAME, "default"), (ENFORCEMENT, enforcement), (GUARD, guard)) if v}
        wanted = "observe" if enforcement == "warn" else "guard" if guard == "strict" else "policy"
        found = [w["name"] for w in validating if selects(w["namespaceSelector"], labels)]
        if found != [f"{wanted}.stateward.dev"]:
            yield f"a namespace labelled {labels} is asked about at {found}"
        guarded = selects(get(objects, "ValidatingAdmissionPolicyBinding", "stateward-guard")["spec"]["matchResources"]["namespaceSelector"], labels)
        if guarded != (wanted == "guard"):
            yield f"the guard in CEL and the guard's entry differ for {labels}"


# Rule 37.
def comes_up_alone(objects):
    namespace = get(objects, "Namespace", OWN) if of(objects, "Namespace") else {"metadata": {"labels": {}}}
    for labels in LABELS:
        labels = {**namespace["metadata"]["labels"], NAME: OWN, **labels}
        for w in entries(objects):
            for group, resource in [("", "pods"), ("apps", "replicasets"), ("apps", "deployments"), ("", "secrets"), ("", "services"),
                                    ("coordination.k8s.io", "leases"), ("", "configmaps"), ("policy", "poddisruptionbudgets")]:
                for operation in CHANGES:
                    if asks(w, group, resource, operation, labels):
                        yield f"{w['name']}: our own {resource}"
        for b in of(objects, "ValidatingAdmissionPolicyBinding"):
            if b["metadata"]["name"] == "stateward-guard" and selects(b["spec"]["matchResources"]["namespaceSelector"], labels):
                yield "the guard in CEL takes our own namespace"


# Rule 41.
def stays_up(objects):
    quota = [e for q in of(objects, "ResourceQuota") for e in q["spec"]["scopeSelector"]["matchExpressions"]]
    for name, replicas in (("webhook", 2), ("controller", 2)):
        deployment = get(objects, "Deployment", f"stateward-{name}")["spec"]
        labels = {"app.kubernetes.io/name": "stateward", "app.kubernetes.io/component": name}
        pod = deployment["template"]["spec"]
        if deployment["replicas"] < replicas:
            yield f"{name}: replicas"
        if deployment["selector"]["matchLabels"] != labels or deployment["template"]["metadata"]["labels"] != labels:
            yield f"{name}: labels"
        if deployment["strategy"]["rollingUpdate"] != {"maxUnavailable": 0, "maxSurge": 1}:
            yield f"{name}: rolling update"
        affinity = pod.get("affinity", {}).get("podAntiAffinity", {})
        if not any(t["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname" and selects(t["podAffinityTerm"]["labelSelector"], labels)
                   for t in affinity.get("preferredDuringSchedulingIgnoredDuringExecution", [])):
            yield f"{name}: anti-affinity"
        if "requiredDuringSchedulingIgnoredDuringExecution" in affinity:
            yield f"{name}: a cluster of one node could not roll it out"
        if pod["priorityClassName"] != "system-cluster-critical":
            yield f"{name}: priority"
        if not any(e["scopeName"] == "PriorityClass" and pod["priorityClassName"] in e["values"] for e in quota):
            yield f"{name}: no quota admits its priority"
        for key in ("not-ready", "unreachable"):
            if not any(t["key"] == f"node.kubernetes.io/{key}" and t.get("tolerationSeconds") == 30 for t in pod["tolerations"]):
                yield f"{name}: toleration of {key}"
        for container in pod["containers"]:
            limits, requests = container["resources"]["limits"], container["resources"]["requests"]
            if limits.get("memory") != requests.get("memory") or "cpu" in limits or "cpu" not in requests:
                yield f"{name}: resources"
            ports = {p["name"]: p["containerPort"] for p in container["ports"]}
            for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
                get_ = container.get(probe, {}).get("httpGet", {})
                if get_.get("path") != path or ports.get(get_.get("port")) != 8081:
                    yield f"{name}: {probe}"
    webhook = get(objects, "Deployment", "stateward-webhook")["spec"]["template"]
    if webhook["spec"]["terminationGracePeriodSeconds"] != 60:
        yield "grace period"
    if not any(t["topologyKey"] == "topology.kubernetes.io/zone" and t["whenUnsatisfiable"] == "ScheduleAnyway"
               for t in webhook["spec"].get("topologySpreadConstraints", [])):
        yield "spread over zones"
    budget = [b["spec"] for b in of(objects, "PodDisruptionBudget") if selects(b["spec"]["selector"], webhook["metadata"]["labels"])]
    if [(b.get("maxUnavailable"), b.get("unhealthyPodEvictionPolicy")) for b in budget] != [(1, "AlwaysAllow")]:
        yield "disruption budget"
    service = get(objects, "Service", "stateward-webhook")["spec"]
    if not selects({"matchLabels": service["selector"]}, webhook["metadata"]["labels"]) or [(p["port"], p["targetPort"]) for p in service["ports"]] != [(443, 9443)]:
        yield "the Service does not lead to the webhook"
    if 9443 not in [p["containerPort"] for p in webhook["spec"]["containers"][0]["ports"]] or "0.0.0.0:9443" not in webhook["spec"]["containers"][0]["args"]:
        yield "the webhook does not listen where the Service leads"
    for w in entries(objects):
        s = w["clientConfig"]["service"]
        if (s["namespace"], s["name"], s["port"]) != (OWN, "stateward-webhook", 443):
            yield f"{w['name']} leads elsewhere"


# Pods keep to the restricted Pod Security Standard, and the namespace says so.
def restricted(objects):
    for namespace in of(objects, "Namespace"):
        if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield "the namespace"
    for d in of(objects, "Deployment"):
        pod, name = d["spec"]["template"]["spec"], d["metadata"]["name"]
        context = pod["securityContext"]
        if (context.get("runAsNonRoot"), context.get("runAsUser"), context.get("seccompProfile")) != (True, 65532, {"type": "RuntimeDefault"}):
            yield f"{name}: Pod"
        if any(pod.get(field) for field in ("hostNetwork", "hostPID", "hostIPC")) or any("hostPath" in v for v in pod.get("volumes", [])):
            yield f"{name}: the node's"
        if pod["automountServiceAccountToken"] is not True:
            yield f"{name}: it needs its token"
        for c in pod["containers"]:
            if c["securityContext"] != {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}:
                yield f"{name}: container"
    for account in of(objects, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"{account['metadata']['name']}: others must not get its token unasked"


# Rule 52: the rights of each account, one a line: where, group/resource, names, verbs.
def rights(objects, account):
    found = set()
    for binding in of(objects, "ClusterRoleBinding", "RoleBinding"):
        if {"kind": "ServiceAccount", "name": account, "namespace": OWN} not in binding["subjects"]:
            continue
        where = binding["metadata"].get("namespace", "everywhere")
        for rule in get(objects, binding["roleRef"]["kind"], binding["roleRef"]["name"])["rules"]:
            for group, resource, name in itertools.product(rule["apiGroups"], rule["resources"], rule.get("resourceNames", [""])):
                found |= {(where, f"{group}/{resource}".lstrip("/") + f" {name}" * bool(name), verb) for verb in rule["verbs"]}
    return found


def granted(where, *lines):
    return {(where, what, verb) for what, verbs in lines for verb in verbs.split()}


READ = "get list watch"
NAMESPACED = [(k, READ) for k in ("apps/statefulsets", "persistentvolumeclaims", "pods", "services", "policy/poddisruptionbudgets",
                                  "autoscaling/horizontalpodautoscalers")]
CONFIGURATIONS = ["admissionregistration.k8s.io/mutatingwebhookconfigurations stateward-mutating",
                  "admissionregistration.k8s.io/validatingwebhookconfigurations stateward-validating"]
CLUSTER = [(k, READ) for k in ["nodes", "namespaces", "persistentvolumes", "storage.k8s.io/storageclasses"]] + [(k, "get") for k in CONFIGURATIONS]
WRITES = [("services", "create patch"), ("persistentvolumeclaims", "patch"), ("events", "create")]
LEASE = [("coordination.k8s.io/leases", "create"), ("coordination.k8s.io/leases stateward-controller", "get patch update"), ("events", "create")]


def wanted_rights(where="everywhere", certificates=True, budgets=False):
    webhook = granted(where, *NAMESPACED) | granted("everywhere", *CLUSTER)
    webhook |= granted(OWN, ("configmaps stateward-settings", "get"))
    controller = webhook | granted(where, *WRITES) | granted(OWN, *LEASE)
    if budgets:
        controller |= granted(where, ("policy/poddisruptionbudgets", "create delete"))
    if certificates:
        webhook = webhook | granted(OWN, ("secrets stateward-authority", "get"))
        controller |= granted(OWN, ("secrets stateward-authority", "get patch")) | granted("everywhere", *[(c, "patch") for c in CONFIGURATIONS])
    return {"stateward-webhook": webhook, "stateward-controller": controller}


def least_rights(objects, **variant):
    for role in of(objects, "ClusterRole", "Role"):
        if "*" in json.dumps(role["rules"]) or any("nonResourceURLs" in r for r in role["rules"]):
            yield f"{role['metadata']['name']}: a wildcard"
        if role.get("aggregationRule") or any(k.startswith("rbac.authorization.k8s.io/aggregate") for k in role["metadata"].get("labels", {})):
            yield f"{role['metadata']['name']}: aggregated"
    for binding in of(objects, "ClusterRoleBinding", "RoleBinding"):
        for subject in binding["subjects"]:
            if subject["kind"] != "ServiceAccount" or subject["name"] not in ("stateward-webhook", "stateward-controller"):
                yield f"{binding['metadata']['name']}: {subject}"
    for account, wanted in wanted_rights(**variant).items():
        found = rights(objects, account)
        for right in sorted(found - wanted):
            yield f"{account}: too much: {right}"
        for right in sorted(wanted - found):
            yield f"{account}: not enough: {right}"
    for name in ("webhook", "controller"):
        if get(objects, "Deployment", f"stateward-{name}")["spec"]["template"]["spec"]["serviceAccountName"] != f"stateward-{name}":
            yield f"{name} runs under another account"
    for where, what, verb in rights(objects, "stateward-webhook"):
        if verb not in READ.split():
            yield f"the webhook may {verb} {what}"


# What the controller writes must survive the next apply, so the manifests do not name it.
def owns_nothing_of_the_controllers(objects):
    for w in entries(objects):
        if "caBundle" in w["clientConfig"]:
            yield f"{w['name']}: caBundle"
    for secret in of(objects, "Secret"):
        if set(secret) & {"data", "stringData", "immutable"}:
            yield f"{secret['metadata']['name']}: data"
    if of(objects, "Lease"):
        yield "a Lease"


def one_image(objects, image="stateward:0.1.0"):
    found = {c["image"] for d in of(objects, "Deployment") for c in d["spec"]["template"]["spec"]["containers"]}
    if found != {image}:
        yield f"{found}"


def all_labelled(objects):
    for o in objects:
        if o["metadata"].get("labels", {}).get("app.kubernetes.io/name") != "stateward":
            yield f"{o['kind']} {o['metadata']['name']}"


def denies_nothing(objects):
    for w in get(objects, "ValidatingWebhookConfiguration", "stateward-validating")["webhooks"]:
        if w["clientConfig"]["service"]["path"] != "/validate/observe" or w["failurePolicy"] != "Ignore":
            yield w["name"]
    if entry(objects, "mutate.stateward.dev")["failurePolicy"] != "Ignore":
        yield "mutate"
    for b in of(objects, "ValidatingAdmissionPolicyBinding"):
        if "Deny" in b["spec"]["validationActions"]:
            yield b["metadata"]["name"]


def keeps_to(objects, namespace):
    for w in entries(objects):
        for labels in LABELS:
            if selects(w["namespaceSelector"], {NAME: "default", **labels}):
                yield f"{w['name']} is asked about other namespaces"
        if not any(selects(w["namespaceSelector"], {NAME: namespace, **labels}) for labels in LABELS):
            yield f"{w['name']} is never asked"
    for d in of(objects, "Deployment"):
        args = d["spec"]["template"]["spec"]["containers"][0]["args"]
        if [args[i + 1] for i, a in enumerate(args) if a == "--watch-namespace"] != [namespace]:
            yield f"{d['metadata']['name']}: {args}"


def certificates_by_others(objects):
    arguments = {d["metadata"]["name"]: d["spec"]["template"]["spec"]["containers"][0]["args"] for d in of(objects, "Deployment")}
    if "--no-certificates" not in arguments["stateward-controller"]:
        yield "the controller"
    if not {"--tls-cert", "/tls/tls.crt", "--tls-key", "/tls/tls.key"} <= set(arguments["stateward-webhook"]):
        yield "the webhook"
    certificate = get(objects, "Certificate", "stateward-webhook")["spec"]
    if f"stateward-webhook.{OWN}.svc" not in certificate["dnsNames"]:
        yield "the name that the API server asks for"
    volumes = get(objects, "Deployment", "stateward-webhook")["spec"]["template"]["spec"]["volumes"]
    if certificate["secretName"] not in [v.get("secret", {}).get("secretName") for v in volumes]:
        yield "the Secret that the webhook mounts"
    for o in of(objects, "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        if o["metadata"].get("annotations", {}).get("cert-manager.io/inject-ca-from") != f"{OWN}/stateward-webhook":
            yield f"{o['metadata']['name']}: annotation"
    if of(objects, "Secret"):
        yield "a Secret"


def same(left, right):
    """Object by object; the order of objects and of what a selector demands does not matter."""
    def normal(value, key=""):
        if isinstance(value, dict):
            return {k: normal(v, k) for k, v in value.items() if not (k == "annotations" and not v)}
        if isinstance(value, list):
            items = [normal(v) for v in value]
            return sorted(items, key=json.dumps) if key == "matchExpressions" else items
        return value

    def table(objects):
        return {(o["apiVersion"], o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): normal(o) for o in objects}
    left, right = table(left), table(right)
    for key in sorted(set(left) | set(right)):
        if left.get(key) != right.get(key):
            yield f"{key}: {json.dumps(left.get(key))} is not {json.dumps(right.get(key))}"


def check(name, complaints):
    complaints = list(complaints)
    for complaint in complaints[:20]:
        print("  " + complaint[:2000])
    print("not ok" if complaints else "ok", name)


folder = pathlib.Path(sys.argv[1])
made = {path.stem: load(path) for path in folder.glob("*.json")}
base = made["base"]
check("no rule takes the system's namespaces, ours, nodes, leases, bindings, evictions or a wildcard", never_asked(base))
check("what has to be asked about is", asked(base))
check("timeouts are short, only the guard fails closed, each namespace has one entry", harmless_when_away(base))
check("we come up while our webhooks are away", comes_up_alone(base))
check("replicas, budget, spread, priority with quota, probes and limits are there", stays_up(base))
check("Pods keep to the restricted standard", restricted(base))
check("each account has the least rights, none a wildcard, and the webhook only reads", least_rights(base))
check("an apply never owns what the controller writes", owns_nothing_of_the_controllers(base))
check("the image is one value", one_image(base))
check("everything is labelled", all_labelled(base))
check("observe: nothing is denied", denies_nothing(made["observe"]))
check("observe: nothing else differs", itertools.chain(never_asked(made["observe"]), stays_up(made["observe"]), least_rights(made["observe"])))
check("namespaced: only the chosen namespace is asked about and watched", keeps_to(made["namespaced"], "databases"))
check("namespaced: rights in the chosen namespace only", least_rights(made["namespaced"], where="databases"))
check("cert-manager: the programs use its certificates", certificates_by_others(made["cert-manager"]))
check("cert-manager: neither account reads or writes certificates", least_rights(made["cert-manager"], certificates=False))
check("disruption budgets: only their right is added", least_rights(made["disruption-budgets"], budgets=True))
check("disruption budgets: the controller is told", [] if "--disruption-budgets" in json.dumps(made["disruption-budgets"]) and
      "--disruption-budgets" not in json.dumps(base) else ["no flag"])
check("no monitor without being asked for", [o["kind"] for o in base if o["kind"] == "ServiceMonitor"])
monitoring = made.get("monitoring", [])
check("monitoring: scraping, alerts and a dashboard, in our namespace",
      [o["metadata"]["name"] for o in monitoring if o["metadata"]["namespace"] != OWN] if
      sorted(o["kind"] for o in monitoring) == ["ConfigMap", "PrometheusRule", "Service", "ServiceMonitor"] and
      json.loads(get(monitoring, "ConfigMap", "stateward-dashboard")["data"]["stateward.json"])["panels"] else ["something is missing"])
if "chart-base" in made:
    for variant in ("base", "observe", "namespaced", "cert-manager", "disruption-budgets", "service-monitor"):
        check(f"the chart makes what kustomize makes: {variant}", same(made[variant], made[f"chart-{variant}"]))
    check("the chart leaves the namespace to Helm", same([o for o in base if o["kind"] != "Namespace"], made["chart-default"]))
    check("the chart's image is one value", one_image(made["chart-image"], "registry.example.com/stateward@sha256:" + "0" * 64))


# Each check must notice what it is for.
def at(objects, kind, name, *path):
    value = get(objects, kind, name)
    for step in path:
        value = value[step]
    return value


MUTATING, VALIDATING = ("MutatingWebhookConfiguration", "stateward-mutating"), ("ValidatingWebhookConfiguration", "stateward-validating")
POD, CONTROLLER = ("Deployment", "stateward-webhook", "spec", "template", "spec"), ("Deployment", "stateward-controller", "spec", "template", "spec")
broken = [
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 0, "namespaceSelector", "matchExpressions", 0, "values").remove("kube-system")),
    (never_asked, lambda o: at(o, *MUTATING, "webhooks", 0, "namespaceSelector", "matchExpressions", 0, "values").remove(OWN)),
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 2, "rules", 2, "resources").append("pods/eviction")),
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 2, "rules", 2, "resources").append("pods/*")),
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 1, "rules", 2, "resources").append("*")),
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 1, "rules", 0, "apiGroups").append("*")),
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 0, "rules", 0).update(scope="*")),
    (never_asked, lambda o: at(o, *VALIDATING, "webhooks", 0, "matchConditions").pop(0)),
    (asked, lambda o: at(o, *VALIDATING, "webhooks", 2, "rules", 1).update(resources=["statefulsets"])),
    (asked, lambda o: at(o, *VALIDATING, "webhooks", 1, "clientConfig", "service").update(path="/validate")),
    (asked, lambda o: at(o, *MUTATING, "webhooks", 0, "rules", 0, "operations").append("DELETE")),
    (harmless_when_away, lambda o: at(o, *VALIDATING, "webhooks", 0).update(failurePolicy="Fail")),
    (harmless_when_away, lambda o: at(o, *MUTATING, "webhooks", 0).update(timeoutSeconds=10)),
    (harmless_when_away, lambda o: at(o, *VALIDATING, "webhooks", 2, "namespaceSelector", "matchExpressions").pop()),
    (harmless_when_away, lambda o: at(o, *VALIDATING, "webhooks", 0, "namespaceSelector", "matchExpressions").pop()),
    (harmless_when_away, lambda o: at(o, "ValidatingAdmissionPolicyBinding", "stateward-guard", "spec", "matchResources", "namespaceSelector",
                                      "matchExpressions").pop()),
    (comes_up_alone, lambda o: at(o, *VALIDATING, "webhooks", 1, "namespaceSelector", "matchExpressions").pop(0)),
    (stays_up, lambda o: at(o, "PodDisruptionBudget", "stateward-webhook", "spec").update(maxUnavailable=0)),
    (stays_up, lambda o: at(o, "PodDisruptionBudget", "stateward-webhook", "spec").pop("unhealthyPodEvictionPolicy")),
    (stays_up, lambda o: at(o, "Deployment", "stateward-webhook", "spec").update(replicas=1)),
    (stays_up, lambda o: at(o, "Deployment", "stateward-webhook", "spec", "strategy", "rollingUpdate").update(maxUnavailable=1)),
    (stays_up, lambda o: at(o, "ResourceQuota", "stateward-critical-pods", "spec", "scopeSelector", "matchExpressions", 0).update(values=["x"])),
    (stays_up, lambda o: at(o, *POD, "containers", 0, "resources", "limits").update(memory="1Gi")),
    (stays_up, lambda o: at(o, *POD, "containers", 0).pop("readinessProbe")),
    (stays_up, lambda o: at(o, *POD).pop("topologySpreadConstraints")),
    (stays_up, lambda o: at(o, *POD).pop("affinity")),
    (stays_up, lambda o: at(o, *POD).update(terminationGracePeriodSeconds=30)),
    (stays_up, lambda o: at(o, "Service", "stateward-webhook", "spec", "ports", 0).update(targetPort=8081)),
    (restricted, lambda o: at(o, "Namespace", OWN, "metadata", "labels").pop("pod-security.kubernetes.io/enforce")),
    (restricted, lambda o: at(o, *CONTROLLER, "containers", 0, "securityContext").update(readOnlyRootFilesystem=False)),
    (restricted, lambda o: at(o, *CONTROLLER, "securityContext").pop("seccompProfile")),
    (restricted, lambda o: at(o, "ServiceAccount", "stateward-webhook").pop("automountServiceAccountToken")),
    (least_rights, lambda o: at(o, "ClusterRole", "stateward-inventory", "rules", 0, "verbs").append("*")),
    (least_rights, lambda o: at(o, "ClusterRole", "stateward-inventory", "rules", 1, "resources").append("secrets")),
    (least_rights, lambda o: at(o, "ClusterRole", "stateward-inventory", "rules", 1, "resources").remove("services")),
    (least_rights, lambda o: at(o, "Role", "stateward-authority", "rules", 0).pop("resourceNames")),
    (least_rights, lambda o: at(o, "ClusterRole", "stateward-bundle", "rules", 0, "verbs").append("create")),
    (least_rights, lambda o: at(o, *POD).update(serviceAccountName="stateward-controller")),
    (least_rights, lambda o: at(o, "ClusterRoleBinding", "stateward-controller", "subjects").append(
        {"kind": "ServiceAccount", "name": "stateward-webhook", "namespace": OWN})),
    (least_rights, lambda o: at(o, "ClusterRoleBinding", "stateward-controller", "subjects").append({"kind": "Group", "name": "x"})),
    (owns_nothing_of_the_controllers, lambda o: at(o, *VALIDATING, "webhooks", 0, "clientConfig").update(caBundle="")),
    (owns_nothing_of_the_controllers, lambda o: at(o, "Secret", "stateward-authority").update(data={})),
    (one_image, lambda o: at(o, *CONTROLLER, "containers", 0).update(image="stateward:0.0.9")),
    (all_labelled, lambda o: at(o, "Secret", "stateward-authority", "metadata").pop("labels")),
    (denies_nothing, lambda o: None),  # the base denies
    (lambda o: keeps_to(o, "databases"), lambda o: None),
    (lambda o: same(base, o), lambda o: at(o, *VALIDATING, "webhooks", 0).update(timeoutSeconds=4)),
    (lambda o: same(base, o), lambda o: o.pop()),
]
unnoticed = []
for number, (look, spoil) in enumerate(broken):
    objects = copy.deepcopy(base)
    spoil(objects)
    if not list(look(objects)):
        unnoticed.append(f"number {number}: {getattr(look, '__name__', look)}")
check(f"{len(broken)} broken installations are noticed", unnoticed)
