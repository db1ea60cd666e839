import type { AppSource, Base, FilesSource, NodeSource, ProjectSource } from '@tare/environment';
import type { Asked, AskedApp } from './workload.ts';

/** A command as a list, or as a text that is split at its blanks: "node server.js". No shell reads it. */
export type CommandWords = string | readonly string[];

/** What a `files` app takes beside its command: what is asked of it, and the userland that it gets in containers and machines. */
export type AskedFiles = Asked & { readonly base?: Base };

/**
 * An app of one file that Node runs, all that it needs bundled into it (.mjs, .cjs or .js): the same bytes everywhere.
 * @param file new URL('../../dist/apps/api/main.mjs', import.meta.url)
 */
export function node(file: URL, asked: Asked = {}): AskedApp<NodeSource> {
  return { ...asked, app: { kind: 'node', file } };
}

/**
 * An app of a folder and the command that runs it there: node_modules and native addons, a binary of Go, C or Rust, Python.
 * @param command "node" is the locked Node; a program without a slash is looked for on PATH, one with a slash is relative to
 *   the folder. `$PORT` in an argument stands for the port.
 */
export function files(
  folder: URL,
  command: CommandWords,
  { base, ...asked }: AskedFiles = {},
): AskedApp<FilesSource> {
  return { ...asked, app: { kind: 'files', folder, command: words(command), ...(base && { base }) } };
}

/**
 * An app that a project of the workspace builds. What its build makes, and how that starts, is found out when it is run.
 * @param name the project's: "@shop/api".
 */
export function project(
  name: string,
  { command, base, ...asked }: AskedFiles & { readonly command?: CommandWords } = {},
): AskedApp<ProjectSource> {
  return {
    ...asked,
    app: {
      kind: 'project',
      project: name,
      ...(command !== undefined && { command: words(command) }),
      ...(base && { base }),
    },
  };
}

function words(command: CommandWords): readonly string[] {
  if (typeof command !== 'string') return command;
  if (/["'`\\|&;<>()]/.test(command)) {
    throw new Error(
      `command: ${JSON.stringify(command)}: no shell reads it: give a list of the program and its arguments`,
    );
  }
  return command.split(/\s+/).filter(Boolean);
}

/**
 * Finds what a project of the workspace builds: given to `loadConfig` by the tool that knows the workspace. Called when the
 * app is read, after it was built, and only for workloads that are run.
 * @param source the project, and the command where the configuration gives one.
 * @param workload for messages.
 * @returns the file, or the folder and its command. It need not be there: a missing one is refused with what to do.
 * @throws Error in one line: no such project, no build, no way to tell how it starts.
 */
export type ProjectResolver = (
  source: ProjectSource,
  workload: string,
) => NodeSource | FilesSource | Promise<NodeSource | FilesSource>;

/** @returns the project of the workspace that builds an app; undefined where the configuration does not name it. */
export function projectOf(app: AppSource): string | undefined {
  return app.kind === 'project' || app.kind === 'image' ? app.project : undefined;
}
