#!/usr/bin/env bash
# The image without any container engine: make_image.sh OUT.tar [PROGRAM [NAME]]
#   OUT.tar   an OCI archive: the program, the libraries it loads and their loader, one passwd entry; no shell, nothing else.
#             Beside it OUT.tar.packages: which package of the distribution each library is from, with its version
#   PROGRAM   default build/release/stateward; ./run.sh --version builds it
#   NAME      default docker.io/library/stateward:0.1.0, which is what a Pod's `stateward:0.1.0` means
# Prints the digest. `image/Dockerfile` makes the same from source with Docker.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 1 ] || { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
out=$1 program=${2:-$here/../build/release/stateward} name=${3:-docker.io/library/stateward:0.1.0}
[ -x "$program" ] || { echo "there is no program $program" >&2; exit 2; }
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT

"$here/rootfs.sh" "$program" "$root" >"$out.packages"
version=${name##*:}
"$here/image.py" "$root" "$name" "$out" --user 65532:65532 --label org.opencontainers.image.title=stateward \
  --label org.opencontainers.image.version="$version" --label org.opencontainers.image.licenses=Apache-2.0 -- /stateward
