# Sourced by run.sh and test.sh: what they need from the distribution, why, and how it gets installed.

# package|why
run_packages='
g++|the compiler
cmake|the build
ninja-build|runs the build
pkg-config|finds libraries
libyaml-dev|reads YAML
libsimdjson-dev|reads JSON
libfmt-dev|formats messages
libexpected-dev|errors as values
nlohmann-json3-dev|writes reports
libcli11-dev|reads the command line
libvalijson-dev|holds settings against their schema
libspdlog-dev|writes logs
prometheus-cpp-dev|writes metrics (its core; no web server of it is used)
libcpp-httplib-dev|speaks HTTP
libssl-dev|speaks TLS
'
test_packages='
doctest-dev|runs unit tests
curl|talks to the webhook
openssl|makes certificates for tests
python3|reads JSON in tests
python3-yaml|the same for YAML
python3-jsonschema|holds reports against their schemas
libxml2-utils|the same for XML
cmark-gfm|reads Markdown in tests
'
fuzz_packages='
clang-16|builds with sanitizers, and the fuzz targets
libclang-rt-16-dev|the sanitizers and libFuzzer
'
node_packages='
containerd|runs the containers of a test cluster
runc|starts them
containernetworking-plugins|connects them
nftables|routes Services to them
iptables|masks what leaves the cluster
iproute2|makes the cluster a network
busybox-static|is all that is in the images of test Pods
faketime|lets a process run ahead of its time
'

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_missing LIST: says what is missing and why, and installs it; without the right to, prints the line to run.
install_missing() {
  local package why missing=()
  while IFS='|' read -r package why; do
    [ -z "$package" ] || is_installed "$package" && continue
    [ ${#missing[@]} -gt 0 ] || echo "Missing from this machine:" >&2
    printf '  %-20s %s\n' "$package" "$why" >&2
    missing+=("$package")
  done <<<"$1"
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "Install with: sudo apt-get install -y ${missing[*]}" >&2
      return 2
    fi
    as_root=(sudo -n)
  fi
  echo "Installing from the distribution..." >&2
  local log; log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -qq &&
         "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2; rm -f "$log"
    echo "The installation failed; install by hand: apt-get install -y ${missing[*]}" >&2
    return 2
  fi
  rm -f "$log"
}

# build PRESET [TARGET]: quiet where it works; the output where it does not.
build() {
  local log; log=$(mktemp)
  if ! { { [ -e "build/$1/build.ninja" ] || cmake --preset "$1"; } && cmake --build --preset "$1" --target "${2:-all}"; } >"$log" 2>&1; then
    cat "$log" >&2; rm -f "$log"
    echo "The build of preset $1 failed" >&2
    return 2
  fi
  rm -f "$log"
}
