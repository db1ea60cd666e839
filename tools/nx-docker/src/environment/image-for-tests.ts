import { createWriteStream, realpathSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '@tare/environment';
import { sha256OfFile } from '@tare/recipe';
import { fixedTar, type TarEntry } from '../archive/fixed-tar.ts';
import type { Engine } from '../engine/connect-engine.ts';
import { bakeImage } from '../image/bake-image.ts';
import { contextOfFiles, dataFolderInContext } from '../image/build-context.ts';
import { runProgram } from '@tare/metrics';
import type { ImageRecord } from '../records.ts';

const dockerfile = join(import.meta.dirname, '../../../../environments/docker/Dockerfile');

/**
 * Bakes an image of a script with the shared Dockerfile on the host's own Node and the libraries that it loads: a base
 * for tests that needs neither packages nor a registry.
 * @param images folder as the environment's option `images` has it.
 */
export async function imageForTests(
  engine: Engine,
  images: string,
  workload: string,
  script: string,
  signal: AbortSignal,
): Promise<{ readonly artifact: Artifact; readonly record: ImageRecord }> {
  const out = join(images, workload);
  await mkdir(out, { recursive: true });
  const [path, rootfs] = [join(images, 'main.mjs'), join(images, 'rootfs.tar')];
  writeFileSync(path, script);
  await pipeline(fixedTar(await hostNode(signal)), createWriteStream(rootfs));
  const sha256 = await sha256OfFile(path);
  const files = new Map([
    ['Dockerfile', dockerfile],
    ['rootfs.tar', rootfs],
    ['main.mjs', path],
  ]);
  const options = {
    project: workload,
    build: { context: contextOfFiles(files, [dataFolderInContext]), arguments: {} },
    out,
    artifactSha256: sha256,
    base: null,
    former: undefined,
  };
  const record = await bakeImage(engine, options, signal);
  return { artifact: { workload, path, sha256, bytes: Buffer.byteLength(script) }, record };
}

async function hostNode(signal: AbortSignal): Promise<readonly TarEntry[]> {
  const linked = await runProgram('ldd', [process.execPath], { signal, deadlineMs: 10_000 });
  const libraries = [...linked.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  return [
    { name: 'tmp/', mode: 0o1777, type: 'directory' },
    { name: 'etc/passwd', mode: 0o644, type: 'text', text: 'nobody:x:65534:65534::/:/none\n' },
    { name: 'usr/local/bin/node', mode: 0o755, type: 'file', path: process.execPath },
    ...libraries.map((path): TarEntry => ({
      name: path.slice(1),
      mode: 0o755,
      type: 'file',
      path: realpathSync(path),
    })),
  ];
}
