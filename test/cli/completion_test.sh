#!/usr/bin/env bash
# Completion in the shells themselves.
. "$(dirname "$0")/assert.sh"
cd "$work" || exit 1
mkdir bin; ln -s "$(realpath "$STATEWARD")" bin/stateward; PATH=$PWD/bin:$PATH
: >manifest.yaml

for shell in bash zsh fish; do
  run stateward completion $shell
  check "completion for $shell is printed" both 'exits 0' '[ -n "$out" ]'
  cp .out $shell.script
  case $shell in zsh) no_rc=-f ;; fish) no_rc=--no-config ;; *) no_rc=--norc ;; esac
  if command -v $shell >/dev/null; then check "$shell can read it" $shell $no_rc -n $shell.script; else echo "skip completion in $shell: it is not installed"; fi
done
run stateward completion powershell
check "a shell that is not known is wrong usage" both 'exits 2' 'complains "bash|zsh|fish"'

in_bash() { # WORD...: the last one is being typed
  bash --norc -c 'source bash.script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stateward; echo "${COMPREPLY[*]}"' - "$@"
}
in_fish() { fish --no-config -c 'source fish.script; complete -C "$argv"' "$*" | cut -f1 | LC_ALL=C sort | paste -sd' '; }
offers() { # SHELL EXPECTED WORD...
  local shell=$1 expected=$2; shift 2
  command -v "$shell" >/dev/null || return 0
  out=$(in_$shell "$@" 2>&1) err= code=$?
  check "$shell offers \"$expected\" after: $*" [ "$out" = "$expected" ]
}
for shell in bash fish; do
  offers $shell validate stateward va
  offers $shell 'missing-governing-service' stateward explain missing-g
  offers $shell 'inject-service-name' stateward explain inject-s
  offers $shell --min-severity stateward validate --min
done
offers bash 'inspect make renew status rotate' stateward certs ''
offers fish 'inspect make renew rotate status' stateward certs ''
offers bash 'deny warn never' stateward validate --fail-on ''
offers bash deny stateward validate --fail-on = d
offers fish 'deny never warn' stateward validate --fail-on ''
offers bash 'text json sarif junit github gitlab markdown' stateward audit -o ''
offers bash --life stateward certs make --li
offers bash '' stateward validate --old ''
offers fish manifest.yaml stateward validate manif

# zsh completes on a terminal only: it gets one, types, and shows what it made of it.
if command -v zsh >/dev/null; then
  cp zsh.script _stateward
  cat >in_zsh <<'ZSH'
zmodload zsh/zpty
zpty z zsh -f -i
say() { zpty -w $2 z "$1" }
hear() { local text all= deadline=$((SECONDS + 20)); while ((SECONDS < deadline)); do zpty -r -t z text && all+=$text; [[ $all == *$1* ]] && break; sleep 0.1; done; print -r -- $all }
say "PS1=; autoload -U compinit; compinit -u -D; source ./_stateward; bindkey '^I' complete-word; print re''ady"
hear ready >/dev/null
for typed in 'stateward explain missing-g' 'stateward validate --fail-on d' 'stateward certs insp'; do
  say $typed$'\t\n' -n
done
say "print do''ne"
hear done
zpty -d z
ZSH
  out=$(zsh -f in_zsh 2>&1) code=$? err=
  check "zsh completes a policy" says 'stateward explain missing-governing-service'
  check "zsh completes a choice" says 'stateward validate --fail-on deny'
  check "zsh completes a command's command" says 'stateward certs inspect'
fi
