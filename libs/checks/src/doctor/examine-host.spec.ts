import { namespace, native, type Environment } from '@tare/environment';
import { expect, it } from 'vitest';
import { examinePinning } from './examine-files.ts';
import { diskLine, examineEnvironments, examineHost, examineRest, loadAverageLine } from './examine-host.ts';

const nowhere: Environment = {
  ...native(),
  name: 'nowhere',
  kind: 'nowhere',
  probe: () => Promise.resolve({ usable: false, reason: 'there is no moon', remedy: 'launch one' }),
};
const signal = () => AbortSignal.timeout(30_000);

it('looks at this host', async () => {
  const lines = await examineHost({ environments: [native(), nowhere, namespace()], signal: signal() });
  const subjects = lines.map(({ subject }) => subject);
  expect(new Set(subjects).size).toBe(subjects.length);
  for (const subject of ['CPUs', 'memory', 'disk', 'environment native']) expect(subjects).toContain(subject);
  // the doctor measures nothing while a run does
  if (!subjects.includes('another run')) {
    for (const subject of ['other processes', 'load average', 'timers', 'steadiness'])
      expect(subjects).toContain(subject);
  }
  expect(lines.find(({ subject }) => subject === 'environment nowhere')).toEqual({
    level: 'warning',
    subject: 'environment nowhere',
    finding: 'not usable: there is no moon',
    remedy: 'launch one',
  });
  for (const { finding } of lines) expect(finding).not.toMatch(/NaN|undefined|null|\n/);
});

it('has a problem when nothing can be measured, and a warning when nothing can be compared', async () => {
  expect((await examineEnvironments([nowhere], signal())).at(-1)).toMatchObject({
    level: 'problem',
    subject: 'environments',
  });
  expect((await examineEnvironments([native(), nowhere], signal())).at(-1)).toMatchObject({
    level: 'warning',
    finding: 'only one is usable here: there is nothing to compare it with',
  });
});

it('has a problem with an environment that TARE_REQUIRE names', async () => {
  const before = process.env.TARE_REQUIRE;
  process.env.TARE_REQUIRE = 'nowhere';
  try {
    const [line] = await examineEnvironments([nowhere], signal());
    expect(line).toMatchObject({
      level: 'problem',
      finding: 'not usable: there is no moon; TARE_REQUIRE names nowhere',
    });
  } finally {
    if (before === undefined) delete process.env.TARE_REQUIRE;
    else process.env.TARE_REQUIRE = before;
  }
});

it('ends with the reason when it is aborted', async () => {
  const reason = new Error('enough');
  await expect(examineHost({ environments: [native()], signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});

const cpus = { allowed: [0, 1], serverCpus: 1, plan: undefined, taskset: true };

it('tells who gets which CPU', () => {
  const plan = { server: [0], generator: [1, 2] };
  expect(examinePinning({ ...cpus, plan })).toEqual({
    level: 'good',
    subject: 'CPUs',
    finding: '3: the server gets CPU 0, the load generator CPUs 1, 2',
  });
});

it('tells why nothing is pinned, and what helps', () => {
  expect(examinePinning({ ...cpus, allowed: [0] }).remedy).toBe('give this machine 2 CPUs or more');
  expect(examinePinning({ ...cpus, taskset: false }).remedy).toMatch(/apt-get install -y util-linux$/);
  expect(examinePinning({ ...cpus, allowed: undefined }).remedy).toBe('run on Linux');
});

it('wants room on the disk', () => {
  expect(diskLine(4096, '/x').level).toBe('good');
  expect(diskLine(4000, '/x')).toMatchObject({
    level: 'warning',
    remedy: 'free some; to see what is large: du -xhd1 /x | sort -h',
  });
  expect(diskLine(10, '/x').level).toBe('problem');
});

const quiet = {
  foreignCpus: 0.03,
  stealPercent: 0,
  serverCpusBusyPercent: 1,
  busiest: [],
  durationMs: 1500,
  findings: [],
};

it('tells of a quiet host', () => {
  expect(examineRest(quiet, 'none').map(({ level, finding }) => [level, finding])).toEqual([
    ['good', '0.03 CPUs in 1.5 s'],
    ['good', '0.0 % of the CPUs’ time in 1.5 s'],
    ['good', 'not virtual'],
  ]);
});

it('hands on what the preflight found', () => {
  const finding = { code: 'busy-host', message: 'others are busy', remedy: 'top' };
  const lines = examineRest({ ...quiet, findings: [finding] }, 'KVM');
  expect(lines[0]).toEqual({
    level: 'warning',
    subject: 'other processes',
    finding: 'others are busy',
    remedy: 'top',
  });
  expect(lines[2]).toMatchObject({ level: 'warning', subject: 'machine' });
});

it('says once that a host tells nothing', () => {
  const finding = { code: 'host-unknown', message: 'nothing is known', remedy: 'run on Linux' };
  expect(examineRest({ ...quiet, foreignCpus: null, findings: [finding] }, 'unknown')).toEqual([
    { level: 'warning', subject: 'other processes', finding: 'nothing is known', remedy: 'run on Linux' },
  ]);
});

it('takes a load average above half the CPUs for a busy minute', () => {
  expect(loadAverageLine([1, 0, 0], 2).level).toBe('good');
  expect(loadAverageLine([1.1, 0, 0], 2).level).toBe('warning');
});
