import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { executor, tellMissing, writeRecord } from '@tare/nx-kit';
import { likelyBaseMode } from '../../base/make-base.ts';
import { probeEngine } from '../../engine/probe-engine.ts';
import { tables } from '../../options.ts';
import type { ProbeRecord } from '../../records.ts';

const probe = executor(tables.probe, async ({ out, socket }, { root }, signal) => {
  const found = await probeEngine(signal, socket);
  const write = (record: ProbeRecord) => writeRecord(join(root, out), record);
  if (!found.usable) {
    const { reason, remedy } = found;
    await write({ engine: 'none', reason, remedy, nonce: randomUUID() });
    return tellMissing('docker', 'probe', found);
  }
  const { architecture } = found.facts;
  const { mode } = likelyBaseMode(architecture);
  await write({ engine: 'docker', architecture, base: mode });
  process.stdout.write(`Docker engine for ${architecture}; base: ${mode}\n`);
  return true;
});

export default probe;
