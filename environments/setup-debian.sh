#!/bin/bash
# Installs what the environments need on a Debian host. Run it as often as you like.
set -euo pipefail

# An environment a line: its name, its Debian packages. What is to be done besides is a function setup_NAME.
readonly table='
bubblewrap  bubblewrap
nspawn      systemd-container
docker      docker.io iptables
gvisor      runsc
crun        crun
podman      podman runc uidmap slirp4netns fuse-overlayfs
vagrant
'

# Runtimes of an engine, by environment: their name in its configuration, and what stands there. As the remedies of docker({ runtime }) have it.
readonly runtimes='
gvisor  runsc  {"path":"/usr/bin/runsc","runtimeArgs":["--network=host"]}
crun    crun   {"path":"/usr/bin/crun"}
'

usage() {
  cat <<TEXT
Usage: setup-debian.sh [--engine-config[=FILE] [--reload]] [ENVIRONMENT ...] | --help

Installs what environments need to run apps, from Debian packages only; all of them when none
is named. Asks nothing, changes nothing that is in order already, removes no package, and
neither configures nor restarts a container engine that is there, unless told to:

  --engine-config  adds those of the runtimes gvisor and crun that are named to the engine's
                   configuration, /etc/docker/daemon.json or FILE. What stands there stays, and a
                   copy of it is kept beside it
  --reload         has the engine read it; containers go on running

Needs root.

$(sed '/^$/d; s/^/  /' <<<"$table")     by vagrant/setup-debian.sh, which also starts libvirt

native and namespace need nothing. gvisor and crun are runtimes of an engine: docker.
TEXT
}

say() { printf 'setup-debian: %s\n' "$*"; }
fail() {
  printf 'setup-debian: %s\n' "$*" >&2
  exit 1
}

names() { awk 'NF { print $1 }' <<<"$table"; }
packages_of() { awk -v name="$1" '$1 == name { $1 = ""; print }' <<<"$table"; }

is_among() { # word, words
  local each
  for each in "${@:2}"; do if [ "$each" = "$1" ]; then return; fi; done
  return 1
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# An engine that somebody installed from elsewhere is an engine, too: Debian's package would take its place.
has_engine() { command -v dockerd >/dev/null; }

install_packages() { # environments
  local name package missing=() log
  # it changes the configuration
  if [ -n "$engine_config" ] && ! installed jq; then missing+=(jq); fi
  for name in "$@"; do
    if [ "$name" = docker ] && has_engine; then continue; fi
    for package in $(packages_of "$name"); do
      installed "$package" || missing+=("$package")
    done
  done
  if [ ${#missing[@]} = 0 ]; then
    say 'packages: all there'
    return
  fi
  say "packages: installing ${missing[*]}"
  log=$(mktemp)
  # needrestart would restart an engine whose libraries are new
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends --no-remove "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install: ${missing[*]}. Debian 12 has them all; see the lines above"
  fi
  rm -f "$log"
}

setup_vagrant() { "$(dirname "${BASH_SOURCE[0]}")/vagrant/setup-debian.sh"; }

configure_engine() { # environments
  local name runtime entry wanted='{}' old='{}' new log
  while read -r name runtime entry; do
    if is_among "$name" "$@"; then
      wanted=$(jq -c --arg runtime "$runtime" --argjson entry "$entry" '.[$runtime] = $entry' <<<"$wanted")
    fi
  done < <(sed '/^$/d' <<<"$runtimes")
  if [ -s "$engine_config" ]; then old=$(cat "$engine_config"); fi
  # what somebody has written down for a runtime goes before ours
  new=$(jq --argjson wanted "$wanted" '.runtimes = $wanted + (.runtimes // {})' <<<"$old" 2>/dev/null) ||
    fail "$engine_config is no configuration of an engine, and stays as it is: expected a JSON object"
  if [ "$(jq -S . <<<"$old")" = "$(jq -S . <<<"$new")" ]; then
    say "$engine_config: has them already"
    return
  fi
  mkdir -p "$(dirname "$engine_config")"
  local aside=$engine_config.new.$$ backup
  if [ -e "$engine_config" ]; then cp -p "$engine_config" "$aside"; fi
  printf '%s\n' "$new" >"$aside"
  # Debian 12's engine does not check on request
  if has_engine && grep -q -e --validate <<<"$(dockerd --help 2>/dev/null)" &&
    ! log=$(dockerd --validate --config-file "$aside" 2>&1); then
    rm -f "$aside"
    fail "$engine_config stays as it is, for the engine would refuse it: ${log##*$'\n'}"
  fi
  if [ -e "$engine_config" ]; then
    backup=$engine_config.before-$(date +%Y%m%d-%H%M%S)
    cp -p "$engine_config" "$backup"
    say "$engine_config: its former state is in $backup"
  fi
  mv "$aside" "$engine_config"
  say "$engine_config: has $(jq -r 'keys | join(" and ")' <<<"$wanted")"
  if [ -z "$reload" ]; then say 'the engine does not know it yet: kill -HUP $(cat /run/docker.pid), or --reload here'; fi
}

reload_engine() {
  local pid
  pid=$(cat /run/docker.pid 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] ||
    fail 'the engine cannot be told to read its configuration: /run/docker.pid names no dockerd. Restart it'
  kill -HUP "$pid"
  say "the engine (process $pid) reads its configuration"
}

if [ "${1:-}" = --help ]; then
  [ $# = 1 ] || fail "expected nothing beside --help, got: ${*:2}"
  usage
  exit
fi
engine_config='' reload=''
while [[ "${1:-}" == --* ]]; do
  case $1 in
    --engine-config) engine_config=/etc/docker/daemon.json ;;
    --engine-config=?*) engine_config=${1#*=} ;;
    --reload) reload=yes ;;
    *) fail "option $1 is unknown; expected --engine-config, --reload or --help" ;;
  esac
  shift
done
[ -z "$reload" ] || [ -n "$engine_config" ] || fail '--reload goes with --engine-config'
for name in "$@"; do
  is_among "$name" $(names) || fail "environment $name is unknown; expected one of: $(names | xargs)"
done
mapfile -t all < <(names)
[ $# -gt 0 ] || set -- "${all[@]}"
if [ -n "$engine_config" ] && ! is_among gvisor "$@" && ! is_among crun "$@"; then
  fail "--engine-config is for gvisor and crun; got: $*"
fi
[ "$(id -u)" = 0 ] || fail 'needs root: run it with sudo'
command -v apt-get >/dev/null || fail 'apt-get is not on the PATH: this is for Debian and its relatives'

install_packages "$@"
for name in "$@"; do
  if declare -F "setup_$name" >/dev/null; then "setup_$name"; fi
done
if [ -n "$engine_config" ]; then configure_engine "$@"; fi
if [ -n "$reload" ]; then reload_engine; fi
say "ready: $*"
