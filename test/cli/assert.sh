# What shell tests share. Each test prints one line: "ok NAME", "not ok NAME" (with what was seen above it) or
# "skip NAME: REASON"; test.sh counts them. $STATEWARD is the program under test.
set -u
: "${STATEWARD:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run COMMAND...: its output in $out, its errors in $err, its exit code in $code
run() {
  "$@" >"$work/.out" 2>"$work/.err" </dev/null
  code=$?
  out=$(cat "$work/.out") err=$(cat "$work/.err")
}
ok() { echo "ok $1"; }
not_ok() { printf '%s\n' "--- exit $code" "$out" "$err" "---"; echo "not ok $1"; }
# check NAME CONDITION...: the condition is a command
check() { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name"; fi; }
says() { grep -qF -- "$1" <<<"$out"; }
complains() { grep -qF -- "$1" <<<"$err"; }
exits() { [ "$code" -eq "$1" ]; }
both() { local left=$1 right=$2; eval "$left" && eval "$right"; }
within() { # SECONDS COMMAND...: until it succeeds
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || { "$@"; return; }; sleep .2; done
}
unreachable_cluster() { # a kubeconfig whose cluster never answers
  cat <<'CONF'
{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {token: t}}],
 clusters: [{name: c, cluster: {server: "https://127.0.0.1:9", insecure-skip-tls-verify: true}}]}
CONF
}
