import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import type { OptionsOf } from '@tare/options';
import { abortOnSignals, lockedNode, readRecord, reportFailure } from '@tare/recipe';
import { baseRecipeSchema } from '../../base/debian-userland.ts';
import { likelyBaseMode, makeBase } from '../../base/make-base.ts';
import { connectEngine } from '../../engine/connect-engine.ts';
import { probeRecordSchema } from '../../records.ts';
import type { tables } from '../../options.ts';

type Options = OptionsOf<typeof tables.base>;

const base: PromiseExecutor<Options> = ({ mode, image, recipe, probe, out, socket }, { root }) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const found = readRecord(join(root, probe), probeRecordSchema, 'Run the target probe first.');
      if (found.engine === 'none') {
        // otherwise files of an earlier run would enter the cache as the result of this skip
        rmSync(join(root, out), { recursive: true, force: true });
        process.stdout.write('base skipped: no Docker engine.\n');
        return true;
      }
      const { architecture } = found;
      const written = readRecord(join(root, recipe), baseRecipeSchema, 'Expected suite, packages and image.');
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
      process.stdout.write(
        `base: ${made.mode} (${made.from}; Node ${made.nodeVersion}), because ${made.reason}\n`,
      );
      return true;
    }),
  );

export default base;
