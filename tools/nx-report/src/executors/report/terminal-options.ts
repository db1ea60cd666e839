import type { Terminal } from '@tare/report';

const columnsWithoutTerminal = 120;

/**
 * Width and colour of an output. The variables NO_COLOR and FORCE_COLOR (Nx sets the latter for its tasks) decide
 * before the terminal does; COLUMNS counts where there is no terminal.
 */
export function terminalOf(
  output: { readonly columns?: number; readonly isTTY?: boolean },
  variables: Readonly<Record<string, string | undefined>>,
): Terminal {
  const { NO_COLOR: none, FORCE_COLOR: force, COLUMNS: columns } = variables;
  const isForced = force !== undefined && force !== '0' && force !== 'false';
  const isForbidden = (none !== undefined && none !== '') || (force !== undefined && !isForced);
  return {
    columns: (output.columns ?? Number(columns)) || columnsWithoutTerminal,
    colour: !isForbidden && (isForced || output.isTTY === true),
  };
}
