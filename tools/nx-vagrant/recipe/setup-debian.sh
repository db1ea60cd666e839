#!/bin/bash
# Installs Vagrant with libvirt on a Debian host and starts what it needs. Run it as often as you like.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: setup-debian.sh [--stop | --help]

Makes a Debian host able to run the project's virtual machine, from Debian packages only:
installs Vagrant and libvirt, lets QEMU run as root, starts virtlogd and libvirtd (by systemd
where it runs, else by hand), and makes the default storage pool. Needs root; changes nothing
that is in order already.

  --stop   end the daemons that were started by hand, and libvirt's networks
  --help   this text
TEXT
}

readonly uri=qemu:///system
# which daemons were started by hand: their process IDs
readonly started=/run/tare-setup-debian
readonly marker='# set by setup-debian.sh of tare'
readonly packages=(
  vagrant vagrant-libvirt libvirt-daemon-system libvirt-clients dnsmasq-base iptables iproute2
  qemu-system-x86 qemu-utils mmdebstrap e2fsprogs openssh-client rsync
)

say() { printf 'setup-debian: %s\n' "$*"; }
fail() {
  printf 'setup-debian: %s\n' "$*" >&2
  exit 1
}

has_systemd() { [ -d /run/systemd/system ]; }

# The state, not `kill -0`: the first process of a container may never reap, and a zombie can be signalled.
runs() { # program, process ID
  local state
  [ -n "$2" ] && [ "$(cat "/proc/$2/comm" 2>/dev/null)" = "$1" ] || return 1
  state=$(sed 's/.*) //; s/ .*//' "/proc/$2/stat" 2>/dev/null)
  [ -n "$state" ] && [ "$state" != Z ]
}

pid_in() { cat "$1" 2>/dev/null || true; }

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() {
  local package missing=() wanted=("${packages[@]}") log
  # without systemd this one keeps apt from installing it
  if has_systemd; then wanted+=(libvirt-daemon-system-systemd); else wanted+=(libvirt-daemon-system-sysv); fi
  for package in "${wanted[@]}"; do installed "$package" || missing+=("$package"); done
  if [ ${#missing[@]} = 0 ]; then
    say 'packages: all there'
    return
  fi
  say "packages: installing ${missing[*]}"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install: ${missing[*]}. Debian 12 has them all; see the lines above"
  fi
  rm -f "$log"
}

# QEMU as root: it must read a box's kernel below a private home folder, and open a /dev/kvm that only root may. When it
# cannot while libvirtd can, libvirt forgets what QEMU is capable of at every call (4 to 8 s each).
configure_qemu() {
  local conf=/etc/libvirt/qemu.conf
  if grep -qxF "$marker" "$conf"; then
    say "$conf: already configured"
    return
  fi
  printf '\n%s\nuser = "root"\ngroup = "root"\ndynamic_ownership = 0\nremember_owner = 0\n' "$marker" >>"$conf"
  say "$conf: QEMU runs as root"
  if has_systemd; then
    systemctl try-restart libvirtd.service
  elif stop_daemon libvirtd; then
    say 'libvirtd: stopped, to read its configuration again'
  fi
}

start_daemon() { # program
  local pid
  for pid in "$(pid_in "$started/$1.pid")" "$(pid_in "/run/$1.pid")"; do
    if runs "$1" "$pid"; then
      say "$1: runs already (process $pid)"
      return
    fi
  done
  command -v "$1" >/dev/null || fail "$1 is not on the PATH; is its package installed?"
  mkdir -p "$started" /var/log/libvirt
  setsid nohup "$1" </dev/null >>"/var/log/libvirt/$1-by-hand.log" 2>&1 &
  pid=$!
  printf '%s\n' "$pid" >"$started/$1.pid"
  say "$1: started by hand (process $pid); --stop ends it"
}

start_daemons() {
  if has_systemd; then
    systemctl enable --quiet --now virtlogd.socket libvirtd.service
    say 'virtlogd, libvirtd: started and enabled by systemd'
    return
  fi
  start_daemon virtlogd
  start_daemon libvirtd
}

await_libvirt() {
  local tries version=''
  for ((tries = 0; tries < 150; tries++)); do
    version=$(virsh -c "$uri" version 2>/dev/null | sed -n 's/^Running hypervisor: //p') && [ -n "$version" ] && break
    sleep 0.2
  done
  if [ -z "$version" ]; then
    virsh -c "$uri" version >&2 || true
    fail "libvirtd does not answer at $uri within 30 s; see /var/log/libvirt/libvirtd-by-hand.log or journalctl -u libvirtd"
  fi
  say "libvirt answers: $version"
}

make_pool() {
  if ! virsh -c "$uri" pool-info default >/dev/null 2>&1; then
    virsh -q -c "$uri" pool-define-as default dir --target /var/lib/libvirt/images
    virsh -q -c "$uri" pool-autostart default
    say 'storage pool default: made'
  fi
  if virsh -c "$uri" pool-info default | grep -E '^State: +running' >/dev/null; then
    say 'storage pool default: there'
  else
    mkdir -p /var/lib/libvirt/images
    virsh -q -c "$uri" pool-start default
    say 'storage pool default: started'
  fi
}

# Someone who came by sudo wants to use the machine without it.
admit_user() {
  local user=${SUDO_USER:-root}
  [ "$user" = root ] && return
  if id -nG "$user" | tr ' ' '\n' | grep -x libvirt >/dev/null; then return; fi
  usermod -aG libvirt "$user"
  say "user $user: added to the group libvirt (log in again)"
}

stop_daemon() { # program; fails when this script did not start it
  local pid tries
  pid=$(pid_in "$started/$1.pid")
  rm -f "$started/$1.pid"
  runs "$1" "$pid" || return 1
  kill "$pid"
  for ((tries = 0; tries < 50; tries++)); do
    runs "$1" "$pid" || return 0
    sleep 0.2
  done
  fail "$1 (process $pid) has not ended within 10 s of SIGTERM"
}

stop() {
  local name running
  if ! runs libvirtd "$(pid_in "$started/libvirtd.pid")"; then
    say 'libvirtd: not started by this script, left alone'
  else
    running=$(virsh -c "$uri" list --name | xargs)
    [ -z "$running" ] || fail "these machines still run, destroy them first: $running"
    # their dnsmasq would outlive libvirtd
    for name in $(virsh -c "$uri" net-list --name); do
      virsh -q -c "$uri" net-destroy "$name"
      say "network $name: stopped"
    done
    stop_daemon libvirtd && say 'libvirtd: stopped'
  fi
  if stop_daemon virtlogd; then say 'virtlogd: stopped'; else say 'virtlogd: not started by this script, left alone'; fi
  rmdir "$started" 2>/dev/null || true
}

[ $# -le 1 ] || fail "expected at most one option, --stop or --help, got: $*"
case ${1:-} in
  --help)
    usage
    exit
    ;;
  '' | --stop) ;;
  *) fail "option $1 is unknown; expected --stop or --help" ;;
esac
[ "$(id -u)" = 0 ] || fail 'needs root: run it with sudo'

if [ "${1:-}" = --stop ]; then
  stop
  exit
fi
command -v apt-get >/dev/null || fail 'apt-get is not on the PATH: this is for Debian and its relatives'
install_packages
configure_qemu
start_daemons
await_libvirt
make_pool
admit_user
say "ready: $(vagrant --version 2>/dev/null), $(qemu-system-x86_64 --version | head -n 1)"
