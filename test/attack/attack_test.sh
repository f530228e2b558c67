#!/usr/bin/env bash
# The server as an attacker meets it: real sockets, and clients that are not ours (Python's ssl). Each line is named after the rule that it holds to:
#   rule 10: time of hard bodies    11-14: many connections   15: who dawdles       16, 17, 19: what is no request, or two
#   rule 18: overload               20: long idleness         23: going             24: nothing ends it     38: a log that blocks
#   threats b to h, t, u: hard bodies, secrets, forged lines of the log
set -u
: "${STATEWARD:?the program under test}"
command -v python3 >/dev/null || { echo "skip attacks: python3 is not installed"; exit 0; }
cd "$(dirname "$0")" || exit 1
ulimit -n "$(ulimit -Hn)"
python3 -B slow.py >"${TMPDIR:-/tmp}/slow.$$" 2>&1 &
slow=$!
code=0
for part in framing objects load; do python3 -B "$part.py" 2>&1 || { echo "not ok $part.py ended"; code=1; }; done
wait "$slow" || code=1
cat "${TMPDIR:-/tmp}/slow.$$"; rm -f "${TMPDIR:-/tmp}/slow.$$"
exit $code
