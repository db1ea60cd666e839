import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import {
  examineAccounts,
  examineClock,
  examineClocksource,
  examineMemory,
  examineSiblings,
  hostFiles,
  type HostFiles,
} from './examine-files.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A host with only these files. */
async function host(texts: Readonly<Record<string, string>>): Promise<HostFiles> {
  const root = await mkdtemp(join(tmpdir(), 'tare-doctor-'));
  folders.push(root);
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${text}\n`);
  }
  return hostFiles(root);
}

const cpu = '/sys/devices/system/cpu';
const governor = (number: number) => `${cpu}/cpu${number}/cpufreq/scaling_governor`;
const siblings = (number: number) => `${cpu}/cpu${number}/topology/thread_siblings_list`;
const plan = { server: [0], generator: [1, 2, 3] };
const memory = (available: number, swapTotal: number, swapFree: number) =>
  `MemTotal:  99999999 kB\nMemAvailable:  ${available * 1024} kB\nSwapTotal:  ${swapTotal * 1024} kB\nSwapFree:  ${swapFree * 1024} kB`;
const levels = (lines: readonly { readonly subject: string; readonly level: string }[]) =>
  Object.fromEntries(lines.map(({ subject, level }) => [subject, level]));

it('wants the governor performance on every CPU', async () => {
  const mixed = await host({ [governor(0)]: 'performance', [governor(1)]: 'schedutil' });
  expect(examineClock(mixed, false)).toEqual([
    {
      level: 'warning',
      subject: 'CPU governor',
      finding: 'performance, schedutil: the clock follows the load, and the speed with it',
      remedy: expect.stringMatching(
        /^echo performance \| (sudo )?tee \/sys\/devices\/system\/cpu\/cpu\*\/cpufreq\/scaling_governor$/,
      ) as string,
    },
  ]);
  expect(examineClock(mixed, true)[0]?.remedy).toMatch(/^(sudo )?cpupower frequency-set -g performance$/);
  const steady = await host({ [governor(0)]: 'performance', [governor(1)]: 'performance' });
  expect(levels(examineClock(steady, false))).toEqual({ 'CPU governor': 'good' });
});

it('finds boost in both of its places', async () => {
  const boost = async (path: string, value: string) =>
    examineClock(await host({ [governor(0)]: 'performance', [`${cpu}/${path}`]: value }), false)[1];
  expect(await boost('cpufreq/boost', '0')).toMatchObject({ level: 'good' });
  expect((await boost('cpufreq/boost', '1'))?.remedy).toMatch(/^echo 0 \| .*cpufreq\/boost$/);
  expect((await boost('intel_pstate/no_turbo', '0'))?.remedy).toMatch(/^echo 1 \| .*no_turbo$/);
  expect(await boost('intel_pstate/no_turbo', '1')).toMatchObject({ level: 'good' });
});

it('says when the clock is not in sight', async () => {
  expect(levels(examineClock(await host({}), true))).toEqual({ 'CPU clock': 'warning' });
});

it('warns of a slow time source', async () => {
  const path = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
  expect(examineClocksource(await host({ [path]: 'hpet' }))[0]?.remedy).toMatch(/^echo tsc \| /);
  expect(examineClocksource(await host({ [path]: 'kvm-clock' }))).toMatchObject([{ level: 'good' }]);
  expect(examineClocksource(await host({}))).toEqual([]);
});

it('finds a hardware thread that shares a core with the server', async () => {
  const [line] = examineSiblings(await host({ [siblings(0)]: '0-1' }), plan);
  expect(line).toMatchObject({
    level: 'warning',
    finding:
      'the server’s core is shared with CPU 1, where the load generator runs: work there slows the server',
  });
  expect(examineSiblings(await host({ [siblings(0)]: '0,8' }), plan)[0]?.finding).toContain(
    'shared with CPU 8: work',
  );
  expect(examineSiblings(await host({ [siblings(0)]: '0' }), plan)).toMatchObject([{ level: 'good' }]);
  expect(examineSiblings(await host({}), plan)).toMatchObject([{ level: 'warning' }]);
  expect(examineSiblings(await host({}), undefined)).toEqual([]);
});

it('wants memory for the app and for what runs beside it', async () => {
  const level = async (available: number) =>
    examineMemory(await host({ '/proc/meminfo': memory(available, 0, 0) }), 512)[0]?.level;
  expect(await level(1024)).toBe('good');
  expect(await level(1023)).toBe('warning');
  expect(await level(511)).toBe('problem');
});

it('warns of swap that is in use', async () => {
  const swap = async (total: number, free: number) =>
    examineMemory(await host({ '/proc/meminfo': memory(4096, total, free) }), 512)[1];
  expect(await swap(0, 0)).toMatchObject({ level: 'good', finding: 'none' });
  expect(await swap(2048, 2048)).toMatchObject({ level: 'good' });
  expect(await swap(2048, 1948)).toMatchObject({
    level: 'warning',
    finding: expect.stringMatching(/^100 MiB are in use/) as string,
  });
});

it('warns of huge pages for everybody', async () => {
  const pages = async (mode: string) =>
    examineMemory(
      await host({
        '/proc/meminfo': memory(4096, 0, 0),
        '/sys/kernel/mm/transparent_hugepage/enabled': mode,
      }),
      512,
    )[2];
  expect((await pages('[always] madvise never'))?.remedy).toMatch(/^echo madvise \| /);
  expect(await pages('always [madvise] never')).toMatchObject({ level: 'good' });
});

it('tells where CPU times and the accounts of containers come from', async () => {
  const rich = await host({
    '/proc/self/schedstat': '231854 12 3',
    '/proc/self/cgroup': '0::/user.slice',
    '/proc/self/mountinfo': '38 31 0:35 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
    '/proc/sys/kernel/randomize_va_space': '2',
  });
  expect(levels(examineAccounts(rich))).toEqual({
    'CPU accounts': 'good',
    'control groups': 'good',
    'address layout': 'good',
  });
  expect(levels(examineAccounts(await host({})))).toEqual({
    'CPU accounts': 'warning',
    'control groups': 'warning',
  });
});
