#!/usr/bin/env bash
# A baseline as a project meets it that begins to look: written once, it keeps what was there from failing, and nothing else.
. "$(dirname "$0")/assert.sh"
policies=$(cd "$(dirname "$0")/../../policies" && pwd)
mkdir -p "$work/deploy"; cd "$work" || exit 1
cp "$policies/storage/shared-claim/bad.yaml" deploy/set.yaml

run "$STATEWARD" validate --baseline baseline.json deploy
check "a baseline that is not there is an error, with what makes it" both 'exits 2' 'complains "baseline.json cannot be read: No such file or directory; --write-baseline makes it"'
run "$STATEWARD" validate --write-baseline deploy
check "to write one it takes a name" both 'exits 2' 'complains "--write-baseline requires --baseline"'
run "$STATEWARD" validate --baseline deploy/baseline.json --write-baseline deploy
check "writing it shows what is there, says how much was written, and fails for nothing" both 'exits 0' \
  'says "share claim" && complains "written to deploy/baseline.json"'
run "$STATEWARD" validate --baseline deploy/baseline.json --fail-on warn deploy
check "then nothing fails, not even what is hidden, and the baseline is not taken for a manifest" both 'exits 0' \
  '! says "share claim" && says "2 objects in 1 file: 0 denied, 0 warnings, 0 audited" && says "not shown: in the baseline"'
run "$STATEWARD" validate -o json --baseline deploy/baseline.json deploy
check "a program gets no finding, and the count" python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); assert not r["findings"] and r["summary"]["known"] > 1' "$work/.out"
sed -i '1i # one line further down' deploy/set.yaml && mv deploy/set.yaml deploy/moved.yaml
run "$STATEWARD" validate --baseline deploy/baseline.json deploy
check "nor does it fail when lines move and the file is renamed" exits 0
sed 's/^  name: .*/  name: another/' deploy/moved.yaml >deploy/new.yaml
run "$STATEWARD" validate --baseline deploy/baseline.json deploy
check "the same mistake in another object is new" both 'exits 1' 'says "new.yaml:27:24: deny: " && says "1 denied"'
rm deploy/new.yaml; sed -i 's/replicas: .*/replicas: 1/' deploy/moved.yaml
run "$STATEWARD" validate --baseline deploy/baseline.json deploy
check "what was put right is said, with what drops it" both 'exits 0' 'complains "baseline.json: shared-claim of StatefulSet ledger at /spec/template/spec/volumes/[name=data]/persistentVolumeClaim/claimName is no longer there" && complains "--write-baseline drops what is gone"'
run "$STATEWARD" validate --policy missing-service-name --baseline deploy/baseline.json deploy
check "of a policy that was not asked nothing is said" both 'exits 0' '! complains "no longer there"'
echo '{"schema":"stateward.dev/baseline/v1","findings":[{"policy":1}]}' >broken.json
run "$STATEWARD" validate --baseline broken.json deploy
check "a broken one is refused, with the place" both 'exits 2' 'complains "broken.json:1:61: /findings/0/policy: is 1, and must be a text"'
run timeout 60 "$STATEWARD" validate --baseline /dev/zero deploy
check "one that does not end is not read for ever" both 'exits 2' 'complains "baseline /dev/zero cannot be read: larger than 64 MiB"'
run "$STATEWARD" validate --baseline no/such/folder/b.json --write-baseline deploy
check "one that cannot be written is an error" both 'exits 2' 'complains "cannot write no/such/folder/b.json"'
