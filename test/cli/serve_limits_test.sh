#!/usr/bin/env bash
# What `stateward serve` makes of the limits that it is started under: open files, and the memory of its control group.
. "$(dirname "$0")/assert.sh"
cd "$work" || exit 1
GROUP=
finish() { kill "${server:-}" 2>/dev/null; wait 2>/dev/null; [ ! -d "$GROUP" ] || rmdir "$GROUP"; rm -rf "$work"; }
trap finish EXIT

"$STATEWARD" certs make --name localhost --out ca >/dev/null
start() { # COMMAND...: that runs what stands behind it: the server, until it listens or has ended; its log in serve.log
  "$@" "$STATEWARD" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --tls-cert ca/tls.crt --tls-key ca/tls.key 2>serve.log &
  server=$!
  for _ in $(seq 100); do grep -q 'serves https' serve.log && return; kill -0 "$server" 2>/dev/null || return; sleep 0.1; done
}
stop() { kill -INT "$server" 2>/dev/null; wait "$server"; code=$?; }
may_open() { awk '/^Max open files/ {print $4}' "/proc/$server/limits"; }

hard=$(ulimit -Hn)
if [ "$hard" = unlimited ] || [ "$hard" -gt 5000 ]; then
  start prlimit --nofile="256:$hard"
  run may_open
  check "the limit of open files is raised to what the connections need" test "$out" -gt 4096 -a "$out" -lt 5000
  run grep -c 'open files' serve.log
  check "without a word" says 0
  stop
  start prlimit --nofile="$hard:$hard"
  run may_open
  check "one that is higher stays" test "$out" = "$hard"
  stop
else
  echo "skip the limit of open files: the hard limit here is $hard"
fi
start prlimit --nofile=256:1024
run may_open
check "where the hard limit is lower it is raised as far as that" says 1024
run cat serve.log
check "which is said once, with both numbers" eval '[ "$(grep -cE "[0-9]+ open files are wanted and 1024 allowed" serve.log)" = 1 ]'
check "and all the same it serves" grep -q 'serves https' serve.log
stop

# A control group of our own, where we may make one.
cat >limited <<'SH'
#!/bin/bash
echo "$LIMIT" >"$GROUP/$LIMIT_FILE" && echo $$ >"$GROUP/cgroup.procs" && exec "$@"
SH
chmod +x limited
own=$(sed -nE 's/^[0-9]+:([a-z,]*,)?memory(,[a-z,]*)?:(.*)/\3/p' /proc/self/cgroup)
if [ -n "$own" ]; then root=/sys/fs/cgroup/memory LIMIT_FILE=memory.limit_in_bytes
else own=$(sed -n 's/^0:://p' /proc/self/cgroup) root=/sys/fs/cgroup LIMIT_FILE=memory.max; fi
[ -d "$root$own" ] && GROUP=$root${own%/}/stateward-test-$$ || GROUP=$root/stateward-test-$$
export GROUP LIMIT_FILE LIMIT=$((96 << 20))
if mkdir "$GROUP" 2>/dev/null && ./limited true 2>/dev/null; then
  start ./limited
  wait "$server"; code=$?
  out=$(cat serve.log)
  check "where memory would not last it does not start" exits 2
  check "but says what it may take, what there is, and how far to go up" \
    grep -qxE 'stateward: serving takes up to [0-9]+ MiB of memory, and the limit here is 96: raise it to [0-9]+Mi or more' <<<"$out"
  LIMIT=$((512 << 20))
  start ./limited
  check "with what our manifests give it starts" grep -q 'serves https' serve.log
  stop
else
  echo "skip the memory of a control group: none can be made here"
fi
