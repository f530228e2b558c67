#!/usr/bin/env bash
# Ends what up.sh started in STATE: down.sh STATE. The kernel takes its processes, networks and mounts; what is left are the
# containers' cgroups. The folder itself stays, with the logs.
set -uo pipefail
cd "$1" 2>/dev/null && [ -e cluster.pid ] || exit 0
pid=$(cat cluster.pid)
lives() { readlink "/proc/$pid/ns/net" >/dev/null 2>&1; }
# The number may be another process's by now: ours has a network of its own.
if lives && [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; then
  # The first process of the inner namespace; `unshare` outside of it ends when the last of the others is gone.
  kill -9 $(cat "/proc/$pid/task/$pid/children") 2>/dev/null || kill -9 "$pid"
  for _ in $(seq 100); do lives || break; sleep .1; done
fi
# A cgroup can go a moment after the last process in it has. Another cluster's, with containers in it, stays.
ours=$(ls containerd-run/io.containerd.runtime.v2.task/k8s.io 2>/dev/null)
for _ in $(seq 30); do
  left=$(find /sys/fs/cgroup -depth -type d -path '*/k8s.io/*' 2>/dev/null | grep -F -- "${ours:-none}"; find /sys/fs/cgroup -type d -name k8s.io -links 2 2>/dev/null)
  [ -n "$left" ] || break
  xargs -r rmdir <<<"$left" 2>/dev/null || sleep .1
done
rm -f cluster.pid
exit 0
