import { join } from 'node:path';
import { executor, lockedNode, readRecord, skipWithout } from '@tare/nx-kit';
import { makeBox } from '../../box.ts';
import { ownRecipe } from '../../recipe.ts';
import { probeRecordSchema } from '../../records.ts';
import { tables } from '../../options.ts';

const vagrantBox = executor(tables['vagrant-box'], async (options, { root }, signal) => {
  const out = join(root, options.out);
  const host = readRecord(
    join(root, options.probe),
    probeRecordSchema,
    'Run the target vagrant-probe first.',
  );
  if (host.provider === 'none') return skipWithout('vagrant', 'vagrant-box', host, out);
  const made = await makeBox(
    {
      mode: options.mode,
      host,
      recipe: options.recipe === undefined ? ownRecipe : join(root, options.recipe),
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
});

export default vagrantBox;
