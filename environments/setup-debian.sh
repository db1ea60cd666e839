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

usage() {
  cat <<TEXT
Usage: setup-debian.sh [ENVIRONMENT ...] | --help

Installs what environments need to run apps, from Debian packages only; all of them when none
is named. Asks nothing, changes nothing that is in order already, removes no package, and
neither configures nor restarts a container engine that is there. Needs root.

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

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# An engine that somebody installed from elsewhere is an engine, too: Debian's package would take its place.
has_engine() { command -v dockerd >/dev/null; }

install_packages() { # environments
  local name package missing=() log
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

if [ "${1:-}" = --help ]; then
  [ $# = 1 ] || fail "expected nothing beside --help, got: ${*:2}"
  usage
  exit
fi
for name in "$@"; do
  names | grep -qxF -e "$name" || fail "environment $name is unknown; expected one of: $(names | xargs)"
done
mapfile -t all < <(names)
[ $# -gt 0 ] || set -- "${all[@]}"
[ "$(id -u)" = 0 ] || fail 'needs root: run it with sudo'
command -v apt-get >/dev/null || fail 'apt-get is not on the PATH: this is for Debian and its relatives'

install_packages "$@"
for name in "$@"; do
  if declare -F "setup_$name" >/dev/null; then "setup_$name"; fi
done
say "ready: $*"
