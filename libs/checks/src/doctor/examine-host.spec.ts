import { native, namespace, type Environment } from '@tare/environment';
import { expect, it } from 'vitest';
import { examineEnvironments } from './examine-environments.ts';
import { examineHost } from './examine-host.ts';

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
  // beside a run nothing is measured
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
