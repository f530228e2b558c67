#!/usr/bin/env bash
# What the inventory costs: a real API server with N objects (default 50,000), and `serve` that reads them all. Prints how long
# that took and what is resident, once of it and once of a `serve` that watches an empty namespace.
#   inventory.sh [N] [STATEWARD]     default build/bench/stateward; about three minutes for 50,000
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
objects=${1:-50000} program=${2:-$here/../../build/bench/stateward}
state=$(mktemp -d)
trap '"$here/../cluster/control_plane.sh" down "$state/cluster"; rm -rf "$state"' EXIT
"$here/../cluster/control_plane.sh" up "$state/cluster" >&2
kill -STOP "$(cat "$state/cluster/controllers.pid")"
python3 "$here/make_objects.py" "$state/cluster" "$objects" >&2

measure() { # WHAT ARGS...
  local what=$1 port pid began; shift
  port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
  began=$(date +%s%N)
  "$program" serve --kubeconfig "$state/cluster/admin.conf" --listen 127.0.0.1:0 --health-listen "127.0.0.1:$port" "$@" >/dev/null 2>&1 & pid=$!
  until curl -s "http://127.0.0.1:$port/readyz?verbose" | grep -q '^\[+\]watches'; do sleep .05; done
  local took=$((($(date +%s%N) - began) / 1000000))
  sleep 3
  echo "$what: $took ms, $(sed -n 's/^VmHWM:\s*//p' "/proc/$pid/status") at most, $(sed -n 's/^VmRSS:\s*//p' "/proc/$pid/status") resident"
  kill -9 "$pid"; wait "$pid" 2>/dev/null || true
}
measure "nothing" --watch-namespace kube-public
measure "$objects objects"
