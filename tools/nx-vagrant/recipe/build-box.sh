#!/bin/bash
# Builds the Vagrant box (libvirt) from Debian packages, tuned to boot fast, with Node in it.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: build-box.sh --out FILE --node BINARY [--packages LIST]

Builds a Vagrant box for libvirt from Debian packages, with the sources that the host's apt has.
Needs root, an x86-64 Debian host, and what setup-debian.sh installs. Works in a temporary folder
below TMPDIR (2 GB free), and removes it.

  --out FILE      the box to write
  --node BINARY   the Node binary that goes into the box, as /usr/local/bin/node
  --packages LIST Debian packages that apps want besides: python3-flask,gunicorn
  --help          this text
TEXT
}

readonly suite=bookworm
# the file system's; what is empty takes no room on the host
readonly disk_gib=8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly recipe=$here/box

say() { printf 'build-box: [%3d s] %s\n' "$SECONDS" "$*"; }
fail() {
  printf 'build-box: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=tools/nx-vagrant/recipe/box/userland.sh
source "$recipe/userland.sh"
# shellcheck source=tools/nx-vagrant/recipe/box/guest-system.sh
source "$recipe/guest-system.sh"
# shellcheck source=tools/nx-vagrant/recipe/box/initrd.sh
source "$recipe/initrd.sh"
# shellcheck source=tools/nx-vagrant/recipe/box/disk.sh
source "$recipe/disk.sh"

out='' node='' packages=''
while [ $# -gt 0 ]; do
  case $1 in
    --out | --node | --packages)
      [ $# -ge 2 ] || fail "option $1 expects a value"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    --help)
      usage
      exit
      ;;
    *) fail "option $1 is unknown; expected --out FILE, --node BINARY and --packages LIST" ;;
  esac
done
[ -n "$out" ] || fail 'option --out is missing; expected the box file to write'
[ -n "$node" ] || fail 'option --node is missing; expected the path of a Node binary'
[ -x "$node" ] || fail "option --node: $node is not a program"
[ -d "$(dirname "$out")" ] || fail "option --out: the folder $(dirname "$out") does not exist"
[ "$(id -u)" = 0 ] || fail 'needs root'
[ "$(uname -m)" = x86_64 ] || fail "this host is $(uname -m); the box is for x86_64"
for program in apt-get mmdebstrap mke2fs qemu-img; do
  command -v "$program" >/dev/null || fail "$program is not on the PATH; run $here/setup-debian.sh"
done

umask 022
export SOURCE_DATE_EPOCH=0 LC_ALL=C
work=$(mktemp -d "${TMPDIR:-/tmp}/tare-box-XXXXXX")
remove_work() {
  rm -rf --one-file-system "$work" "$out.partial"
}
trap remove_work EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# apt downloads as a user of its own
chmod 755 "$work"
rootfs=$work/rootfs
mkdir "$rootfs" "$work/box"

say "packages of Debian $suite"
if ! make_userland "$suite" "$recipe/packages.txt" "$packages" "$rootfs" >"$work/mmdebstrap.log" 2>&1; then
  tail -n 15 "$work/mmdebstrap.log" >&2
  fail 'mmdebstrap failed; see the lines above'
fi
kernel=$(basename "$(echo "$rootfs"/boot/vmlinuz-*)")
kernel=${kernel#vmlinuz-}

libc=$(chroot "$rootfs" dpkg-query --show libc6 | cut -f2)
say "kernel $kernel, libc6 $libc, Node $("$node" --version)"
configure_guest "$recipe" "$rootfs" "$node"
make_initrd "$recipe" "$rootfs" "$kernel" "$work/box/initrd"
cp "$rootfs/boot/vmlinuz-$kernel" "$work/box/vmlinuz"
rm -f "$rootfs"/boot/*

say "disk of $(du -sm "$rootfs" | cut -f1) MiB"
make_disk "$rootfs" "$disk_gib" "$work" "$work/box/box.img"

cp "$recipe/Vagrantfile" "$recipe/kernel-arguments.txt" "$work/box/"
printf '{"provider":"libvirt","format":"qcow2","virtual_size":%d}\n' "$disk_gib" >"$work/box/metadata.json"
tar -C "$work/box" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out.partial" .
mv "$out.partial" "$out"
say "box of $(($(stat -c %s "$out") / 1048576)) MiB: $out"
