#!/usr/bin/env bash
# What real renderers print is judged as it comes: helm template, and kustomize build as kubectl has it.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
bin=$("$here/control_plane.sh" build-helm 2>"$work/reason") || { echo "skip real renderers: $(tail -1 "$work/reason")"; exit 0; }
STATEWARD=$(realpath "$STATEWARD")
export HOME=$work KUBECONFIG=$work/none
cd "$work" || exit 1

set_yaml() { # NAME: as a template of Helm or without
  cat <<YAML
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: $1
spec:
  replicas: ${2:-2}
  selector:
    matchLabels: {app: $1}
  template:
    metadata:
      labels: {app: $1}
    spec:
      containers:
        - name: app
          image: registry.example.com/app:1.0
          readinessProbe:
            tcpSocket: {port: 80}
YAML
}
mkdir -p charts/shop/templates charts/shop/charts/queue/templates
printf 'apiVersion: v2\nname: shop\nversion: 1.0.0\n' >charts/shop/Chart.yaml
printf 'apiVersion: v2\nname: queue\nversion: 1.0.0\n' >charts/shop/charts/queue/Chart.yaml
echo 'replicas: 3' >charts/shop/values.yaml
{ echo '{{- /* two in one file */}}'; set_yaml '{{ .Release.Name }}-db' '{{ .Values.replicas }}'; echo ---; set_yaml '{{ .Release.Name }}-cache' 1; } >charts/shop/templates/sets.yaml
{ echo '# Ours.'; set_yaml '{{ .Release.Name }}-queue'; } >charts/shop/charts/queue/templates/set.yaml
printf '{{- if false }}\na: b\n{{- end }}\n' >charts/shop/templates/empty.yaml

run "$STATEWARD" validate charts
check "templates are told to be rendered first" both 'exits 0' 'says "render it first"'
piped() { "$@" 2>"$work/render.err" | "$STATEWARD" validate --policy missing-service-name --charts-in charts -o json="$work/report.json" -; }
run piped "$bin/helm" template live charts/shop
check "what helm template prints is judged" both 'exits 1' 'says "3 objects in 1 file: 2 denied, 1 warning"'
run python3 -c '
import json, os, sys
findings = json.load(open(sys.argv[1]))["findings"]
named = {f["object"]["name"]: f["template"] for f in findings}
assert named == {"live-db": "charts/shop/templates/sets.yaml", "live-cache": "charts/shop/templates/sets.yaml",
                 "live-queue": "charts/shop/charts/queue/templates/set.yaml"}, named
assert all(os.path.exists(path) for path in named.values())
' report.json
check "each finding names the template that it is from, as it stands in the repository" exits 0

mkdir -p base overlay
set_yaml web >base/set.yaml
printf 'resources: [set.yaml]\n' >base/kustomization.yaml
printf 'resources: [../base]\nnamePrefix: live-\npatches:\n- path: patch.yaml\n' >overlay/kustomization.yaml
printf 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec: {replicas: 5}\n' >overlay/patch.yaml
run "$STATEWARD" validate overlay
check "a patch is not judged" both 'exits 0' 'says "a kustomize patch"'
run piped "$bin/kubectl" kustomize overlay
check "what kustomize builds is" both 'exits 1' 'says "deny: no serviceName: none of its 5 replicas" && says "1 object in 1 file"'
run piped "$bin/helm" template stateward "$here/../../manifests/chart" --namespace stateward-system --kube-version 1.36.0
check "our own chart is clean" exits 0
