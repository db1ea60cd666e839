import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type DiskWrites, parseDiskStats, sumMeter } from './meter.ts';
import type { FilesOfProcess, ProcessFiles } from './process-files.ts';
import { filesMeter, parseWrittenBytes, pidusageMeter, processMeter } from './process-meter.ts';
import { descendants } from './process-table.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that does what it is told over IPC and answers with its own accounts. */
async function start(
  script: string,
): Promise<{ child: ChildProcess; pid: number; ask: (text: string) => Promise<number> }> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.push(child);
  await once(child, 'message');
  const ask = async (text: string): Promise<number> => {
    child.send(text);
    const [reply] = (await once(child, 'message')) as [number];
    return reply;
  };
  return { child, pid: child.pid ?? 0, ask };
}

const burner = `
  const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  let held;
  process.on('message', (text) => {
    if (text === 'burn') { const until = cpuMs() + 400; while (cpuMs() < until); }
    if (text === 'hold') held = Buffer.alloc(200 << 20, 1);
    process.send(cpuMs());
  });
  process.send(0);`;

it('agrees with the process’s own getrusage on a known load', async () => {
  const { pid, ask } = await start(burner);
  const meter = processMeter({ scope: 'burner', pids: () => [pid] });
  const ownBefore = await ask('now');
  const before = await meter.read();
  const ownAfter = await ask('burn');
  const after = await meter.read();
  await meter.close();
  const metered = Number(after.cpuNs - before.cpuNs) / 1e6;
  expect(Math.abs(metered / (ownAfter - ownBefore) - 1)).toBeLessThan(0.05);
});

it('sees memory that the process takes', async () => {
  const { pid, ask } = await start(burner);
  const meter = processMeter({ scope: 'burner', pids: () => [pid] });
  const before = await meter.read();
  await ask('hold');
  const after = await meter.read();
  await meter.close();
  expect((after.memoryBytes - before.memoryBytes) / (200 << 20)).toBeCloseTo(1, 1);
  expect(after.memoryBytes).toBeGreaterThan(200 << 20);
});

it('does not count pages of files that the process maps', async () => {
  const { pid, ask } = await start(burner);
  const meter = processMeter({ scope: 'burner', pids: () => [pid] });
  await ask('now');
  const { memoryBytes } = await meter.read();
  const residentBytes =
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  await meter.close();
  // the Node binary alone maps some 40 MiB
  expect(residentBytes - memoryBytes).toBeGreaterThan(20 << 20);
});

it('keeps the CPU time of threads that have ended', async () => {
  const { pid, ask } = await start(`
    const { Worker } = require('node:worker_threads');
    const source = 'const cpuUs = () => process.threadCpuUsage().user; const until = cpuUs() + 300_000; while (cpuUs() < until);';
    process.on('message', () => {
      new Worker(source, { eval: true }).on('exit', () => process.send(1));
    });
    process.send(0);`);
  const meter = processMeter({ scope: 'threads', pids: () => [pid] });
  const before = await meter.read();
  await ask('burn in a thread');
  const after = await meter.read();
  await meter.close();
  expect(Number(after.cpuNs - before.cpuNs) / 1e6).toBeGreaterThan(200);
});

describe('written bytes', () => {
  // what is written into memory does not count
  const tmpfs = 0x01_02_19_94;
  const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.skipIf(statfsSync(folder).type === tmpfs)(
    'are those of the process, and of a child of it that has ended, once',
    async () => {
      const write = "require('node:fs').writeFileSync(path, Buffer.alloc(4 << 20, 1));";
      const child = `const [, path] = process.argv; ${write} setTimeout(() => {}, 400);`;
      const { pid, ask } = await start(`
        process.on('message', (path) => {
          if (!path.endsWith('child')) ${write}
          else require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(child)}, path]);
          process.send(0);
        });
        process.send(0);`);
      const meter = processMeter({ scope: 'writer', pids: () => descendants(pid) });
      const writtenMiB = async (): Promise<number> =>
        Number((await meter.read()).writtenBytes ?? Number.NaN) / 2 ** 20;
      const before = await writtenMiB();
      await ask(join(folder, 'own'));
      const own = await writtenMiB();
      const watching = setInterval(() => void meter.read(), 50);
      await ask(join(folder, 'child'));
      clearInterval(watching);
      const both = await writtenMiB();
      await meter.close();
      expect(own - before).toBeCloseTo(4, 0);
      expect(both - own).toBeCloseTo(4, 0);
    },
  );
});

it('never runs backwards and throws when all processes have ended', async () => {
  const { child, pid, ask } = await start(burner);
  const meter = processMeter({ scope: 'the burner', pids: () => [pid] });
  await ask('burn');
  await meter.read();
  child.kill('SIGKILL');
  await once(child, 'close');
  await expect(meter.read()).rejects.toThrow('nothing left to meter: the burner has ended');
  await meter.close();
});

