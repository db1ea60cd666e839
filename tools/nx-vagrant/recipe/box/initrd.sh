# shellcheck shell=bash
# The initrd: one static program and the modules of a virtual disk, instead of a second udev.

readonly initrd_modules='virtio_pci virtio_blk virtio_net virtio_rng button'

make_initrd() { # folder of the recipe, rootfs, kernel version, file to write
  local tree=$2/tmp/initrd module path number=10
  mkdir -p "$tree"/{bin,dev,proc,root,modules}
  cp "$2/bin/busybox" "$tree/bin/"
  install -m 755 "$1/init" "$tree/init"
  for module in $initrd_modules; do
    chroot "$2" modprobe --set-version "$3" --dry-run --show-depends "$module" || return
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$2/tmp/modules"
  # in the order of their dependencies
  while read -r path; do
    cp "$2$path" "$tree/modules/$number-$(basename "$path")"
    number=$((number + 1))
  done <"$2/tmp/modules"
  find "$tree" -exec touch --no-dereference --date=@0 {} +
  chroot "$2" sh -c 'cd /tmp/initrd && find . | sort | busybox cpio -o -H newc 2>/dev/null | gzip -n -6' >"$4"
  rm -rf "$tree" "$2/tmp/modules"
}
