#!/usr/bin/env bash
# Every test: ./test.sh [unit|cluster|fuzz|all]   (default all; unit is the quick half for everyday work)
# The last line counts: "N passed, N failed", with ", N skipped" where a test could not run; the reasons stand above.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. test/packages.sh
part=${1:-all}
case $part in unit|cluster|fuzz|all) ;; *) echo "usage: ./test.sh [unit|cluster|fuzz|all]" >&2; exit 2 ;; esac

passed=0 failed=0
skips=()
pass() { passed=$((passed + 1)); }
broken() { failed=$((failed + 1)); echo "FAILED: $1"; }
skip() { skips+=("$1"); }
started=$SECONDS
section() { echo "== $1 ($((SECONDS - started)) s)"; }

close() {
  for reason in ${skips[@]+"${skips[@]}"}; do echo "skipped: $reason"; done
  local line="$passed passed, $failed failed"
  [ ${#skips[@]} -eq 0 ] || line+=", ${#skips[@]} skipped"
  echo "$line"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

built() { build "$@" && return; broken "the build of preset $1"; return 1; }

# A doctest program: its own counts, and a crash is a failure.
doctest() { # NAME PROGRAM [ARGS]
  local name=$1 log; shift
  log=$(mktemp)
  "$@" --no-colors=true >"$log" 2>&1
  local code=$?
  local counts
  counts=$(sed -nE 's/^\[doctest\] test cases: *([0-9]+) *\| *([0-9]+) passed *\| *([0-9]+) failed.*/\2 \3/p' "$log" | tail -1)
  if [ -z "$counts" ] || { [ "$code" -ne 0 ] && [ "${counts#* }" -eq 0 ]; }; then
    cat "$log"; broken "$name ended with $code"
  else
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
    [ "$code" -eq 0 ] || cat "$log"
  fi
  while IFS= read -r reason; do skip "$name: $reason"; done < <(sed -nE 's/^skipped: //p' "$log" | sort -u)
  rm -f "$log"
}

# A shell test: lines "ok NAME", "not ok NAME", "skip NAME: REASON"; all else is shown where something failed.
shell_test() { # FILE
  local log before=$failed; log=$(mktemp)
  bash "$1" >"$log" 2>&1
  local code=$?
  while IFS= read -r line; do
    case $line in
      "ok "*) pass ;;
      "not ok "*) broken "$1: ${line#not ok }" ;;
      "skip "*) skip "$1: ${line#skip }" ;;
    esac
  done <"$log"
  [ "$code" -eq 0 ] || broken "$1 ended with $code"
  [ "$failed" -eq "$before" ] || grep -v '^ok ' "$log"
  rm -f "$log"
}

unit_tests() {
  section "unit tests"
  built dev || return
  doctest "unit tests" build/dev/test/stateward_tests
  for file in test/cli/*_test.sh test/attack/*_test.sh; do STATEWARD=$PWD/build/dev/stateward shell_test "$file"; done
}

sanitizer_tests() {
  section "unit tests under ASan and UBSan"
  if ! install_missing "$fuzz_packages"; then
    skip "unit tests under ASan and UBSan: clang 16 cannot be installed"
  elif built asan; then
    doctest "unit tests under ASan and UBSan" build/asan/test/stateward_tests
  fi
  section "tests of what has threads under TSan"
  built tsan && doctest "tests under TSan" build/tsan/test/stateward_tests
}

# Nearly the same inputs each time, so that no change is blamed for what is not its own; CONTRIBUTING.md says how to search for others.
fuzz_tests() {
  section "fuzz targets"
  install_missing "$fuzz_packages" || { skip "fuzz targets: clang 16 cannot be installed"; return; }
  built asan test/fuzz/all || return
  local target name runs work
  for target in build/asan/test/fuzz/fuzz_*; do
    [ -x "$target" ] && [ ! -d "$target" ] || continue
    name=${target##*/fuzz_} work=$(mktemp -d)
    runs=$(sed -n "s/^$name //p" test/fuzz/runs)
    if "$target" -seed=1 -runs="${runs:-1000}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -artifact_prefix="$work/" \
         "$work" "test/fuzz/seeds/$name" >"$work.log" 2>&1; then
      pass
    else
      tail -40 "$work.log"; broken "fuzz target $name"
    fi
    rm -rf "$work" "$work.log"
  done
}

cluster_tests() {
  section "tests with a real API server"
  built dev || return
  for file in test/cluster/*_test.sh; do STATEWARD=$PWD/build/dev/stateward shell_test "$file"; done
}

install_missing "$run_packages$test_packages" || exit 2
[ "$part" = unit ] || [ "$part" = all ] && unit_tests
[ "$part" = all ] && sanitizer_tests
[ "$part" = fuzz ] || [ "$part" = all ] && fuzz_tests
[ "$part" = cluster ] || [ "$part" = all ] && cluster_tests
section "end"
close
