#!/usr/bin/env bash
# The image: what is in it, and that the same input gives the same bytes. Prints the lines that test.sh counts.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/assert.sh"
image=$here/../../image
cp "$STATEWARD" "$work/stateward"
run "$image/make_image.sh" "$work/one.tar" "$work/stateward" registry.example.com/stateward:1.2.3
check "an image is made without any container engine" both 'exits 0' 'says sha256:'
digest=$out
touch -d tomorrow "$work/stateward"
run "$image/make_image.sh" "$work/two.tar" "$work/stateward" registry.example.com/stateward:1.2.3
check "the same input gives the same digest" test "$out" = "$digest"
check "and the same bytes" cmp -s "$work/one.tar" "$work/two.tar"

mkdir "$work/image" "$work/root"
tar xf "$work/one.tar" -C "$work/image"
blob() { echo "$work/image/blobs/sha256/${1#sha256:}"; }
field() { python3 -c 'import json,sys; v=json.load(open(sys.argv[1]))
for k in sys.argv[2:]: v=v[int(k) if k.isdigit() else k]
print(v if isinstance(v,str) else json.dumps(v))' "$@"; }  # FILE KEY...
manifest=$(blob "$(field "$work/image/index.json" manifests 0 digest)")
config=$(blob "$(field "$manifest" config digest)")
layer=$(blob "$(field "$manifest" layers 0 digest)")
check "the digests are those of the content" test "$(cd "$work/image/blobs/sha256" && sha256sum ./* | sed 's|\./||')" = \
  "$(cd "$work/image/blobs/sha256" && for f in *; do echo "$f  $f"; done)"
check "it runs as nobody in particular" test "$(field "$config" config User)" = 65532:65532
check "it starts stateward" test "$(field "$config" config Entrypoint)" = '["/stateward"]'
check "it is labelled" test "$(field "$config" config Labels org.opencontainers.image.version)" = 1.2.3
check "it is named" test "$(field "$work/image/index.json" manifests 0 annotations io.containerd.image.name)" = registry.example.com/stateward:1.2.3

tar tf "$layer" >"$work/list"
run grep -vE '^(etc/|etc/passwd|etc/group|stateward|(usr/)?lib(64)?/([a-z0-9_-]+/)?|(usr/)?lib(64)?/([a-z0-9_-]+/)?(lib[a-zA-Z0-9_+.-]+\.so\.[0-9.]+|ld-linux-[a-z0-9-]+\.so\.[0-9]))$' "$work/list"
check "it holds the program, its libraries and two names, no shell and nothing else" test -z "$out" -a -s "$work/list"
run bash -c 'tar tvf "$1" | grep -E "^.(..s|.....s|.......w)"' - "$layer"
check "nothing in it is set-uid or open to all for writing" test -z "$out"
run grep -E '^libc6 2\.|^libssl3 ' "$work/one.tar.packages"
if command -v dpkg-query >/dev/null; then check "its libraries are listed with their packages and versions" says libssl3; fi

tar xf "$layer" -C "$work/root"
if [ "$(id -u)" -eq 0 ]; then
  chmod 755 "$work"
  run chroot --userspec=65532:65532 "$work/root" /stateward --version
  check "it runs from these files alone, and not as root" exits 0
else
  echo "skip the program runs from these files alone: only root can chroot"
fi
