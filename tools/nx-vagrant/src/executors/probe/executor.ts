import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { requiredKinds } from '@tare/environment';
import type { OptionsOf } from '@tare/options';
import { abortOnSignals, reportFailure, writeRecord } from '@tare/recipe';
import { buildTraits, likelyBoxMode } from '../../box.ts';
import { probeVagrant } from '../../probe.ts';
import { type ProbeRecord, skipWithoutProvider } from '../../records.ts';
import type { tables } from '../../options.ts';

type Options = OptionsOf<typeof tables.probe>;

const probe: PromiseExecutor<Options> = ({ out }, { root }) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const found = await probeVagrant(signal);
      if (!found.usable) {
        const { reason, remedy } = found;
        const record = { provider: 'none', reason, remedy, nonce: randomUUID() } as const;
        writeRecord(join(root, out), record);
        if (requiredKinds().has('vagrant')) return skipWithoutProvider('vagrant-probe', record);
        process.stdout.write(`${reason}\n`);
        return true;
      }
      const { provider, facts } = found;
      const { mode, reason } = likelyBoxMode(buildTraits(provider));
      const record: ProbeRecord = { provider, architecture: facts.architecture, box: mode, reason };
      writeRecord(join(root, out), record);
      const versions = [`Vagrant ${facts.vagrantVersion}`, facts.providerVersion, facts.hypervisorVersion];
      process.stdout.write(`${[...new Set(versions)].join(', ')}; box: ${mode}\n`);
      return true;
    }),
  );

export default probe;
