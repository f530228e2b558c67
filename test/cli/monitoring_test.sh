#!/usr/bin/env bash
# The alerts and the dashboard: they ask for what is told, and each alert fires when it should.
. "$(dirname "$0")/assert.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
if ! python3 -c 'import yaml' 2>/dev/null; then echo "skip alerts and dashboard: python3-yaml is not installed"; exit 0; fi
monitoring() { python3 "$root/test/cli/monitoring.py" "$@"; }

run monitoring names "$root"
check "alerts and dashboard ask for series that are told, and alerts say what to do" exits 0
run monitoring untested "$root"
check "each alert has a test that makes it fire" both 'exits 0' '[ -z "$out" ]'
if ! command -v promtool >/dev/null; then
  echo "skip alerts that fire: promtool is not installed (Debian package prometheus)"
  exit 0
fi
python3 - "$root" >"$work/whole.yaml" <<'PY'
import sys, yaml
yaml.safe_dump(yaml.safe_load(open(sys.argv[1] + "/manifests/monitoring/alerts.yaml"))["spec"], sys.stdout)
PY
run promtool check rules "$work/whole.yaml"
check "promtool reads the rules" exits 0
monitoring tests "$root" "$work"
run promtool test rules "$work/tests.yaml"
check "rule 58: each alert fires when it should, and none where all is well" exits 0
# Rules that never fire must be noticed, each of them.
python3 - "$work/rules.yaml" <<'PY'
import sys, yaml
groups = yaml.safe_load(open(sys.argv[1]))
for rule in groups["groups"][0]["rules"]:
    rule["expr"] = "vector(1) == 2"
open(sys.argv[1], "w").write(yaml.safe_dump(groups))
PY
promtool test rules "$work/tests.yaml" >"$work/failures" 2>&1
unnoticed=
for alert in $(sed -n 's/^ *- alert: //p' "$root/manifests/monitoring/alerts.yaml"); do
  grep -q "alertname: $alert," "$work/failures" || unnoticed+=" $alert"
done
code=0 out=$unnoticed err=
check "an alert that never fires is noticed" test -z "$unnoticed"
