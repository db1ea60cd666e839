import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesMeter, type Meter } from '@tare/metrics';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type GuestSampler, openGuestSampler, parseSamplerReply, samplerCommand } from './guest-sampler.ts';

// the sampler runs on this host in place of a guest: it needs perl and /proc
const able = process.platform === 'linux' && spawnSync('perl', ['-v']).status === 0;
const cgroup = mkdtempSync(join(tmpdir(), 'tare-test-'));
const signal = AbortSignal.timeout(60_000);
const started: ChildProcessWithoutNullStreams[] = [];

const shell = (command: string): ChildProcessWithoutNullStreams => {
  const child = spawn('sh', ['-c', command], { stdio: 'pipe' });
  started.push(child);
  return child;
};
const members = (pids: readonly (number | undefined)[]): void => {
  writeFileSync(join(cgroup, 'cgroup.procs'), pids.map((pid) => `${pid ?? ''}\n`).join(''));
};
const open = async (): Promise<GuestSampler> => openGuestSampler(shell(samplerCommand(cgroup)), signal);

const meterOf = (sampler: GuestSampler): Meter => filesMeter('the app', sampler);

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  rmSync(cgroup, { recursive: true });
});

describe.skipIf(!able)('the sampler', () => {
  it('counts the CPU time of a process, at the host’s time', async () => {
    const busy = spawn(process.execPath, [
      '-e',
      'const cpuUs = () => { const { user, system } = process.cpuUsage(); return user + system; }; while (cpuUs() < 1e6); console.log(JSON.stringify(process.cpuUsage())); setInterval(() => {}, 1000);',
    ]);
    started.push(busy);
    const used = new Promise<{ user: number; system: number }>((resolve) => {
      busy.stdout.once('data', (text: Buffer) => {
        resolve(JSON.parse(text.toString()) as { user: number; system: number });
      });
    });
    members([busy.pid]);
    const sampler = await open();
    expect(Number(sampler.offset.errorNs) / 1e6).toBeLessThan(50);
    const { user, system } = await used;
    const before = process.hrtime.bigint();
    const { atNs, cpuNs, memoryBytes } = await meterOf(sampler).read();
    expect(atNs).toBeGreaterThanOrEqual(before);
    expect(atNs).toBeLessThanOrEqual(process.hrtime.bigint());
    expect(Number(cpuNs) / 1e3 / (user + system)).toBeGreaterThan(0.95);
    expect(Number(cpuNs) / 1e3 / (user + system)).toBeLessThan(1.05);
    expect(memoryBytes).toBeGreaterThan(5 * 2 ** 20);
    await sampler.close();
    await sampler.close();
  });

  it('counts what a process writes to storage', async () => {
    const file = join(cgroup, 'written');
    const writer = spawn(process.execPath, [
      '-e',
      `process.stdin.on('data', () => { require('node:fs').writeFileSync(${JSON.stringify(file)}, Buffer.alloc(1 << 20, 1)); console.log('done'); });`,
    ]);
    started.push(writer);
    members([writer.pid]);
    const sampler = await open();
    const meter = meterOf(sampler);
    const before = await meter.read();
    writer.stdin.write('go\n');
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    const after = await meter.read();
    await sampler.close();
    // what is written into memory does not count
    const wanted = statfsSync(cgroup).type === 0x01_02_19_94 ? 0 : 1;
    const grownBytes = Number(after.writtenBytes ?? Number.NaN) - Number(before.writtenBytes);
    expect(grownBytes / 2 ** 20).toBeCloseTo(wanted, 1);
  });

  it('reports when the processes are gone, and has nothing to read then', async () => {
    const short = spawn('sleep', ['1']);
    members([short.pid]);
    const sampler = await open();
    const meter = meterOf(sampler);
    expect((await meter.read()).memoryBytes).toBeGreaterThan(0);
    await new Promise((resolve) => short.once('exit', resolve));
    members([]);
    expect(await sampler.over).toBe('service');
    await expect(meter.read()).rejects.toThrow('nothing left to meter: the app has ended');
    await sampler.close();
  });

  it('a connection that breaks rejects what is asked, in one line', async () => {
    members([process.pid]);
    const child = shell(samplerCommand(cgroup));
    const sampler = await openGuestSampler(child, signal);
    await sampler.read();
    child.kill('SIGKILL');
    expect(await sampler.over).toBe('connection');
    await expect(sampler.read()).rejects.toThrow('the connection to the VM broke');
  });

  it('a guest that says something else is one clear line', async () => {
    await expect(openGuestSampler(shell('echo "no perl here"; cat > /dev/null'), signal)).rejects.toThrow(
      'said "no perl here", which is not a reading',
    );
    await expect(openGuestSampler(shell('echo broken >&2; exit 1'), signal)).rejects.toThrow(
      'the connection to the VM broke: broken',
    );
  });
});

it('reads what a sampler in a guest said', () => {
  expect(parseSamplerReply('{"kind":"clock","atNs":"161625190846"}')).toEqual({
    kind: 'clock',
    atNs: 161_625_190_846n,
  });
  const files = String.raw`{"kind":"files","atNs":"162696879706","processes":{"7":{"threads":{"7":"27 1 3"},"stat":"7 (a \u0022) S","status":"RssAnon:\u00091 kB\u000aRssShmem:\u00090 kB"}},"diskstats":""}`;
  expect(parseSamplerReply(files)).toEqual({
    kind: 'files',
    atNs: 162_696_879_706n,
    processes: {
      7: { threads: { 7: '27 1 3' }, stat: '7 (a ") S', status: 'RssAnon:\t1 kB\nRssShmem:\t0 kB' },
    },
    diskstats: '',
  });
  expect(parseSamplerReply('{"kind":"ended"}')).toEqual({ kind: 'ended' });
});

it.each(['perl: warning: Setting locale failed.', '{"kind":"clock","atNs":"-1"}', '{"kind":"other"}'])(
  'another line is refused and shown: %s',
  (line) => {
    expect(() => parseSamplerReply(line)).toThrow(`said "${line}", which is not a reading`);
  },
);
