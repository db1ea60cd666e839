/** What /proc/PID/stat tells, as far as it is needed here. */
export type ProcessStat = {
  readonly pid: number;
  /** Name of the executable; may hold spaces and brackets. */
  readonly command: string;
  /** One letter: R running, S sleeping, Z ended but not yet reaped, … */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Clock ticks between the boot and the start of the process: together with the pid it names a process for good. */
  readonly startTicks: number;
};

/**
 * Reads one line of /proc/PID/stat (proc_pid_stat(5)).
 * @throws Error when the text is not such a line.
 */
export function parseStat(text: string): ProcessStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  const [state, parentPid, processGroup] = fields;
  // utime, stime and starttime are fields 14, 15 and 22; the state, field 3, is fields[0]
  const [userTicks, systemTicks, startTicks] = [fields[11], fields[12], fields[19]];
  if (open < 0 || close < open || state === undefined || startTicks === undefined) {
    throw new Error(`not a line of /proc/PID/stat: "${text.slice(0, 80)}"`);
  }
  return {
    pid: Number(text.slice(0, open)),
    command: text.slice(open + 1, close),
    state,
    parentPid: Number(parentPid),
    processGroup: Number(processGroup),
    userTicks: Number(userTicks),
    systemTicks: Number(systemTicks),
    startTicks: Number(startTicks),
  };
}
