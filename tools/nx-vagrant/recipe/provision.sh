#!/bin/bash
# Runs in the guest as root, as often as one likes: installs Node if the box has none, the workloads, their unit and
# their settings. A service of which nothing has changed goes on running. Vagrantfile names the workloads below and
# appends a gzipped tar of the files, laid out as they are to lie in the guest.
set -euo pipefail

workloads='' packages='' start=''

fail() {
  printf 'provision: %s\n' "$*" >&2
  exit 1
}

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked" /tmp/tare-node' EXIT
sed '1,/^exit # files follow$/d' "$0" | base64 -d | tar -xzf - -C "$unpacked"

# Succeeds when the file had to be written.
place() { # path below /
  cmp -s "$unpacked/$1" "/$1" && return 1
  install -D -m 644 "$unpacked/$1" "/$1"
}

install_node() {
  if [ -e /tmp/tare-node ] && ! cmp -s /tmp/tare-node /usr/local/bin/node; then
    install -m 755 /tmp/tare-node /usr/local/bin/node
    node_changed=yes
  fi
  [ -x /usr/local/bin/node ] || fail 'the box has no /usr/local/bin/node, and none was uploaded'
}

# What apps want besides; a box that is built for them has it already.
install_packages() {
  local package missing=()
  for package in $packages; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install ${missing[*]}; see the lines above"
}

node_changed='' unit_changed=''
install_node
install_packages
id -u tare-app >/dev/null 2>&1 ||
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tare-app
if place etc/systemd/system/tare@.service; then unit_changed=yes; fi
if place etc/systemd/system/tare@.service.d/budget.conf; then unit_changed=yes; fi

# The one named first starts with the machine.
first=${workloads%% *}
enabled_folder=/etc/systemd/system/multi-user.target.wants
for link in "$enabled_folder"/tare@*.service; do
  if [ -L "$link" ] && [ "$link" != "$enabled_folder/tare@$first.service" ]; then
    systemctl --quiet --no-reload disable "$(basename "$link")"
  fi
done
if [ -n "$first" ] && [ ! -L "$enabled_folder/tare@$first.service" ]; then systemctl --quiet --no-reload enable "tare@$first"; fi
loaded=$(systemctl list-units --all --plain --no-legend 'tare@*')
active_now=''
while read -r unit _ state _; do
  [ "$state" = active ] || [ "$state" = activating ] || continue
  workload=${unit#tare@} workload=${workload%.service}
  if [ -z "$workloads" ] || [[ " $workloads " == *" $workload "* ]]; then
    active_now+=" $workload"
  else
    # its port is wanted by those that are named
    systemctl stop "$unit"
    printf '%s: no longer named, stopped\n' "${unit%.service}"
  fi
done <<<"$loaded"
# seconds on an emulated CPU, and only what is loaded can be out of date
if [ -n "$unit_changed" ] && [ -n "$loaded" ]; then systemctl daemon-reload; fi

for workload in $workloads; do
  changed=$unit_changed$node_changed
  if place "etc/tare/$workload.env"; then changed=yes; fi
  for file in "$unpacked/opt/tare/$workload"/main*; do
    # an app that is a folder has none
    if [ -e "$file" ] && place "${file#"$unpacked/"}"; then changed=yes; fi
  done
  if [[ "$active_now " == *" $workload "* ]]; then
    [ -z "$changed" ] || systemctl restart "tare@$workload"
  elif [ -n "$start" ] && [ -z "$active_now" ] && [ "$workload" = "$first" ]; then
    # they share a port, so it starts only where no other runs
    systemctl start "tare@$workload"
  fi
  state=$(systemctl is-active "tare@$workload" || true)
  if [ -n "$start" ] && [ "$state" = failed ]; then
    journalctl --no-pager --lines=10 --output=cat --unit="tare@$workload" >&2
    fail "tare@$workload does not run; its last lines are above"
  fi
  word=unchanged
  [ -z "$changed" ] || word=installed
  printf 'tare@%s: %s, %s\n' "$workload" "$word" "$state"
done
[ -n "$workloads" ] || echo 'no workload: none is built, or TARE_ARTIFACTS is empty'
exit # files follow
