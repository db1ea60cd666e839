/** Names the Node that the user's own commands run on, where the suite has gone on to the locked one. */
export const callerNodeVariable = 'TARE_CALLER_NODE';

/** The Node for what is the user's own, such as a nested Nx: its plugins may have native add-ons that are built for it. */
export function callerNode(): string {
  return process.env[callerNodeVariable] ?? process.execPath;
}
