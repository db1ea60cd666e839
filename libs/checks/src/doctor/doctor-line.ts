/** One thing about this host: whether it helps or harms a measurement, and what mends it. */
export type DoctorLine = {
  /** problem: a run cannot measure, or not what it says. warning: its figures get worse, or less is known of them. */
  readonly level: 'good' | 'warning' | 'problem';
  readonly subject: string;
  readonly finding: string;
  /** The command that mends it, or what to do where no command does. */
  readonly remedy?: string;
};
