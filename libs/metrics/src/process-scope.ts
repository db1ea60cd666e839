/** Which processes a meter watches. */
export type ProcessScope = {
  /** In words, for the run file. */
  readonly scope: string;
  /** The pids at this moment; asked at every reading, so that processes may come and go. */
  readonly pids: () => readonly number[];
};
