#!/bin/sh
# What the image holds: rootfs.sh PROGRAM FOLDER. Prints the packages that the libraries are from, where dpkg knows.
set -eu
program=$1 root=$2
mkdir -p "$root/etc"
cp "$program" "$root/stateward"
chmod 755 "$root/stateward"
echo 'nonroot:x:65532:65532:nonroot:/:/' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"
# Under the paths that ldd says, so that the loader finds them without a cache.
ldd "$program" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | LC_ALL=C sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
  real=$(readlink -f "$library")
  { dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}" 2>/dev/null || echo "unknown: $real"; } | cut -d: -f1
done | LC_ALL=C sort -u | while read -r package; do
  dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' "$package" 2>/dev/null | head -1 || echo "$package"
done
