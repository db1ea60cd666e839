import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    const { atNs, cpuNs, memoryBytes } = await sampler.read();
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
    const before = await sampler.read();
    writer.stdin.write('go\n');
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    const after = await sampler.read();
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
    expect((await sampler.read()).memoryBytes).toBeGreaterThan(0);
    await new Promise((resolve) => short.once('exit', resolve));
    members([]);
    expect(await sampler.over).toBe('service');
    await expect(sampler.read()).rejects.toThrow('nothing left to meter');
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
  expect(
    parseSamplerReply('{"kind":"use","atNs":"162696879706","cpuNs":"2720000000","memoryBytes":20463616}'),
  ).toEqual({ kind: 'use', atNs: 162_696_879_706n, cpuNs: 2_720_000_000n, memoryBytes: 20_463_616 });
  expect(
    parseSamplerReply('{"kind":"use","atNs":"1","cpuNs":"2","memoryBytes":3,"writtenBytes":"4096"}'),
  ).toMatchObject({ writtenBytes: 4096n });
  expect(
    parseSamplerReply(
      '{"kind":"use","atNs":"1","cpuNs":"2","memoryBytes":3,"diskWrites":{"count":"4","tookMs":"5"}}',
    ),
  ).toMatchObject({ diskWrites: { count: 4n, tookMs: 5n } });
  expect(parseSamplerReply('{"kind":"idle","atNs":"142569730566"}')).toEqual({
    kind: 'idle',
    atNs: 142_569_730_566n,
  });
  expect(parseSamplerReply('{"kind":"ended"}')).toEqual({ kind: 'ended' });
});

it.each(['perl: warning: Setting locale failed.', '{"kind":"clock","atNs":"-1"}', '{"kind":"other"}'])(
  'another line is refused and shown: %s',
  (line) => {
    expect(() => parseSamplerReply(line)).toThrow(`said "${line}", which is not a reading`);
  },
);
