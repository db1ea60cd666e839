import { constants } from 'node:os';
import { messageOf } from '@tare/nx-kit';
import { optionRows } from '@tare/options';
import type { z } from 'zod';

/** A command of the command line. */
export type Command = {
  /** What it does, in half a line. */
  readonly summary: string;
  /** Its options, with title and description. */
  readonly table: z.ZodObject;
  /** @returns the exit code. */
  readonly run: (options: Readonly<Record<string, unknown>>, folder: string) => Promise<number>;
};

export type Commands = Readonly<Record<string, Command>>;

const failed = 1;
const wrongUse = 2;
/** A program that a signal ends has this added to the signal's number as its exit code. */
const signalBase = 128;

/**
 * Runs what a command line asks for.
 * @param folder in which it is run.
 * @returns the exit code: that of the command, 2 for a command line that cannot be read, 130 after Ctrl-C.
 */
export async function runCommand(
  [name = '--help', ...args]: readonly string[],
  commands: Commands,
  folder: string,
): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview(commands));
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(
      `tare ${name}: unknown command, expected one of ${Object.keys(commands).join(', ')}; tare --help\n`,
    );
    return wrongUse;
  }
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpOf(name, command));
    return 0;
  }
  let options: Readonly<Record<string, string>>;
  try {
    options = readArguments(args, command.table);
  } catch (error) {
    process.stderr.write(`tare ${name}: ${messageOf(error)}; tare ${name} --help\n`);
    return wrongUse;
  }
  let told: NodeJS.Signals | undefined;
  const tell = (signal: NodeJS.Signals): void => {
    told = signal;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, tell);
  try {
    const code = await command.run(options, folder);
    return code === 0 || told === undefined ? code : signalBase + constants.signals[told];
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return failed;
  } finally {
    for (const signal of signals) process.off(signal, tell);
  }
}

/**
 * Reads `--name=value`, `--name value`, `--switch` and `--no-switch`; names in camelCase or with hyphens.
 * @throws Error in one line that names what cannot be read.
 */
export function readArguments(args: readonly string[], table: z.ZodObject): Readonly<Record<string, string>> {
  const rows = new Map(optionRows(table).map((row) => [row.name, row]));
  const read: Record<string, string> = {};
  const left = [...args];
  for (let argument = left.shift(); argument !== undefined; argument = left.shift()) {
    const [, no = '', dashed = '', value] = /^--(no-)?([a-z][\w-]*)(?:=(.*))?$/is.exec(argument) ?? [];
    if (dashed === '') throw new Error(`${argument}: expected an option, --name=value`);
    const name = dashed.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const row = rows.get(name);
    if (row === undefined)
      throw new Error(`--${dashed}: unknown option, expected one of ${[...rows.keys()].join(', ')}`);
    const isSwitch = row.values === 'true, false';
    if (no !== '' && (!isSwitch || value !== undefined))
      throw new Error(`${argument}: --${name} is no switch`);
    // a switch that may have a value, too
    const standsAlone = row.values.startsWith('true, false,') && (left[0]?.startsWith('--') ?? true);
    const next = isSwitch || standsAlone ? String(no === '') : left[0];
    if (value === undefined && next === undefined)
      throw new Error(`--${name}: expected a value: ${row.values}`);
    if (value === undefined && !isSwitch && !standsAlone) left.shift();
    read[name] = value ?? next ?? '';
  }
  return read;
}

function overview(commands: Commands): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: tare <command> [options], in a folder with a bench.config.ts

${lines.join('\n')}

tare <command> --help lists the options. In an Nx workspace the same are targets: nx run <project>:compare
`;
}

function helpOf(name: string, { table }: Command): string {
  const { description = '' } = table.meta() ?? {};
  const options = optionRows(table).map(({ name: option, description: what, values, otherwise }) =>
    [
      `  --${option}`,
      `      ${what}`,
      `      ${values}; by default ${otherwise ?? 'none: it must be given'}`,
    ].join('\n'),
  );
  return `Usage: tare ${name} [options]\n\n${description}\n\n${options.join('\n')}\n`;
}
