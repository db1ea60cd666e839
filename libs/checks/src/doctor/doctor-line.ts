/** One fact about this host: whether it helps or harms a measurement, and how to fix it. */
export type DoctorLine = {
  /** problem: a run cannot measure, or does not measure what it says. warning: its figures get worse or less complete. */
  readonly level: 'good' | 'warning' | 'problem';
  readonly subject: string;
  readonly finding: string;
  /** The command that fixes it, or advice where no command does. */
  readonly remedy?: string;
};

/** @returns the command, with sudo where this process is not root. */
export function asRoot(command: string): string {
  return process.getuid?.() === 0 ? command : `sudo ${command}`;
}

/** @returns the command that writes a value to a kernel file; the path may contain `*`. */
export function writingCommand(value: string, path: string): string {
  return `echo ${value} | ${asRoot(`tee ${path}`)}`;
}
