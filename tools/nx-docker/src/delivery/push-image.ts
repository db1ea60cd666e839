import type { Commit } from './commit.ts';
import type { Credentials } from './credentials.ts';
import { type ImageName, isVersion } from './image-name.ts';
import { type Attachment, packAttachment, packImage, referrersIndex } from './packed-image.ts';
import { mebibytes, openRepository, type RegistryBlob, type Repository } from './registry.ts';
import type { Retrying } from './retry.ts';
import { sbomOfPush, sbomType } from './sbom.ts';

/** What to push, and where to. */
type PushOptions = {
  /** The saved image. */
  readonly archive: string;
  readonly name: ImageName;
  /** In the order in which they are set. */
  readonly tags: readonly string[];
  readonly commit: Commit;
  readonly credentials: Credentials | undefined;
  /** Text of the SBOM that docker-build has made, to be attached. */
  readonly sbom: string | undefined;
  /** Says what would be pushed, and asks no registry. */
  readonly dryRun: boolean;
  readonly retrying: Retrying;
};

/**
 * Pushes a saved image to a registry by its HTTP API: no engine takes part, so that the password stays in this process and the
 * same commit has the same digest. Layers are sent once, whatever the number of tags, and only those that the registry lacks.
 * @returns the digest, "sha256:…".
 * @throws Error in one line; where a part was shipped, it says which tags are set.
 */
export async function pushImage(options: PushOptions, signal: AbortSignal): Promise<string> {
  const { archive, name, tags, commit, retrying } = options;
  const { tell } = retrying;
  const packed = await packImage(archive, labelsOf(commit), commit.date);
  const { manifest, config, layers } = packed;
  const bill = options.sbom && sbomOfPush(options.sbom, name, commit, manifest.digest);
  const attachment = bill ? packAttachment(sbomType, bill.text, packed, commit.date) : undefined;
  const billed = bill && attachment && `SBOM ${attachment.manifest.digest}, ${bill.count} components`;
  const size = mebibytes(layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const layerCount = `${layers.length} layer${layers.length === 1 ? '' : 's'}`;
  const shown = `${name.host}/${name.repository}`;
  if (options.dryRun) {
    tell(`would push ${shown}@${manifest.digest} (${layerCount}, ${size}) as ${tags.join(', ')}`);
    if (billed) tell(`would attach ${billed}`);
    return manifest.digest;
  }
  const repository = await openRepository(name, options.credentials, retrying, signal);
  for (const tag of tags.filter(isVersion)) {
    const taken = await repository.digestOf(tag);
    if (taken !== undefined && taken !== manifest.digest)
      throw new Error(
        `${shown}:${tag} is another image already (${taken}), and a version does not change: give this commit (${manifest.digest}) a new one`,
      );
  }
  const sent: RegistryBlob[] = [];
  for (const blob of [...layers, config]) if (await repository.upload(blob)) sent.push(blob);
  if (attachment !== undefined) {
    // before the tags, so that none means an image without it
    await repository.put(manifest.digest, manifest);
    await attach(repository, manifest.digest, attachment).catch((cause: unknown) => {
      signal.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`the SBOM cannot be attached, and no tag is set: ${why}. --sbom=false leaves it off`, {
        cause,
      });
    });
  }
  const set: string[] = [];
  try {
    for (const tag of tags) {
      await repository.put(tag, manifest);
      set.push(tag);
    }
  } catch (cause) {
    if (set.length === 0 || !(cause instanceof Error)) throw cause;
    throw new Error(`${cause.message}. Set so far: ${set.join(', ')}`, { cause });
  }
  const sentLayers = sent.filter((blob) => layers.includes(blob));
  const sentSize = mebibytes(sentLayers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  tell(`pushed ${shown}@${manifest.digest} as ${tags.join(', ')}`);
  tell(
    `${layerCount}, ${size}; ${sentLayers.length === 0 ? 'all were there' : `sent ${sentLayers.length}, ${sentSize}`}`,
  );
  if (billed) tell(`attached ${billed}`);
  return manifest.digest;
}

/** Keeps an attachment beside an image, and sees to it that it is found from the image's digest. */
async function attach(repository: Repository, imageDigest: string, attachment: Attachment): Promise<void> {
  for (const blob of attachment.blobs) await repository.upload(blob);
  if (await repository.put(attachment.manifest.digest, attachment.manifest)) return;
  const tag = imageDigest.replace(':', '-');
  const index = referrersIndex(await repository.get(tag), attachment);
  if (index !== undefined) await repository.put(tag, index);
}

/** Labels that say what an image was made of (OCI Image Format Specification, "Annotations"). */
function labelsOf({ sha, date, source, changed }: Commit): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.created': date,
    'org.opencontainers.image.revision': changed.length > 0 ? `${sha}-dirty` : sha,
    ...(source === undefined ? {} : { 'org.opencontainers.image.source': source }),
  };
}
