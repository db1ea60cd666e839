import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { plainText } from '@tare/metrics';
import { executor, readRecord, sha256OfFile, skipWithout } from '@tare/nx-kit';
import { connectEngine } from '../../engine/connect-engine.ts';
import { contextOfFiles, contextOfFolder, dataFolderInContext } from '../../image/build-context.ts';
import { bakeImage } from '../../image/build-image.ts';
import { noticesFile } from '../../plugin.ts';
import { baseRecordSchema, type ImageRecord, imageRecordSchema, probeRecordSchema } from '../../records.ts';
import { tables } from '../../options.ts';

const dockerBuild = executor(tables['docker-build'], async (options, { root, projectName }, signal) => {
  const at = (path: string): string => join(root, path);
  const out = at(options.out);
  if (options.context !== undefined && (options.artifact ?? options.base) !== undefined)
    throw new Error('docker-build: give the option context, or artifact and base, not both');
  const found = readRecord(at(options.probe), probeRecordSchema, 'Run the target probe first.');
  if (found.engine === 'none') return skipWithout('docker', 'docker-build', found, out);
  const files = new Map([['Dockerfile', at(options.dockerfile)]]);
  if (options.artifact !== undefined) {
    files.set('main.mjs', at(options.artifact));
    const notices = join(dirname(at(options.artifact)), noticesFile);
    if (existsSync(notices)) files.set(noticesFile, notices);
  }
  if (options.base !== undefined) files.set('rootfs.tar', at(join(options.base, 'rootfs.tar')));
  const folder = options.context === undefined ? undefined : at(options.context);
  const missing = [...files.values(), ...(folder === undefined ? [] : [folder])].find(
    (path) => !existsSync(path),
  );
  if (missing !== undefined)
    throw new Error(`docker-build: ${missing} is missing; run the targets that this one depends on`);
  const base =
    options.base === undefined
      ? undefined
      : readRecord(at(join(options.base, 'base.json')), baseRecordSchema, 'Run the target base first.');
  const record = await bakeImage(
    await connectEngine(options.socket),
    {
      project: projectName ?? 'app',
      build: {
        context:
          folder === undefined
            ? contextOfFiles(files, [dataFolderInContext])
            : contextOfFolder(folder, at(options.dockerfile)),
        arguments: base === undefined ? {} : { BASE: base.image },
        ...(options.builder === 'auto' ? {} : { builder: options.builder }),
        onLine: (line) => process.stdout.write(`${plainText(line)}\n`),
      },
      out,
      artifactSha256: options.artifact === undefined ? null : await sha256OfFile(at(options.artifact)),
      base: base ?? null,
      former: formerRecord(join(out, 'image.json')),
    },
    signal,
  );
  const sizeMiB = (record.sizeBytes / 2 ** 20).toFixed(0);
  process.stdout.write(`image ${record.tag} (${sizeMiB} MiB, ${record.builder})\n`);
  return true;
});

/** The record of the last build; undefined if there is none, or if an older version of this plugin wrote it. */
function formerRecord(path: string): ImageRecord | undefined {
  try {
    return readRecord(path, imageRecordSchema, '');
  } catch {
    return undefined;
  }
}

export default dockerBuild;
