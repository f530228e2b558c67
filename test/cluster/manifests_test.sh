#!/usr/bin/env bash
# The manifests and the chart as values, without a cluster. Prints the lines that test.sh counts.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
manifests=$here/../../manifests
bin=$("$here/control_plane.sh" build-helm 2>"$work/reason") || { echo "skip the manifests as values: $(tail -1 "$work/reason")"; exit 0; }
export HOME=$work KUBECONFIG=$work/none

# --local reads no cluster and keeps what it does not know; a label that is not there is taken away.
as_json() { "$bin/kubectl" annotate --local -f - -o json not-there-; }
kustomize() { "$bin/kubectl" kustomize "$2" | as_json >"$work/made/$1.json"; } # NAME FOLDER
chart() { # NAME ARG...
  local name=$1; shift
  "$bin/helm" template stateward "$manifests/chart" --namespace stateward-system --kube-version 1.36.0 "$@" | as_json >"$work/made/chart-$name.json"
}
mkdir "$work/made"
run kustomize base "$manifests"
check "kubectl kustomize manifests works" exits 0
for overlay in observe namespaced cert-manager; do
  run kustomize $overlay "$manifests/overlays/$overlay"
  check "so does the overlay $overlay" exits 0
done
# Components, as an overlay of one's own would use them.
for component in disruption-budgets service-monitor; do
  mkdir -p "$work/$component"
  printf 'resources: [%s]\ncomponents: [%s]\n' "$(realpath --relative-to="$work/$component" "$manifests/base")" \
    "$(realpath --relative-to="$work/$component" "$manifests/components/$component")" >"$work/$component/kustomization.yaml"
  run kustomize $component "$work/$component"
  check "so does the component $component" exits 0
done

run kustomize monitoring "$manifests/monitoring"
check "so does what monitors it" exits 0

run "$bin/helm" lint --strict --kube-version 1.36.0 "$manifests/chart"
check "the chart is clean" exits 0
all="--set createNamespace=true"
chart default
chart base $all
chart observe $all --set mode=observe
chart namespaced $all --set 'namespaces={databases}'
chart cert-manager $all --set certManager.enabled=true
chart disruption-budgets $all --set disruptionBudgets=true
chart service-monitor $all --set serviceMonitor.enabled=true
chart image --set "image=registry.example.com/stateward@sha256:$(printf '0%.0s' $(seq 64))"
for wrong in image=stateward mode=off webhook.replicas=0 webhook.replicas=two controller.resources.memory=256 typo=1 certManager=true \
  'namespaces={kube-system}' 'namespaces={Upper}' priorityClassName=1; do
  run chart wrong --set "$wrong"
  check "the chart refuses $wrong" complains "values don't meet the specifications of the schema"
done
rm -f "$work/made/chart-wrong.json"
run "$bin/helm" template stateward "$manifests/chart" --kube-version 1.29.0
check "the chart refuses a cluster without CEL admission" complains 'requires kubeVersion'
run "$bin/helm" template stateward "$manifests/chart" --namespace elsewhere --kube-version 1.36.0 --set createNamespace=true,certManager.enabled=true,serviceMonitor.enabled=true
check "the chart goes into another namespace as a whole" both 'exits 0' '! says stateward-system'
cat >"$work/values.yaml" <<'YAML'
settings:
  policies:
    shared-claim: {action: warn}
  exemptions:
    - {policies: [mutable-image-tag], namespaces: [ci], reason: "what runs there lives for an hour: nobody pins it"}
YAML
"$bin/helm" template stateward "$manifests/chart" --namespace stateward-system --kube-version 1.36.0 -f "$work/values.yaml" --show-only templates/settings.yaml |
  sed '1,/stateward.yaml: |/d; s/^    //' >"$work/stateward.yaml"
run "$STATEWARD" settings check "$work/stateward.yaml"
check "the chart's settings are what the programs read" exits 0
run "$STATEWARD" settings show --settings "$work/stateward.yaml"
check "and hold" grep -qE "^shared-claim +warn +deny +critical +$work/stateward.yaml:[0-9]+ " <<<"$out"

python3 "$here/manifests_test.py" "$work/made" || echo "not ok the checks of the manifests end"
