#!/usr/bin/env bash
# What a warm review costs: in the process (microseconds of CPU and instructions), and through the server over TLS with
# eight kept-alive connections (wrk), the server's own CPU time divided by the requests it answered.
#   test/bench/serve.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset bench >/dev/null && cmake --build --preset bench >/dev/null
loop=build/bench/test/bench/review_loop
work=$(mktemp -d); trap 'kill $pid 2>/dev/null || true; rm -rf "$work"' EXIT; pid=
# allowed.json comes as the API server sends it once /mutate has put in what it injects, mended.json as it was applied.
inventory=test/bench/reviews/inventory.json
instructions() { valgrind --tool=callgrind --callgrind-out-file="$work/cg" "$loop" "$@" 2>&1 | awk '/Collected/ {print $4}'; }
printf '%-54s %-10s %10s %8s %8s %14s %16s\n' review path inventory bytes "CPU us" instructions "counted, logged"
for row in "bench/reviews/allowed /validate" "bench/reviews/allowed /validate $inventory" "bench/reviews/mended /mutate" \
           "bench/reviews/mended /mutate $inventory" "reviews/018-update-statefulsets-by-admin /validate" \
           "reviews/004-create-pods-by-statefulset-controller /validate"; do
  read -r name path known <<<"$row"; file=test/$name.json
  /usr/bin/time -f '%U %S' -o "$work/time" taskset -c 0 "$loop" "$file" "$path" 20000 $known >/dev/null
  cpu=$(tail -1 "$work/time" | awk '{printf "%.1f", ($1+$2)*1e6/20000}')
  many=$(instructions "$file" "$path" 101 $known) one=$(instructions "$file" "$path" 1 $known)
  watched=$(($(instructions "$file" "$path" 101 "${known:--}" watched) - $(instructions "$file" "$path" 1 "${known:--}" watched)))
  printf '%-54s %-10s %10s %8d %8s %14d %16s\n' "$name" "$path" "${known:+known}" "$(stat -c %s "$file")" "$cpu" $(((many - one) / 100)) "+$(((watched - many + one) / 100))"
done
command -v wrk >/dev/null || { echo "install wrk for the rows over TLS"; exit 0; }
port=19443
taskset -c 0 build/bench/stateward serve --local --listen 127.0.0.1:$port --health-listen "" >"$work/log" 2>&1 & pid=$!
sleep 1
ticks() { awk '{print $14 + $15}' "/proc/$pid/stat"; }
for row in "mended /mutate" "allowed /validate"; do
  read -r name path <<<"$row"
  cat >"$work/post.lua" <<LUA
local f = io.open("test/bench/reviews/$name.json"); wrk.body = f:read("*a"); f:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = "application/json"
LUA
  for round in 1 2 3; do
    before=$(ticks)
    taskset -c 1 wrk -t1 -c8 -d5s -s "$work/post.lua" "https://127.0.0.1:$port$path" >"$work/wrk"
    spent=$(($(ticks) - before)) requests=$(awk '/requests in/ {print $1}' "$work/wrk") rate=$(awk '/Requests\/sec/ {print $2}' "$work/wrk")
    echo "over TLS $path round $round: $rate requests/s, $(awk -v t="$spent" -v r="$requests" 'BEGIN {printf "%.1f", t*1e4/r}') us of CPU a request"
  done
done
