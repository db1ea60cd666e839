import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import type { OptionsOf } from '@tare/options';
import { abortOnSignals, lockedNode, readRecord, reportFailure } from '@tare/recipe';
import { makeBox } from '../../box.ts';
import { probeRecordSchema, skipWithoutProvider } from '../../records.ts';
import type { tables } from '../../options.ts';

type Options = OptionsOf<typeof tables['vagrant-box']>;

const vagrantBox: PromiseExecutor<Options> = (options, { root }) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const out = join(root, options.out);
      const host = readRecord(
        join(root, options.probe),
        probeRecordSchema,
        'Run the target vagrant-probe first.',
      );
      if (host.provider === 'none') {
        // otherwise files of an earlier run would enter the cache as the result of this skip
        rmSync(out, { recursive: true, force: true });
        return skipWithoutProvider('vagrant-box', host);
      }
      const made = await makeBox(
        {
          mode: options.mode,
          host,
          recipe: join(root, options.recipe),
          node: lockedNode(root, host.architecture),
          publicBox: { name: options.publicBox, version: options.publicVersion },
          out,
          onLine: (line) => process.stdout.write(`${line}\n`),
        },
        signal,
      );
      const size = made.mode === 'built' ? `, ${(made.bytes / 2 ** 20).toFixed(0)} MiB` : '';
      process.stdout.write(
        `box ${made.name}: ${made.mode} (${made.from}; Node ${made.nodeVersion}${size}), because ${made.reason}\n`,
      );
      return true;
    }),
  );

export default vagrantBox;
