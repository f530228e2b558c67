#!/usr/bin/env bash
# The GitHub Action and the pre-commit hook, as far as they go without GitHub: their steps are run as the runner would.
. "$(dirname "$0")/assert.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
python=
for one in python3 /usr/bin/python3; do "$one" -c 'import yaml' 2>/dev/null && { python=$one; break; }; done
[ -n "$python" ] || { echo "skip the action and the hook: python3-yaml is missing"; exit 0; }
program=$(realpath "$STATEWARD")
cd "$work" || exit 1

cat >runner.py <<'PY'
"""Runs action.yml as a runner does: its inputs, their defaults, and the environment that its step asks for."""
import os, re, subprocess, sys, yaml
root, given = sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2:])
action = yaml.safe_load(open(os.path.join(root, "action.yml")))
unknown = set(given) - set(action["inputs"])
assert not unknown, unknown
inputs = {name: given.get(name, one["default"]) for name, one in action["inputs"].items()}
assert all(one["description"] for one in action["inputs"].values())
value = lambda text: re.sub(r"\$\{\{ (inputs|github)\.([a-z_-]+) \}\}", lambda m: inputs[m[2]] if m[1] == "inputs" else {"action_path": root}[m[2]], text)
step, = action["runs"]["steps"]
assert action["runs"]["using"] == "composite" and "${{" not in step["run"]
assert all(re.fullmatch(r"\$\{\{ steps\.%s\.outputs\.[a-z-]+ \}\}" % step["id"], out["value"]) for out in action["outputs"].values())
env = dict(os.environ, **{name: value(text) for name, text in step["env"].items()})
asked = set(re.findall(r"STATEWARD_[A-Z_]+", open(os.path.join(root, "image", "action.sh")).read())) - {"STATEWARD_"}
assert asked == set(step["env"]), asked ^ set(step["env"])
sys.exit(subprocess.run([step["shell"], "-e", "-o", "pipefail", "-c", step["run"]], env=env).returncode)
PY
act() { # INPUT=VALUE...
  : >outputs; : >summary
  GITHUB_OUTPUT=$PWD/outputs GITHUB_STEP_SUMMARY=$PWD/summary RUNNER_TEMP=$PWD run "$python" runner.py "$root" "$@"
}
mkdir -p 'de ploy'; cp "$root"/policies/identity/missing-service-name/bad.yaml 'de ploy/set.yaml'
act program="$program" paths=$'de ploy\n'
check "the action annotates what it finds, and fails" both 'exits 1' 'says "::error file=de ploy/set.yaml,line="'
check "it writes the job's summary" grep -q '#### Denied' summary
check "and its outputs" [ "$(paste -sd' ' outputs)" = "exit-code=1 denied=1 warned=0" ]
check "it leaves nothing behind" [ -z "$(find . -name 'stateward.*')" ]
act program="$program" paths='de ploy' fail-on=never sarif=out.sarif summary=false
check "inputs do what they say" both 'exits 0 && [ -s out.sarif ]' '[ ! -s summary ]'
act program="$program" rendered="$root/test/cli/helm/rendered.yaml" charts-in=charts complete=true
check "what was rendered is placed in the templates" both 'exits 1' 'says "::error file=charts/shop/templates/statefulset.yaml,"'
act program="$program" paths='de ploy' arguments=$'--policy\nshared-claim'
check "further arguments are taken, one a line" exits 0
act program="$program"
check "nothing to validate is an error" both 'exits 2' 'says "::error title=stateward::nothing to validate"'
act program="$program" paths=$'$(touch owned)\n; touch owned #'
check "inputs are never commands" both 'exits 2' '[ ! -e owned ]'
act program="$program" paths=$'--fail-on\nnever'
check "and paths are never options" both 'exits 2' 'complains "cannot open --fail-on"'

# Docker is played: what it would run is run here, where the paths are the same.
mkdir bin
cat >bin/docker <<'SH'
#!/usr/bin/env bash
echo "$*" >>"$DOCKER_LOG"
[ "$1" = run ] || exit 0
while [ "$1" != stateward:action ] && [ "$1" != example/stateward:1 ]; do shift; done
exec "$DOCKER_PROGRAM" "${@:2}"
SH
chmod +x bin/docker
export DOCKER_LOG=$PWD/docker.log DOCKER_PROGRAM=$program
PATH=$PWD/bin:$PATH act paths='de ploy'
check "without a program the image is built from the action's source" both 'exits 1' 'grep -q "^build .*image/Dockerfile -t stateward:action $root\$" docker.log && says "::error file=de ploy/set.yaml"'
: >docker.log
PATH=$PWD/bin:$PATH act paths='de ploy' image=example/stateward:1
check "an image that is given is taken, without a network" both 'exits 1' '! grep -q ^build docker.log && grep -q -- "--network none" docker.log'

# The hook: what pre-commit would call, with the files that it would give.
run "$python" -c '
import sys, yaml
hooks = yaml.safe_load(open(sys.argv[1]))
assert [hook["id"] for hook in hooks] == ["stateward", "stateward-installed"]
for hook in hooks:
    assert hook["types_or"] == ["yaml", "json"] and hook["require_serial"] and hook["description"]
    print(hook["entry"])
' "$root/.pre-commit-hooks.yaml"
check "the hooks are defined" both 'exits 0' '[ "$out" = "run.sh validate
stateward validate" ] && [ -x "$root/run.sh" ]'
if command -v pre-commit >/dev/null; then
  ln -s "$program" bin/stateward
  git init -q project && cp 'de ploy/set.yaml' project/set.yaml && echo '# x' >project/README.md && git -C project add .
  printf 'repos:\n- repo: local\n  hooks:\n' >project/.pre-commit-config.yaml
  sed -n '/id: stateward-installed/,$s/^/  /p' "$root/.pre-commit-hooks.yaml" >>project/.pre-commit-config.yaml
  PATH=$PWD/bin:$PATH PRE_COMMIT_HOME=$PWD/cache run sh -c 'cd project && pre-commit run --all-files'
  check "pre-commit runs it" both 'exits 1' 'says "set.yaml:5:1: deny"'
else
  echo "skip pre-commit runs it: pre-commit is not installed"
fi
