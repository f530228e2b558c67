#!/usr/bin/env bash
# What `stateward serve` shows to a client of its own, openssl s_client, and that it takes certificates that are renewed
# under it as a kubelet renews them in a Secret volume: by exchanging a link.
. "$(dirname "$0")/assert.sh"
cd "$work" || exit 1
trap 'kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

"$STATEWARD" certs make --name localhost --name 127.0.0.1 --out ca >/dev/null
version() { # NAME: a version of the Secret, with a new pair
  "$STATEWARD" certs renew --cert ca/tls.crt --ca-cert ca/ca.crt --ca-key ca/ca.key --out "volume/..$1" >/dev/null
}
swap() { ln -s "..$1" volume/..data_tmp && mv -T volume/..data_tmp volume/..data; } # NAME
version 1; swap 1
ln -s ..data/tls.crt volume/tls.crt; ln -s ..data/tls.key volume/tls.key
# The authority of clients, one of them, and one that is another's.
for who in ours theirs; do
  "$STATEWARD" certs make --name kube-apiserver --out $who >/dev/null
  openssl req -new -key $who/tls.key -subj "/CN=kube-apiserver" 2>/dev/null |
    openssl x509 -req -CA $who/ca.crt -CAkey $who/ca.key -days 2 -out $who/client.crt 2>/dev/null
done
cp ours/ca.crt clients.crt

start() { # ARGS: the server in the background, its port in $port, its log in serve.log
  "$STATEWARD" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --tls-cert volume/tls.crt --tls-key volume/tls.key "$@" 2>serve.log &
  server=$!
  for _ in $(seq 100); do grep -q 'serves https' serve.log && break; sleep 0.1; done
  port=$(sed -nE 's#.*serves https://127.0.0.1:([0-9]+),.*#\1#p' serve.log)
}
stop() { kill -INT "$server"; wait "$server"; code=$?; }
client() { run openssl s_client -connect "127.0.0.1:$port" -CAfile ca/ca.crt -verify_return_error "$@"; }
serial() { openssl x509 -noout -serial -in "$1" | cut -d= -f2; }
shown() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -serial | cut -d= -f2; }
logged() { grep -qF -- "$1" serve.log; }
shows() { [ "$(shown)" = "$(serial "$1")" ]; }

start
client -tls1_3
check "TLS 1.3 is spoken, and the certificate verifies" both 'exits 0' 'says "Verify return code: 0 (ok)"'
client -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
check "TLS 1.2 is spoken with forward secrecy and an authenticated cipher" both 'exits 0' 'says "ECDHE-ECDSA-AES128-GCM-SHA256"'
check "renegotiation is not offered without its protection, and no ticket is given" both 'says "Secure Renegotiation IS supported"' '! says "TLS session ticket:"'
client -tls1_2 -cipher 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384'
check "ciphers that do not authenticate are refused" eval '! exits 0'
client -tls1_2 -cipher 'AES128-GCM-SHA256:AES256-SHA'
check "ciphers without forward secrecy are refused" eval '! exits 0'
client -tls1_1 -cipher 'ALL:@SECLEVEL=0'
check "TLS 1.1 is refused" eval '! exits 0'
client -alpn h2,http/1.1
check "HTTP/1.1 is chosen" says "ALPN protocol: http/1.1"
client -alpn h2
check "to who speaks nothing but HTTP/2 none is promised" both 'exits 0' 'says "No ALPN negotiated"'
client -tls1_2 -comp
check "nothing is compressed" both 'says "Compression: NONE"' 'says "Expansion: NONE"'
client -tls1_3 -sess_out session
run openssl s_client -connect "127.0.0.1:$port" -CAfile ca/ca.crt -tls1_2 -reconnect
check "no session is taken up again" both 'says "New, TLSv1.2"' '! says "Reused, TLSv1.2"'
check "nor given to be taken up" test ! -s session
health=$(sed -nE 's#.*health at (http://[^ ]*).*#\1#p' serve.log)
over() { run curl -sS --max-time 10 --cacert ca/ca.crt -o /dev/null -w '%{http_version} %{http_code}' "$@"; }
over --http2 "https://127.0.0.1:$port/x"
check "a client that would rather speak HTTP/2 is answered by HTTP/1.1" says "1.1 404"
over --http2-prior-knowledge "$health/livez"
check "one that begins with it is refused" eval '! exits 0'
over --http2 "$health/livez"
check "one that offers to change to it is answered as it is" says "1.1 200"
over --http1.0 "$health/livez"
check "HTTP/1.0 is refused" says "400"
over --haproxy-protocol "$health/livez"
check "so is a proxy's line before the request" says "400"
{ printf 'R\n'; sleep 1; } | timeout 10 openssl s_client -connect "127.0.0.1:$port" -tls1_2 >out 2>err; code=$?; out=$(cat out) err=$(cat err)
check "renegotiation is refused" both '! exits 0' 'complains "no renegotiation"'

version 2; swap 2
check "a pair that is exchanged by its link is served within 15 s" within 15 shows volume/..2/tls.crt
check "and the log says so once" test "$(grep -c 'a new certificate is served, until 20' serve.log)" = 1
# A pair that does not fit, and stays so: the last one is served, and one line says why.
version 3; cp volume/..1/tls.key volume/..3/tls.key; swap 3
check "a pair that does not fit is said" within 25 logged "volume/tls.key: is not the key of the certificate in volume/tls.crt"
check "and the last one stays in use" shows volume/..2/tls.crt
version 4; swap 4
check "until there is a pair that fits" within 15 shows volume/..4/tls.crt
check "one line a problem" test "$(grep -c 'stays in use' serve.log)" = 1
stop
check "it stops as ever" exits 0

run "$STATEWARD" serve --tls-cert volume/tls.crt --tls-key volume/tls.key --client-name x
check "--client-name needs --client-ca" both 'exits 2' 'complains "--client-name needs --client-ca too"'
run "$STATEWARD" serve --tls-cert volume/tls.crt --tls-key volume/tls.key --client-ca ours/ca.key
check "authorities that are none are refused at the start" both 'exits 2' 'complains "ours/ca.key: no PEM certificate in it"'
asks() { # WHO: the status that a client of these authorities gets; nothing where it is not let in
  curl -sS -o /dev/null -w '%{http_code}' --cacert ca/ca.crt ${1:+--cert $1/client.crt --key $1/tls.key} "https://127.0.0.1:$port/x" 2>/dev/null
}
start --client-ca clients.crt --client-name kube-apiserver
check "a client of our authority and name is let in" test "$(asks ours)" = 404
check "a client without a certificate is not" test "$(asks '')" = 000
check "a client of another authority is not" test "$(asks theirs)" = 000
cp theirs/ca.crt clients.new; mv clients.new clients.crt
let_in() { [ "$(asks "$1")" = 404 ]; }
check "authorities of clients are read again" within 15 let_in theirs
check "and the former ones are not trusted any more" test "$(asks ours)" = 000
stop

# With its certificate from files, and a cluster that cannot be reached.
unreachable_cluster >away.conf
start --kubeconfig away.conf
health=$(sed -nE 's#.*health at (http://[^ ]*).*#\1#p' serve.log)
is_ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$health/readyz")" = 200 ]; }
check "a replica waits for its cluster" eval '! is_ready'
check "rule 39: but not for ever: it can judge without" within 30 is_ready
run curl -s "$health/readyz?verbose"
check "and says what it cannot" says "policies that look at siblings are skipped"
stop
