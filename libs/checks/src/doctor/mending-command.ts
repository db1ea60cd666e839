/** @returns the command, with sudo where this process is not root. */
export function asRoot(command: string): string {
  return process.getuid?.() === 0 ? command : `sudo ${command}`;
}

/** @returns the command that sets a file of the kernel; the path may hold `*`. */
export function writingCommand(value: string, path: string): string {
  return `echo ${value} | ${asRoot(`tee ${path}`)}`;
}
