import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { executor, tellMissing, writeRecord } from '@tare/nx-kit';
import { buildTraits, likelyBoxMode } from '../../box.ts';
import { tables } from '../../options.ts';
import { probeVagrant } from '../../probe.ts';
import type { ProbeRecord } from '../../records.ts';

const probe = executor(tables.probe, async ({ out }, { root }, signal) => {
  const found = await probeVagrant(signal);
  const write = (record: ProbeRecord) => writeRecord(join(root, out), record);
  if (!found.usable) {
    const { reason, remedy } = found;
    await write({ provider: 'none', reason, remedy, nonce: randomUUID() });
    return tellMissing('vagrant', 'vagrant-probe', found);
  }
  const { provider, facts } = found;
  const { mode, reason } = likelyBoxMode(buildTraits(provider));
  await write({ provider, architecture: facts.architecture, box: mode, reason });
  const versions = [`Vagrant ${facts.vagrantVersion}`, facts.providerVersion, facts.hypervisorVersion];
  process.stdout.write(`${[...new Set(versions)].join(', ')}; box: ${mode}\n`);
  return true;
});

export default probe;
