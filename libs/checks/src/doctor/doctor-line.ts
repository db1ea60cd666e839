/** One thing about this host: whether it helps or harms a measurement, and what mends it. */
export type DoctorLine = {
  /** problem: a run cannot measure, or not what it says. warning: its figures get worse, or less is known of them. */
  readonly level: 'good' | 'warning' | 'problem';
  readonly subject: string;
  readonly finding: string;
  /** The command that mends it, or what to do where no command does. */
  readonly remedy?: string;
};

/** @returns the command, with sudo where this process is not root. */
export function asRoot(command: string): string {
  return process.getuid?.() === 0 ? command : `sudo ${command}`;
}

/** @returns the command that sets a file of the kernel; the path may hold `*`. */
export function writingCommand(value: string, path: string): string {
  return `echo ${value} | ${asRoot(`tee ${path}`)}`;
}
