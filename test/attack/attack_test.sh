#!/usr/bin/env bash
# The server as an attacker meets it: real sockets, and clients that are not ours (Python's ssl). Each line is named after the rule that it holds to:
#   rule 10: time of hard bodies    11-14: many connections   15: who dawdles       16, 17, 19: what is no request, or two
#   rule 18: overload               20: long idleness         23: going             24: nothing ends it     38: a log that blocks
#   threats a to h, t to w, y, z (SECURITY.md): forged reviews, hard bodies, secrets, forged lines of the log, addresses, requests that are none
set -u
: "${STATEWARD:?the program under test}"
command -v python3 >/dev/null || { echo "skip attacks: python3 is not installed"; exit 0; }
cd "$(dirname "$0")" || exit 1
ulimit -n "$(ulimit -Hn)"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
part() { python3 -B "$@" 2>&1 || { echo "not ok $1 ended"; code=1; }; }
# These wait most of their time.
(code=0; part slow.py; exit $code) >"$work/slow" & slow=$!
(code=0; part rollout.py idle; exit $code) >"$work/idle" & idle=$!
code=0
for name in framing objects outside load rollout; do part "$name.py"; done
wait "$slow" || code=1
wait "$idle" || code=1
cat "$work/slow" "$work/idle"
exit $code
