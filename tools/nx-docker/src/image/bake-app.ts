import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Facts, FilesArtifact, NodeArtifact, RunContext } from '@tare/environment';
import { cacheFolder, hostArchitecture, lockedNode, madeOnce, messageOf } from '@tare/nx-kit';
import { z } from 'zod';
import { type CachedBase, cachedBase } from '../base/cached-base.ts';
import { packageSchema } from '../base/debian-userland.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { probeEngine } from '../engine/probe-engine.ts';
import { ownDockerfile, ownRecipeText, readBaseRecipe } from '../recipe.ts';
import { contextOfApp } from './build-context.ts';
import { buildImage } from './build-image.ts';
import {
  contentDigest,
  ensureImage,
  type ImageFacts,
  imageRepository,
  inspectImage,
  pullImage,
  removeImage,
  saveImage,
} from './images.ts';

/** An app's image in the engine. */
type BakedApp = { readonly image: ImageFacts; readonly facts: Facts };

/** Labels the images that are made here; the others of an app are removed in time. */
const appLabel = 'tare.app';
/** A gate has two images of an app at once. */
const keptImages = 3;

/**
 * The image of an app, on the base that it names or else the shared one, by the recipe of this package. Its tag is a digest of all that it is
 * made of: it is built once, and again only after a change.
 * @param architecture the engine's, in Docker's words.
 * @throws Error in one line when the base or the image cannot be made.
 */
export async function bakeApp(
  engine: Engine,
  architecture: string,
  artifact: NodeArtifact | FilesArtifact,
  context: RunContext,
  signal: AbortSignal,
): Promise<BakedApp> {
  const { workload } = artifact;
  const tell = (line: string): void => context.tell?.(`${workload}: ${line}`);
  const { base, baseId } = await baseOf(engine, architecture, artifact, context, tell, signal);
  const parts = [ownRecipeText(), base.sha256, baseId, artifact.kind, artifact.sha256];
  const content = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  const name = { repo: imageRepository(workload), tag: content };
  const tag = `${name.repo}:${name.tag}`;
  let image = await inspectImage(engine, tag, signal);
  if (image === undefined) {
    const build = {
      context: contextOfApp(ownDockerfile, base.rootfs, artifact),
      arguments: { BASE: base.image },
      labels: { [appLabel]: workload },
    };
    ({ facts: image } = await buildImage(engine, build, signal));
    await engine.call({ method: 'POST', path: `/images/${image.Id}/tag`, query: name, signal });
    await removeFormer(engine, workload, signal);
  }
  return {
    image,
    facts: {
      image: tag,
      imageId: image.Id,
      imageSizeMiB: Math.round((image.Size / 2 ** 20) * 10) / 10,
      base: base.mode,
      baseFrom: base.from,
      builtBy: 'this environment, by the recipe of @tare/nx-docker',
    },
  };
}

/**
 * The same for an engine that is not this host's Docker: where there is one, it bakes, and the image goes over as its archive, so that
 * both run the same bytes. Otherwise the engine bakes itself.
 */
export async function bakeAppFor(
  engine: Engine,
  architecture: string,
  artifact: NodeArtifact | FilesArtifact,
  context: RunContext,
  signal: AbortSignal,
): Promise<BakedApp> {
  const here = await probeEngine(signal);
  if (!here.usable || here.facts.architecture !== architecture)
    return bakeApp(engine, architecture, artifact, context, signal);
  const { image, facts } = await bakeApp(here.engine, architecture, artifact, context, signal);
  const folder = cacheFolder('docker', `image-${image.Id.replace(/^sha256:/, '').slice(0, 12)}`);
  const tag = String(facts.image);
  await madeOnce(folder, (aside) => saveImage(here.engine, tag, join(aside, 'image.tar'), signal));
  const wanted = { id: image.Id, tag, contentDigest: contentDigest(image) };
  const present = await ensureImage(engine, wanted, join(folder, 'image.tar'), signal);
  return { image: present.facts, facts: { ...facts, imageId: present.facts.Id } };
}

/**
 * What a bake depends on besides the app's bytes, as far as it is known without an engine: two sides with the same run on the same image.
 */
export function bakeIdentity(artifact: NodeArtifact | FilesArtifact): string {
  const own = artifact.kind === 'files' ? [artifact.command, artifact.base] : [];
  return createHash('sha256')
    .update(JSON.stringify([ownRecipeText(), ...own]))
    .digest('hex');
}

async function baseOf(
  engine: Engine,
  architecture: string,
  artifact: NodeArtifact | FilesArtifact,
  { nodeBinary, nodeVersion }: RunContext,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<{ readonly base: CachedBase; readonly baseId: string | undefined }> {
  const isForHost = process.platform === 'linux' && architecture === hostArchitecture();
  const node = isForHost
    ? { binary: nodeBinary, version: nodeVersion.replace(/^v/, '') }
    : lockedNode(process.cwd(), architecture);
  const shared = { recipe: readBaseRecipe(), architecture, node, engine: () => Promise.resolve(engine) };
  const asked = artifact.kind === 'files' ? artifact.base : undefined;
  if (asked === undefined) return { base: await cachedBase(shared, tell, signal), baseId: undefined };
  if ('packages' in asked) {
    const wrong = asked.packages.find((name) => !packageSchema.safeParse(name).success);
    if (wrong !== undefined)
      throw new Error(
        `${artifact.workload}: base.packages has ${JSON.stringify(wrong)}; expected the name of a Debian package`,
      );
    return { base: await cachedBase({ ...shared, more: asked.packages }, tell, signal), baseId: undefined };
  }
  try {
    await pullImage(engine, asked.image, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const why = messageOf(cause);
    throw new Error(
      `${artifact.workload}: base.image is "${asked.image}", which the engine cannot get: ${why}`,
      {
        cause,
      },
    );
  }
  const found = await inspectImage(engine, asked.image, signal);
  if (found !== undefined && found.Architecture !== architecture) {
    throw new Error(
      `${artifact.workload}: base.image is "${asked.image}" for ${found.Architecture}; expected one for ${architecture}, which the engine runs`,
    );
  }
  // Node alone is the same for every image
  const recipe = { ...shared.recipe, image: 'scratch' };
  const alone = await cachedBase({ ...shared, recipe, mode: 'registry' }, () => undefined, signal);
  return { base: { ...alone, image: asked.image, from: asked.image }, baseId: found?.Id };
}

const listAnswer = z.array(z.object({ Id: z.string(), Created: z.number() }));

async function removeFormer(engine: Engine, workload: string, signal: AbortSignal): Promise<void> {
  const filters = { label: [`${appLabel}=${workload}`] };
  const listed = await engine.ask(
    { method: 'GET', path: '/images/json', query: { filters }, signal },
    listAnswer,
  );
  const former = listed.sort((a, b) => b.Created - a.Created).slice(keptImages);
  for (const { Id } of former) await removeImage(engine, Id, signal);
}
