# Sourced, after assert.sh, by tests that need a real cluster with containers in which stateward can be installed.
. "$here/../packages.sh"
manifests=$here/../../manifests
state=$work/cluster
background=()  # processes that end with the test

# cluster_for WHAT: brings one up with the image of $STATEWARD and those in $work/images. Where that cannot be, it says that WHAT is
# skipped, or what went wrong, and ends the test.
cluster_for() {
  local cannot="skip $1:"
  [ "$(id -u)" -eq 0 ] || { echo "$cannot only root can run containers"; exit 0; }
  install_missing "$node_packages" >"$work/packages.log" 2>&1 || { echo "$cannot $(tail -1 "$work/packages.log")"; exit 0; }
  trap 'kill ${background[@]+"${background[@]}"} 2>/dev/null; "$here/node/down.sh" "$state"; rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  mkdir -p "$work/images"
  run "$here/../../image/make_image.sh" "$work/images/stateward.tar" "$STATEWARD"
  check "the image is made" exits 0
  IMAGES=$work/images OWNER=$$ "$here/node/up.sh" "$state" >"$work/up.log" 2>&1
  case $? in
    0) ;;
    3) echo "$cannot $(tail -1 "$work/up.log")"; exit 0 ;;
    *) cat "$work/up.log"; echo "not ok the cluster comes up"; exit 0 ;;
  esac
}

k() { timeout 300 "$state/kubectl" "$@"; }
own() { k -n stateward-system "$@"; }
fails() { ! "$@"; }
field() { k get "$1" -o jsonpath="$2"; }  # OBJECT JSONPATH
equals() { [ "$(field "$1" "$2")" = "$3" ] || { echo "$1 $2: $(field "$1" "$2"), not $3"; return 1; }; }
took() { [ $((SECONDS - since)) -le "$1" ]; }  # since=$SECONDS stands above
ready() { own rollout status "deployment/$1" --timeout=1s; }
leads() { k create --dry-run=server -o jsonpath='{.spec.serviceName}' -f "$here/manifests/ledger.yaml" | grep -q headless; }
