#!/usr/bin/env bash
# What the GitHub Action (action.yml) does: annotations on standard output, a Markdown summary of the job, SARIF where it is
# wanted. The inputs come as STATEWARD_*. Ends as `stateward validate` does.
set -uo pipefail

fail() { echo "::error title=stateward::$1"; exit 2; }

arguments=(validate --fail-on "$STATEWARD_FAIL_ON" --min-severity "$STATEWARD_MIN_SEVERITY" -o github)
[ "$STATEWARD_COMPLETE" != true ] || arguments+=(--complete)
[ -z "$STATEWARD_CHARTS_IN" ] || arguments+=(--charts-in "$STATEWARD_CHARTS_IN")
[ -z "$STATEWARD_SARIF" ] || arguments+=(-o "sarif=$STATEWARD_SARIF")
reports=$(mktemp -d "${RUNNER_TEMP:-/tmp}/stateward.XXXXXX") || fail "no folder for reports"
trap 'rm -rf "$reports"' EXIT
arguments+=(-o "json=$reports/report.json" -o "markdown=$reports/report.md")
while IFS= read -r line; do [ -z "$line" ] || arguments+=("$line"); done <<<"$STATEWARD_ARGUMENTS"

arguments+=(--)
count=${#arguments[@]}
while IFS= read -r line; do [ -z "$line" ] || arguments+=("$line"); done <<<"$STATEWARD_PATHS"
[ -z "$STATEWARD_RENDERED" ] || arguments+=(-)
[ ${#arguments[@]} -gt "$count" ] || fail "nothing to validate: give paths or rendered"
[ -z "$STATEWARD_RENDERED" ] || [ -r "$STATEWARD_RENDERED" ] || fail "cannot read $STATEWARD_RENDERED"

if [ -n "$STATEWARD_PROGRAM" ]; then
  run=("$STATEWARD_PROGRAM")
else
  image=$STATEWARD_IMAGE
  if [ -z "$image" ]; then
    image=stateward:action
    echo "::group::Building stateward"
    docker build --quiet -f "$STATEWARD_ACTION/image/Dockerfile" -t "$image" "$STATEWARD_ACTION" || fail "the image cannot be built"
    echo "::endgroup::"
  fi
  # The same paths inside as outside, and files that belong to who runs this.
  run=(docker run --rm -i --network none --user "$(id -u):$(id -g)" -v "$PWD:$PWD" -v "$reports:$reports" -w "$PWD" "$image")
fi
"${run[@]}" "${arguments[@]}" <"${STATEWARD_RENDERED:-/dev/null}"
code=$?

[ "$STATEWARD_SUMMARY" != true ] || [ ! -s "$reports/report.md" ] || cat "$reports/report.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
{
  echo "exit-code=$code"
  # One line of our own report; no tool is needed to read two numbers out of it.
  sed -nE 's/.*"findings":\{"deny":([0-9]+),"warn":([0-9]+),.*/denied=\1\nwarned=\2/p' "$reports/report.json" 2>/dev/null
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit $code
