/**
 * Reads /proc/PID/io (proc_pid_io(5)).
 * @returns the bytes that the process caused to be sent to storage; undefined when the text does not tell.
 */
export function parseWrittenBytes(text: string): bigint | undefined {
  // "cancelled_write_bytes" ends alike
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(text) ?? [];
  return bytes === undefined ? undefined : BigInt(bytes);
}
