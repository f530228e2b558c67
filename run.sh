#!/usr/bin/env bash
# Installs what is missing, builds, and runs stateward with the given arguments. Without arguments: a webhook on
# 127.0.0.1 with an authority made in memory, and two reviews to try on it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/test/packages.sh"
install_missing "$run_packages" || exit 2
(cd "$here" && { [ -x build/release/stateward ] || echo "Building (a minute or two the first time)..." >&2; } && build release) || exit 2
[ $# -gt 0 ] || set -- serve --local
exec "$here/build/release/stateward" "$@"
