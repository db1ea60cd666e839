import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '@tare/metrics';
import { executor, lockedNode, readRecord, sha256OfFile, skipWithout, writeRecord } from '@tare/nx-kit';
import { type CachedBase, cachedBase } from '../../base/cached-base.ts';
import { connectEngine } from '../../engine/connect-engine.ts';
import { contextOfApp, contextOfFolder } from '../../image/build-context.ts';
import { bakeImage } from '../../image/build-image.ts';
import { baseRecordSchema, formerRecord, probeRecordSchema } from '../../records.ts';
import { readImageContents } from '../../image/image-contents.ts';
import { imageSbom } from '../../delivery/sbom.ts';
import { tables } from '../../options.ts';
import { ownDockerfile, readBaseRecipe } from '../../recipe.ts';

const dockerBuild = executor(tables['docker-build'], async (options, { root, projectName }, signal) => {
  const at = (path: string): string => join(root, path);
  const out = at(options.out);
  const { dockerfile, artifact } = options;
  if ((options.context === undefined) === (artifact === undefined))
    throw new Error('docker-build: expected one of the options context and artifact');
  const found = readRecord(at(options.probe), probeRecordSchema, 'Run the target probe first.');
  if (found.engine === 'none') return skipWithout('docker', 'docker-build', found, out);
  const needed = [dockerfile, artifact, options.context].filter((path) => path !== undefined).map(at);
  const missing = needed.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new Error(`docker-build: ${missing} is missing; run the targets that this one depends on`);
  const engine = await connectEngine(options.socket);
  const say = (line: string): void => {
    process.stdout.write(`${plainText(line)}\n`);
  };
  const base = artifact === undefined ? undefined : await baseFor(found.architecture, say);
  const recipe = dockerfile === undefined ? ownDockerfile : at(dockerfile);
  const name = projectName ?? 'app';
  const bill = join(out, 'sbom.cdx.json');
  // one of the image before would be a wrong one
  rmSync(bill, { force: true });
  const record = await bakeImage(
    engine,
    {
      project: name,
      build: {
        context:
          artifact === undefined || base === undefined
            ? contextOfFolder(at(options.context ?? ''), recipe)
            : contextOfApp(recipe, base.rootfs, { kind: 'node', path: at(artifact) }),
        arguments: base === undefined ? {} : { BASE: base.image },
        ...(options.builder === 'auto' ? {} : { builder: options.builder }),
        onLine: say,
      },
      out,
      artifactSha256: artifact === undefined ? null : await sha256OfFile(at(artifact)),
      base: base ?? null,
      former: formerRecord(join(out, 'image.json')),
    },
    signal,
  );
  const sizeMiB = (record.sizeBytes / 2 ** 20).toFixed(0);
  process.stdout.write(`image ${record.tag} (${sizeMiB} MiB, ${record.builder})\n`);
  if (!options.sbom) return true;
  const bundle =
    artifact === undefined || record.artifactSha256 === null
      ? undefined
      : { path: at(artifact), sha256: record.artifactSha256, root };
  await writeRecord(bill, imageSbom(name, await readImageContents(join(out, 'image.tar')), bundle));
  return true;

  /** What the target base has made; without one, the base of this package's recipe from the cache. */
  async function baseFor(architecture: string, tell: (line: string) => void): Promise<CachedBase> {
    if (options.base !== undefined) {
      const folder = at(options.base);
      const made = readRecord(join(folder, 'base.json'), baseRecordSchema, 'Run the target base first.');
      return { ...made, rootfs: join(folder, 'rootfs.tar') };
    }
    const node = lockedNode(root, architecture);
    const wanted = {
      recipe: readBaseRecipe(),
      architecture,
      node,
      engine: () => connectEngine(options.socket),
    };
    return cachedBase(wanted, tell, signal);
  }
});

export default dockerBuild;
