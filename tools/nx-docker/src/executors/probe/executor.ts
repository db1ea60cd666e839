import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { requiredKinds } from '@tare/environment';
import type { OptionsOf } from '@tare/options';
import { abortOnSignals, reportFailure, writeRecord } from '@tare/recipe';
import { likelyBaseMode } from '../../base/make-base.ts';
import { probeEngine } from '../../engine/probe-engine.ts';
import { type ProbeRecord, skipWithoutEngine } from '../../records.ts';
import type { tables } from '../../options.ts';

type Options = OptionsOf<typeof tables.probe>;

const probe: PromiseExecutor<Options> = ({ out, socket }, { root }) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const found = await probeEngine(signal, socket);
      const record: ProbeRecord = found.usable
        ? {
            engine: 'docker',
            architecture: found.facts.architecture,
            base: likelyBaseMode(found.facts.architecture).mode,
          }
        : { engine: 'none', reason: found.reason, remedy: found.remedy, nonce: randomUUID() };
      writeRecord(join(root, out), record);
      if (record.engine === 'docker') {
        process.stdout.write(`Docker engine for ${record.architecture}; base: ${record.base}\n`);
        return true;
      }
      if (requiredKinds().has('docker')) return skipWithoutEngine('probe', record);
      process.stdout.write(`${record.reason}\n`);
      return true;
    }),
  );

export default probe;
