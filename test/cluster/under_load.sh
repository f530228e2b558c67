# Sourced, after on_node.sh, by tests that see what users notice while something happens: a steady stream of calls (faults.py), what
# became of them, and how our processes are reached. What is measured is printed as lines that begin with "# ".
stream=

tool() { "$state/within" python3 "$here/faults.py" "$@"; }  # ends with the cluster
start_stream() { tool run "$state" "$work" >"$work/stream.log" 2>&1 & stream=$!; background+=("$stream"); sleep 2; }
end_stream() { touch "$work/stop"; wait "$stream"; }
report() { python3 "$here/faults.py" report "$work" "$@"; }  # FROM [TO]
none_failed() { says ' calls, 0 failed,'; }
none_missed() { says ' calls, 0 failed, 0 unmended,'; }
mended_again() { # WHAT: the routes to replicas follow their readiness a moment later
  sleep 2
  local from; from=$(time_now)
  sleep 3
  run report "$from"
  check "$1: all calls are mended again" none_missed
}
# What the API server has given up on since it was started: the validating calls too, of which no answer tells.
given_up() { tool given-up "$state"; }

time_now() { date +%s.%N; }
ago() { python3 -c 'import sys; print(f"{float(sys.argv[2]) - float(sys.argv[1]):.1f} s")' "$1" "$(time_now)"; }
measured() { echo "# $1"; }
unchanged() { [ "$1" = "$2" ] || { diff <(echo "$1") <(echo "$2"); return 1; }; }

processes() { "$state/within" pgrep -f "^/stateward $1"; }  # serve|control: their numbers within
process_of() { "$state/within" sh -c 'for p in $(pgrep -x stateward); do grep -qxz "HOSTNAME=$1" /proc/$p/environ && echo $p; done' - "$1"; } # POD
signal() { "$state/within" kill "$@"; }
# A program of ours on the node rather than in a Pod: outside LOG [NAME=VALUE...] PROGRAM... It belongs to the cluster and ends with it.
outside() { "$state/within" sh -c 'log=$1; shift; env "$@" >>"$log" 2>&1 </dev/null &' - "$@"; }
processes_outside() { "$state/within" pgrep -f "^$STATEWARD $1"; }
memory() { # WHEN
  measured "resident memory $1: $("$state/within" sh -c 'for p in $(pgrep -f "^/stateward"); do
    echo "$(tr "\0" " " </proc/$p/cmdline | cut -d" " -f2) $(($(sed -nE "s/VmRSS:[^0-9]*([0-9]+).*/\1/p" /proc/$p/status) / 1024)) MiB"; done' | sort | paste -sd, | sed 's/,/, /g')"
}

holder() { own get lease stateward-controller -o jsonpath='{.spec.holderIdentity}'; }
led_by_another() { local holder; holder=$(holder) && [ -n "$holder" ] && [ "$holder" != "$1" ]; } # THAN
services_of() { k get services -l stateward.dev/governs -o name | grep -c "/$1-[0-9]*-headless"; }  # BURST
all_governed() { [ "$(services_of "$1")" = 20 ]; }
certs() { "$state/inside" "$STATEWARD" certs "$1" --kubeconfig "${2:-$state/admin.conf}"; }  # COMMAND [KUBECONFIG]