it('counts by the files of another machine, and keeps what ended threads and processes have used', async () => {
  const filesOf = (
    [user, system]: readonly [number, number],
    threads: FilesOfProcess['threads'],
    written: number,
  ): FilesOfProcess => ({
    stat: `7 (a) S 7 0 0 0 0 0 0 0 0 0 ${user} ${system} 0 0 0 0 0 0 123`,
    status: 'RssAnon:\t2 kB\nRssShmem:\t1 kB',
    io: `write_bytes: ${written}`,
    threads,
  });
  const first = filesOf([4, 2], { 7: '30000000 0 1', 8: '20000000 0 1' }, 4096);
  const sent: ProcessFiles['processes'][] = [
    { 7: first },
    { 7: filesOf([5, 2], { 7: '90000000 0 2' }, 4096), 9: filesOf([1, 0], {}, 1000) },
    // 7 has waited for 9
    { 7: filesOf([5, 2], { 7: '90000000 0 2' }, 5096) },
    {},
  ];
  const read = (): Promise<ProcessFiles> => Promise.resolve({ atNs: 5n, processes: sent.shift() ?? {} });
  const meter = filesMeter('the app', { read, close: () => Promise.resolve() });
  const [ms, memoryBytes] = [1_000_000n, 3072];
  expect(await meter.read()).toEqual({
    atNs: 5n,
    cpuNs: 60n * ms,
    kernelCpuNs: 20n * ms,
    memoryBytes,
    writtenBytes: 4096n,
  });
  expect(await meter.read()).toMatchObject({
    cpuNs: 120n * ms,
    memoryBytes: 2 * memoryBytes,
    writtenBytes: 5096n,
  });
  expect(await meter.read()).toMatchObject({ cpuNs: 120n * ms, memoryBytes, writtenBytes: 5096n });
  await expect(meter.read()).rejects.toThrow('nothing left to meter: the app has ended');
});

it('adds up parts that do not overlap', async () => {
  const [one, two] = [await start(burner), await start(burner)];
  const parts = [one, two].map(({ pid }) => processMeter({ scope: String(pid), pids: () => [pid] }));
  const sum = sumMeter('both', parts);
  const before = await sum.read();
  await Promise.all([one.ask('burn'), two.ask('burn')]);
  const after = await sum.read();
  await sum.close();
  const metered = Number(after.cpuNs - before.cpuNs) / 1e6;
  expect(metered).toBeGreaterThan(760);
  expect(metered).toBeLessThan(960);
  expect(after.memoryBytes).toBeGreaterThan(10 << 20);
});

it('meters by pidusage where there is no /proc', async () => {
  const { pid, ask } = await start(burner);
  const meter = pidusageMeter({ scope: 'burner', pids: () => [pid] });
  const before = await meter.read();
  await ask('burn');
  const after = await meter.read();
  await meter.close();
  expect(Number(after.cpuNs - before.cpuNs) / 1e6).toBeGreaterThan(300);
  expect(after.memoryBytes).toBeGreaterThan(20 << 20);
  expect(meter.scope).toBe('burner (by pidusage: resident set with mapped files)');
});

it('reads the bytes that were sent to storage, not those that were cancelled', () => {
  const text =
    'rchar: 1\nwchar: 900\nsyscr: 2\nsyscw: 3\nread_bytes: 4\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n';
  expect(parseWrittenBytes(text)).toBe(8192n);
});

it('another text tells nothing', () => {
  expect(parseWrittenBytes('')).toBeUndefined();
  expect(parseWrittenBytes('cancelled_write_bytes: 4096\n')).toBeUndefined();
});

it('adds whole disks up, without their partitions and what lies on top of them', () => {
  const text = `   7       0 loop0 5 0 0 0 5 0 0 50 0 0 0
 254       0 vda 1517161 125393 70102042 2238047 958391 668767 173291672 1302541 0 389012 3661726 667940 741 140743440 90516 179055 30621
 254       1 vda1 17161 125393 70102042 2238047 900000 668767 173291672 1300000 0 389012 3661726
 259       0 nvme0n1 1 0 8 2 9 0 72 4 0 6 6
 259       1 nvme0n1p1 1 0 8 2 9 0 72 4 0 6 6
 252       0 dm-0 1 0 8 2 7 0 72 4 0 6 6
`;
  expect(parseDiskStats(text)).toEqual({ count: 958_400n, tookMs: 1_302_545n });
});

it('sees no disk where there is none', () => {
  expect(parseDiskStats('')).toBeUndefined();
  expect(parseDiskStats('   7       0 loop0 5 0 0 0 5 0 0 50 0 0 0\n')).toBeUndefined();
});

const readDiskWrites = (): DiskWrites | undefined =>
  existsSync('/proc/diskstats') ? parseDiskStats(readFileSync('/proc/diskstats', 'latin1')) : undefined;

const flushes = 100;
// statfs(2)
const tmpfsMagic = 0x01021994;

// others may write much at once meanwhile
const counted = { retry: 2 };

it(
  'counts the writes of a program that flushes each, none slower than the flushes themselves',
  counted,
  async ({ skip }) => {
    const before = readDiskWrites();
    if (before === undefined) return skip('no disk is in sight here');
    if ((await statfs(tmpdir())).type === tmpfsMagic) return skip(`${tmpdir()} is in memory`);
    const folder = await mkdtemp(join(tmpdir(), 'tare-disk-writes-'));
    let flushedMs = 0;
    try {
      const file = await open(join(folder, 'file'), 'w');
      for (let done = 0; done < flushes; done += 1) {
        await file.write(Buffer.alloc(4096, done));
        const begin = performance.now();
        await file.sync();
        flushedMs += performance.now() - begin;
      }
      await file.close();
      const after = readDiskWrites();
      const count = Number((after?.count ?? 0n) - before.count);
      const tookMs = Number((after?.tookMs ?? 0n) - before.tookMs);
      // a flush writes the data, and mostly the journal of the file system
      expect(count).toBeGreaterThanOrEqual(flushes);
      // milliseconds are whole per write in older kernels; others on this machine may write meanwhile
      expect(tookMs / count).toBeLessThanOrEqual((flushedMs / flushes) * 2 + 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
