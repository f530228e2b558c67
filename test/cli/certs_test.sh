#!/usr/bin/env bash
# `stateward certs` as a user types it, and what it makes held against OpenSSL's and Go's verifiers.
. "$(dirname "$0")/assert.sh"
tools=$(cd "$(dirname "$0")/../tools" && pwd)
cd "$work" || exit 1
service=stateward-webhook.stateward-system.svc
long=$service.cluster.local

run "$STATEWARD" certs make --name $service --name $long --out made/here/
check "make writes an authority and a pair, and says what to do with them" both 'exits 0 && [ -s made/here/ca.crt ]' 'says "stateward serve --tls-cert made/here/tls.crt --tls-key made/here/tls.key" && says "base64 -w0 made/here/ca.crt"'
mv made/here made/ca; cd made/ca || exit 1
check "keys are for their owner only" test "$(stat -c %a ca.key tls.key ca.crt tls.crt | tr '\n' ' ')" = "600 600 644 644 "
cp tls.crt before.crt; cp tls.key before.key
run "$STATEWARD" certs make --name $service
check "files that are there are not replaced" both 'exits 2 && complains "./ca.crt: is there already; --force"' 'cmp -s tls.crt before.crt && cmp -s tls.key before.key'
run openssl verify -CAfile ca.crt -x509_strict -verify_hostname $long tls.crt
check "OpenSSL verifies the pair for its names" exits 0

run "$STATEWARD" certs inspect tls.crt --key tls.key
check "inspect shows names, key and life, and that the key fits" both 'exits 0 && says "names      $service, $long" && says "(365 days left)"' 'says "key        EC P-256" && says "its key    is the one given"'
run "$STATEWARD" certs inspect ca.crt
check "inspect shows what an authority may sign" both 'exits 0' 'says "may sign   $service, $long" && says "use        authority"'
run "$STATEWARD" certs inspect tls.crt --key ca.key
check "a key that does not fit exits with 1" both 'exits 1' 'says "its key    is NOT the one given"'
cat ca.crt tls.crt >both.crt
"$STATEWARD" certs inspect - <both.crt >out 2>err; code=$?; out=$(cat out) err=$(cat err)
check "all certificates of standard input are shown" both 'exits 0' '[ "$(grep -c ^subject <<<"$out")" = 2 ]'
run "$STATEWARD" certs inspect -o json tls.crt --key tls.key
check "the JSON is JSON" python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); c=r["certificates"][0]; assert r["keyMatches"] and c["valid"] and c["names"][0]==sys.argv[2] and not c["authority"]' "$work/.out" $service
printf '%s\n' '[ca]' default_ca=c '[c]' database=index serial=serial new_certs_dir=. default_md=sha256 policy=p '[p]' commonName=supplied >ca.cnf
touch index; echo 01 >serial
openssl req -new -newkey rsa:2048 -nodes -keyout old.key -out old.csr -subj "/CN=$(printf 'old\033[2Jer')" 2>/dev/null
openssl ca -batch -config ca.cnf -selfsign -keyfile old.key -in old.csr -notext -out old.crt -startdate 20200101000000Z -enddate 20200201000000Z 2>ca.log
run "$STATEWARD" certs inspect old.crt
check "an expired certificate exits with 1" both 'exits 1' 'says "expired " && says "key        RSA 2048"'
check "control characters of a certificate never reach the terminal" eval '! says $'"'"'\033'"'"''
run "$STATEWARD" certs inspect tls.key
check "what is no certificate exits with 2, with the remedy" both 'exits 2' 'complains "tls.key: no PEM certificate in it; give certificates as PEM"'
run "$STATEWARD" certs inspect missing.crt
check "a file that is not there exits with 2 and is named" both 'exits 2' 'complains "missing.crt: No such file"'

