import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type AppSource,
  type Artifact,
  type FilesSource,
  hashFile,
  hashFolder,
  type ImageSource,
  type NodeSource,
} from '@tare/environment';
import { projectOf } from '../config/apps.ts';
import { appOf, type Workload } from '../config/workload.ts';

/**
 * Finds the app of a workload, reads and hashes it.
 * @throws Error with one line and what to do when it is not there: it is made by the workload's build.
 */
export async function readArtifact(
  { name, app }: Pick<Workload, 'name' | 'app'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Artifact> {
  const project = projectOf(app);
  const of = { workload: appOf(name), ...(project !== undefined && { project }) };
  try {
    const source = await resolved(app);
    switch (source.kind) {
      case 'node':
        return { ...of, ...(await readNode(source, buildOf(name, app))) };
      case 'files':
        return { ...of, ...(await readFiles(source, buildOf(name, app), signal)) };
      case 'image':
        return { ...of, ...(await source.read(signal)) };
    }
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`workload ${name}: ${message}`, { cause: error });
  }
}

async function resolved(app: AppSource): Promise<NodeSource | FilesSource | ImageSource> {
  if (app.kind !== 'project') return app;
  if (app.resolve === undefined) {
    throw new Error(
      `nothing here knows the projects of a workspace: name what ${app.project} builds, by node(…) or files(…)`,
    );
  }
  return app.resolve();
}

/** What builds it, for messages. */
function buildOf(name: string, app: AppSource): string {
  return `build it: nx run ${projectOf(app) ?? appOf(name)}:build`;
}

type Read<Kind extends Artifact['kind']> = Omit<Extract<Artifact, { readonly kind: Kind }>, 'workload'>;

async function readNode({ file }: NodeSource, remedy: string): Promise<Read<'node'>> {
  const path = fileURLToPath(file);
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`its app ${path} cannot be read (${codeOf(cause)}); ${remedy}`, { cause });
  });
  if (found.isDirectory()) {
    throw new Error(
      `its app ${path} is a folder, expected a file: for a folder there is files(folder, command)`,
    );
  }
  return { kind: 'node', path, ...(await hashFile(path)) };
}

async function readFiles(
  { folder, command, base }: FilesSource,
  remedy: string,
  signal: AbortSignal,
): Promise<Read<'files'>> {
  const path = fileURLToPath(folder).replace(/(?<=.)\/$/, '');
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`its folder ${path} cannot be read (${codeOf(cause)}); ${remedy}`, { cause });
  });
  if (!found.isDirectory())
    throw new Error(`its app ${path} is no folder; for one file of Node there is node(file)`);
  const content = await hashFolder(path, signal);
  if (content === undefined) throw new Error(`its folder ${path} is empty; ${remedy}`);
  return {
    kind: 'files',
    path,
    command,
    ...(base !== undefined && { base }),
    ...content,
  };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
