# shellcheck shell=bash
# What the machine is besides its packages: configuration, users, which units run, Node.

configure_guest() { # folder of the recipe, rootfs, Node binary
  local unit generator
  # no password, but not locked: sshd turns locked users away
  chroot "$2" useradd --create-home --user-group --shell /bin/bash --password '*' vagrant
  chroot "$2" useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tare-app
  cp -r --no-preserve=all "$1/overlay/." "$2"
  chmod 440 "$2/etc/sudoers.d/vagrant"
  : >"$2/etc/machine-id"
  # the initrd mounts /; what an empty one still costs is a remount
  rm -f "$2/etc/fstab"
  rm -f "$2/etc/resolv.conf"
  echo 'nameserver 192.168.121.1' >"$2/etc/resolv.conf"
  chroot "$2" chown -R vagrant:vagrant /home/vagrant
  chmod 700 "$2/home/vagrant/.ssh"
  chmod 600 "$2/home/vagrant/.ssh/authorized_keys"
  install -D -m 755 "$3" "$2/usr/local/bin/node"

  find "$2/etc/ssh" -name 'ssh_host_*' ! -name 'ssh_host_ed25519_key*' -delete
  find "$2/etc/acpi/events" -type f ! -name power -delete
  chroot "$2" systemctl --quiet enable systemd-networkd.service ssh.service acpid.service
  chroot "$2" systemctl --quiet disable acpid.socket acpid.path
  chroot "$2" systemctl --quiet set-default multi-user.target
  # nothing here is made up at boot: no file system tables, terminals or old init scripts
  mkdir -p "$2/etc/systemd/system-generators"
  for generator in "$2"/usr/lib/systemd/system-generators/*; do
    ln -sf /dev/null "$2/etc/systemd/system-generators/$(basename "$generator")"
  done
  while read -r unit; do ln -sf /dev/null "$2/etc/systemd/system/$unit"; done <"$1/masked-units.txt"

  rm -rf "$2"/var/cache/apt/*.bin "$2"/var/lib/apt/lists/* "$2"/var/cache/debconf/*-old "$2"/var/log/* "$2"/tmp/*
}