run "$STATEWARD" certs renew --cert tls.crt --ca-cert ca.crt --ca-key ca.key --force --life 30
check "renew makes a new pair for the same names" both 'exits 0 && ! cmp -s tls.crt before.crt && ! cmp -s tls.key before.key' 'says "for $service, $long, until "'
run openssl verify -CAfile ca.crt -x509_strict -verify_hostname $service tls.crt
check "and it verifies" exits 0
run "$STATEWARD" certs inspect tls.crt --key tls.key
check "for as long as was asked" both 'exits 0' 'says "(30 days left)"'
run "$STATEWARD" certs renew --cert tls.crt --ca-cert ca.crt --ca-key tls.key --out other
check "another's key signs nothing" both 'exits 2 && [ ! -e other ]' "complains \"ca.crt: the authority's key is not that of its certificate\""
run "$STATEWARD" certs make --name kubernetes.default.svc --ca-cert ca.crt --ca-key ca.key --out other
check "a name that the authority does not permit is refused" both 'exits 2 && [ ! -e other ]' 'complains "the authority may not sign for kubernetes.default.svc, only for $service"'
run "$STATEWARD" certs make --name 127.0.0.1 --name localhost --out address
check "addresses are names too" both 'exits 0' 'openssl verify -CAfile address/ca.crt -verify_ip 127.0.0.1 address/tls.crt >/dev/null'
run "$STATEWARD" certs make --name "a b" --out wrong
check "what is no name is refused" both 'exits 2 && [ ! -e wrong ]' 'complains "\"a b\" is neither a DNS name nor an IP address"'
run "$STATEWARD" certs make --name x --ca-cert ca.crt
check "half an authority is wrong usage" both 'exits 2' 'complains "--ca-cert requires --ca-key; see stateward certs make --help"'
run "$STATEWARD" certs
check "no command of certs is wrong usage" exits 2
run "$STATEWARD" certs rotate --kubeconfig none.conf
check "a cluster that cannot be reached is not rotated" both 'exits 2' 'complains none.conf'
run "$STATEWARD" serve --serving-life 8
check "a life shorter than the replicas' looks is wrong usage" both 'exits 2' 'complains "--serving-life"'
for command in inspect make renew status rotate; do
  run "$STATEWARD" certs $command --help
  check "certs $command --help has examples" both 'exits 0' "says '  stateward certs $command'"
done

# A thief has the key and makes himself a certificate of the authority without its constraints.
openssl req -x509 -key ca.key -out thief.crt -days 30 -subj "/CN=stateward authority" 2>/dev/null
"$STATEWARD" certs make --name kubernetes.default.svc --ca-cert thief.crt --ca-key ca.key --out stolen >/dev/null
"$STATEWARD" certs make --name 10.96.0.1 --ca-cert thief.crt --ca-key ca.key --out stolen_address >/dev/null
run openssl verify -CAfile ca.crt -verify_hostname kubernetes.default.svc stolen/tls.crt
check "OpenSSL refuses what a stolen key signs for others" both '! exits 0' 'complains "permitted subtree violation"'

if command -v go >/dev/null && CGO_ENABLED=0 GO111MODULE=off go build -o "$work/verify" "$tools/verify_certificate.go" 2>"$work/build.log"; then
  run "$work/verify" ca.crt tls.crt $service
  check "Go verifies the pair for its name" says ok
  cat address/ca.crt ca.crt >two.crt
  run "$work/verify" two.crt tls.crt $long
  check "Go verifies it under a bundle of two authorities of the same name" says ok
  run "$work/verify" ca.crt tls.crt kubernetes.default.svc
  check "Go refuses another name" says "certificate is valid for $service, $long, not kubernetes.default.svc"
  run "$work/verify" ca.crt stolen/tls.crt kubernetes.default.svc
  check "Go refuses what a stolen key signs for others" says "is not permitted by any constraint"
  run "$work/verify" ca.crt stolen_address/tls.crt 10.96.0.1
  check "Go refuses what it signs for addresses" says "is excluded by constraint"
else
  echo "skip Go's verifier: $(tail -1 "$work/build.log" 2>/dev/null || echo 'there is no Go on this machine')"
fi
