import { dirname, join } from 'node:path';
import type { PromiseExecutor } from '@nx/devkit';
import { waitForHttp } from '@tare/metrics';
import { readOptions, type OptionsOf } from '@tare/options';
import { abortOnSignals, readRecord, reportFailure } from '@tare/recipe';
import { ensureBox } from '../../box/ensure-box.ts';
import { createVagrant } from '../../client/vagrant.ts';
import type { Accelerator } from '../../environment/accelerator.ts';
import { bringUp } from '../../machine/bring-up.ts';
import { machineVariables } from '../../machine/machine-place.ts';
import { skipWithoutProvider } from '../../probe/skip-without-provider.ts';
import { boxRecordSchema, probeRecordSchema } from '../../record/records.ts';
import { forwardedPort } from '../existing-machine.ts';
import { workloadArtifacts } from '../workload-artifacts.ts';
import { options as table } from './options.ts';

type Options = OptionsOf<typeof table>;

const vagrantUp: PromiseExecutor<Options> = (given, context) =>
  reportFailure(() =>
    abortOnSignals(async (signal) => {
      const options = readOptions(table, given);
      const at = (path: string): string => join(context.root, path);
      const say = (line: string): void => void process.stdout.write(`${line}\n`);
      const host = readRecord(at(options.probe), probeRecordSchema, 'Run the target vagrant-probe first.');
      if (host.provider === 'none') return skipWithoutProvider('vagrant-up', host);
      const boxFolder = at(options.box);
      const made = readRecord(
        join(boxFolder, 'box.json'),
        boxRecordSchema,
        'Run the target vagrant-box first.',
      );
      const own = process.env.TARE_BOX;
      const port = forwardedPort();
      const artifacts = workloadArtifacts(options, context);
      const bootDeadlineMs = options.bootDeadlineSeconds * 1_000;
      const place = { folder: at(options.folder), provider: host.provider };
      const variables = machineVariables({
        box: own ?? made.name,
        ...(made.mode === 'public' && own === undefined ? { boxVersion: made.version } : {}),
        artifacts,
      });
      const client = (accelerator?: Accelerator) =>
        createVagrant({
          ...place,
          // the user's own variables win
          variables: {
            ...variables,
            ...(accelerator === undefined ? {} : { TARE_DRIVER: accelerator === 'kvm' ? 'kvm' : 'qemu' }),
            ...ownVariables(),
          },
          onLine: say,
          upDeadlineMs: bootDeadlineMs + 60_000,
        });
      if (own === undefined && (await ensureBox(client(), made, boxFolder, signal)))
        say(`box ${made.name} added`);
      await bringUp(
        {
          place,
          vagrant: client,
          accelerator: process.env.TARE_DRIVER === undefined ? options.accelerator : undefined,
          records: dirname(boxFolder),
          box: own ?? made.name,
          port,
          bootDeadlineMs,
          say,
        },
        signal,
      );
      const [workload = ''] = Object.keys(artifacts);
      if (port === undefined) say(`${workload} runs in the machine; no port is forwarded`);
      else {
        const url = new URL(`http://127.0.0.1:${port}${options.healthPath}`);
        // the tunnel may not listen yet when vagrant returns
        await waitForHttp({
          url,
          since: process.hrtime.bigint(),
          intervalMs: 200,
          deadlineMs: 60_000,
          signal,
        });
        say(`${workload} answers at ${url.origin}`);
      }
      return true;
    }),
  );

/** What the user set for the Vagrantfile. */
function ownVariables(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('TARE_') && value !== undefined ? [[name, value]] : [],
    ),
  );
}

export default vagrantUp;
