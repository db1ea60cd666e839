# shellcheck shell=bash
# The disk: one ext4 file system without a partition table, filled as a file (no mount, no loop device).

make_disk() { # rootfs, size in GiB, folder for the raw image, file to write
  local raw=$3/disk.raw
  truncate -s "${2}G" "$raw"
  # without a journal: the machine is thrown away, not repaired
  E2FSPROGS_FAKE_TIME=1 mke2fs -q -F -t ext4 -O '^has_journal' -L root \
    -U 7a7e0000-0000-4000-8000-000000000001 \
    -E hash_seed=7a7e0000-0000-4000-8000-000000000002,lazy_itable_init=1,nodiscard -d "$1" "$raw"
  qemu-img convert -m 4 -c -O qcow2 -o compression_type=zstd "$raw" "$4"
  rm -f "$raw"
}
