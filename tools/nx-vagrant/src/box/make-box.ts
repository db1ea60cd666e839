import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256OfFile, writeRecord } from '@tare/recipe';
import { runProgram } from '@tare/metrics';
import type { BoxMode, BoxRecord, ProbeRecord } from '../record/records.ts';

/** A box to make. */
export type BoxOrder = {
  readonly mode: BoxMode | 'auto';
  /** What the probe found. */
  readonly host: Exclude<ProbeRecord, { provider: 'none' }>;
  /** Absolute path of the folder with `build-box.sh`. */
  readonly recipe: string;
  readonly node: { readonly binary: string; readonly version: string };
  readonly publicBox: { readonly name: string; readonly version: string };
  /** Absolute path of the folder for `box.json` and `tare.box`. */
  readonly out: string;
  readonly onLine: (line: string) => void;
};

const boxFile = 'tare.box';
const buildDeadlineMs = 20 * 60_000;

/**
 * Makes the box that machines are made of and writes `box.json`: builds it from Debian packages, or pins a public one.
 * @throws Error in one line when it cannot be built.
 */
export async function makeBox(order: BoxOrder, signal: AbortSignal): Promise<BoxRecord> {
  const { mode, host, recipe, node, out } = order;
  if (mode === 'built' && host.box !== 'built')
    throw new Error(`option mode is "built", but ${host.reason}; expected "auto" or "public"`);
  const decided = mode === 'auto' ? host : { box: mode, reason: `option mode is "${mode}"` };
  const common = { nodeVersion: node.version, architecture: host.architecture, reason: decided.reason };
  mkdirSync(out, { recursive: true });
  const file = join(out, boxFile);
  rmSync(join(out, 'box.json'), { force: true });
  rmSync(file, { force: true });
  let record: BoxRecord;
  if (decided.box === 'public') {
    const { name, version } = order.publicBox;
    record = { mode: 'public', name, version, from: `the public box ${name} ${version}`, ...common };
  } else {
    await runProgram('bash', [join(recipe, 'build-box.sh'), '--out', file, '--node', node.binary], {
      signal,
      deadlineMs: buildDeadlineMs,
      onLine: order.onLine,
      // it removes its work when interrupted
      endSignal: 'SIGINT',
      graceMs: 20_000,
    });
    const sha256 = await sha256OfFile(file);
    // by its content: two builds of one recipe may take different versions of packages
    const name = `tare/bookworm-${sha256.slice(0, 12)}`;
    const bytes = statSync(file).size;
    record = {
      mode: 'built',
      name,
      file: boxFile,
      sha256,
      bytes,
      from: 'packages of Debian bookworm',
      ...common,
    };
  }
  writeRecord(join(out, 'box.json'), record);
  return record;
}
