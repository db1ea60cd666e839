import { join } from 'node:path';
import { executor, lockedNode, readRecord, skipWithout } from '@tare/nx-kit';
import { baseWords } from '../../base/cached-base.ts';
import { likelyBaseMode, makeBase } from '../../base/make-base.ts';
import { connectEngine } from '../../engine/connect-engine.ts';
import { probeRecordSchema } from '../../records.ts';
import { tables } from '../../options.ts';
import { readBaseRecipe } from '../../recipe.ts';

const base = executor(tables.base, async ({ mode, image, recipe, probe, out, socket }, { root }, signal) => {
  const found = readRecord(join(root, probe), probeRecordSchema, 'Run the target probe first.');
  if (found.engine === 'none') return skipWithout('docker', 'base', found, join(root, out));
  const { architecture } = found;
  const written = readBaseRecipe(join(root, recipe));
  const made = await makeBase(
    {
      mode,
      likely: likelyBaseMode(architecture),
      recipe: image === undefined ? written : { ...written, image },
      architecture,
      node: lockedNode(root, architecture),
      out: join(root, out),
      engine: () => connectEngine(socket),
    },
    signal,
  );
  process.stdout.write(`${baseWords(made)}\n`);
  return true;
});

export default base;
