import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { AppSource, ImageArtifact, ImageSource } from '@tare/environment';
import { cacheFolder, hostArchitecture, madeOnce, messageOf, readRecord } from '@tare/nx-kit';
import type { Engine } from '../engine/connect-engine.ts';
import { probeEngine } from '../engine/probe-engine.ts';
import { imageRecordSchema } from '../records.ts';
import { type ArchivedImage, readImageArchive } from './image-archive.ts';
import { contentDigest, type ImageFacts, inspectImage, pullImage, saveImage } from './images.ts';

type ReadImage = Omit<ImageArtifact, 'workload' | 'project'>;

type WithApp = { readonly app: AppSource };
type WithImage = { readonly app: ImageSource };
type Own = { readonly project: string };

/**
 * An image as it is shipped, and what it is asked: `image('registry/pay:1.4', { port: 3000, get: '/' })` has a reference that the
 * engine has or pulls, `image({ project: '@shop/flask', get: '/' })` a project of the workspace whose own Dockerfile makes it.
 * Where a workload is expected, its type is that of what is asked: its functions need no types for their parameters.
 */
export function image<W extends WithApp = WithImage>(reference: string, asked?: Omit<W, 'app'>): W;
export function image<Asked extends object>(reference: string, asked?: Asked): Asked & WithImage;
export function image<W extends WithApp = WithImage>(own: Own & Omit<W, 'app'>): W;
export function image<Asked extends object>(own: Own & Asked): Asked & WithImage;
export function image(what: string | { readonly project: string }, asked?: object): WithImage {
  if (typeof what !== 'string') {
    const { project, ...rest } = what;
    const read = (): Promise<ReadImage> => readProject(project);
    return { ...rest, app: { kind: 'image', name: project, project, read } };
  }
  if (what.trim() === '' || /\s/.test(what))
    throw new Error(`image: the reference is ${JSON.stringify(what)}; expected one like "registry/pay:1.4"`);
  const read = (signal: AbortSignal): Promise<ReadImage> => readReference(what, signal);
  return { ...asked, app: { kind: 'image', name: what, read } };
}

/** The image that a project's docker-build has saved. */
async function readProject(project: string): Promise<ReadImage> {
  const folder = join(process.cwd(), 'dist/docker', project);
  const record = readRecord(
    join(folder, 'image.json'),
    imageRecordSchema,
    `Run nx run ${project}:docker-build; it needs a Dockerfile in the project's folder and a Docker engine.`,
  );
  const archive = join(folder, 'image.tar');
  return {
    kind: 'image',
    reference: record.tag,
    archive,
    config: runnable(project, await readImageArchive(archive)),
    sha256: record.contentDigest,
    bytes: record.sizeBytes,
  };
}

/** The engine's image of that name, saved once into the cache. */
async function readReference(reference: string, signal: AbortSignal): Promise<ReadImage> {
  const found = await probeEngine(signal);
  if (!found.usable) {
    throw new Error(
      `the image ${reference} cannot be had without an engine: ${found.reason}. ${found.remedy}`,
    );
  }
  const { engine } = found;
  const facts = await pulled(engine, reference, signal);
  const id = createHash('sha256').update(facts.Id).digest('hex').slice(0, 12);
  const folder = cacheFolder('docker', `image-${id}`);
  // by its ID: to load it again moves no name
  await madeOnce(folder, (aside) => saveImage(engine, facts.Id, join(aside, 'image.tar'), signal));
  const archive = join(folder, 'image.tar');
  return {
    kind: 'image',
    reference,
    archive,
    config: runnable(reference, await readImageArchive(archive)),
    sha256: contentDigest(facts),
    bytes: facts.Size,
  };
}

async function pulled(engine: Engine, reference: string, signal: AbortSignal): Promise<ImageFacts> {
  try {
    await pullImage(engine, reference, signal, (line) => process.stderr.write(`${line}\n`));
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`the image ${reference} cannot be had: ${messageOf(cause)}`, { cause });
  }
  const facts = await inspectImage(engine, reference, signal);
  if (facts === undefined) throw new Error(`the image ${reference} has been removed while it was read`);
  return facts;
}

/** @throws Error in one line when this host cannot run an image. */
function runnable(name: string, { architecture, config }: ArchivedImage): ArchivedImage['config'] {
  if (architecture !== hostArchitecture()) {
    throw new Error(
      `the image ${name} is for ${architecture} and this host is ${hostArchitecture()}: build it for linux/${hostArchitecture()} (docker build --platform)`,
    );
  }
  if (config.command.length === 0)
    throw new Error(`the image ${name} has no command: give its Dockerfile an ENTRYPOINT or a CMD`);
  return config;
}
