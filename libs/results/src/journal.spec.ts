import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleHeader, exampleTime, exampleTrial, trialsLine } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { notRoot, tinyDisk } from '../fixtures/tiny-disk.ts';
import { openJournal, readJournal, roundsIn, type JournalLine } from './journal.ts';
import type { Trial } from './run-file.ts';

const header = exampleHeader();
const [first, second, third] = [
  exampleTrial('native', 1),
  exampleTrial('docker', 1),
  exampleTrial('native', 2),
];

async function writeJournal(folder: string, trials: readonly Trial[]): Promise<string> {
  const journal = await openJournal(folder, header);
  for (const trial of trials) await journal.append(trialsLine(trial));
  await journal.close();
  return join(folder, 'journal.jsonl');
}

test('gives back the header and the lines in order', async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.folder, 'runs', header.id);
  await writeJournal(folder, [first, second]);
  expect(await readJournal(folder)).toEqual({
    header,
    lines: [trialsLine(first), trialsLine(second)],
    diagnostics: [],
  });
  expect((await readdir(folder)).toSorted()).toEqual(['header.json', 'journal.jsonl']);
});

test('a line can be read as soon as append has resolved', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  await journal.append(trialsLine(first));
  expect((await readJournal(temporary.folder)).lines).toEqual([trialsLine(first)]);
  await journal.close();
});

test('writes calls that overlap one after the other', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  await Promise.all([first, second, third].map((trial) => journal.append(trialsLine(trial))));
  await journal.close();
  expect((await readJournal(temporary.folder)).lines).toEqual([
    trialsLine(first),
    trialsLine(second),
    trialsLine(third),
  ]);
});

test('drops a last line cut off at any byte, and says so', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, { ...second, environment: 'dööcker' }]);
  const whole = await readFile(path);
  const firstLine = whole.indexOf('\n') + 1;
  for (let length = whole.length - 1; length > firstLine; length -= 1) {
    await truncate(path, length);
    expect(await readJournal(temporary.folder)).toEqual({
      header,
      lines: [trialsLine(first)],
      diagnostics: [
        {
          level: 'warning',
          code: 'journal-torn-line',
          message: `${path}: line 2 was cut off and is left out; whole lines: 1`,
        },
      ],
    });
  }
});

test('drops a last line that a crash filled with zeros', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first]);
  await appendFile(path, Buffer.alloc(100));
  expect((await readJournal(temporary.folder)).lines).toEqual([trialsLine(first)]);
});

test('names the line that is damaged before the last', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, second, third]);
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, [lines[0], lines[1]?.slice(0, 40), lines[2], ''].join('\n'));
  await expect(readJournal(temporary.folder)).rejects.toThrow(new Error(`${path}: line 2: is not JSON`));
});

test('names the line and the place of what is none of a journal', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, second]);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"environment":"docker"', '"environment":7'));
  await expect(readJournal(temporary.folder)).rejects.toThrow(
    new Error(`${path}: line 2: trials[0].environment: expected a string, found 7`),
  );
});

test('goes on with a run after a crash, over the torn line', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, second]);
  await truncate(path, (await readFile(path)).length - 10);
  await writeJournal(temporary.folder, [third]);
  expect(await readJournal(temporary.folder)).toEqual({
    header,
    lines: [trialsLine(first), trialsLine(third)],
    diagnostics: [],
  });
});

test('refuses a folder that holds another run', async () => {
  using temporary = temporaryFolder();
  await writeJournal(temporary.folder, [first]);
  await expect(openJournal(temporary.folder, { ...header, seed: 8 })).rejects.toThrow(
    `${join(temporary.folder, 'header.json')}: belongs to another run (its seed differs)`,
  );
});

test('refuses to read a folder without a header', async () => {
  using temporary = temporaryFolder();
  await expect(readJournal(temporary.folder)).rejects.toThrow(
    `${join(temporary.folder, 'header.json')}: not there, expected the header of a run`,
  );
});

test('refuses to write trials under a header that was lost', async () => {
  using temporary = temporaryFolder();
  await writeJournal(temporary.folder, [first]);
  await rm(join(temporary.folder, 'header.json'));
  await expect(openJournal(temporary.folder, header)).rejects.toThrow('is there without header.json');
});

test('reads a run that has no trial yet', async () => {
  using temporary = temporaryFolder();
  await writeJournal(temporary.folder, []);
  expect((await readJournal(temporary.folder)).lines).toEqual([]);
});

test('refuses an invalid line and goes on', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  const invalid = { ...first, load: { ...first.load, throughputRps: NaN } };
  await expect(journal.append(trialsLine(invalid))).rejects.toThrow(
    'trial of "native" in round 1 of "primes" is invalid: trials[0].load.throughputRps: expected a number, found NaN',
  );
  await journal.append(trialsLine(second));
  await journal.close();
  expect((await readJournal(temporary.folder)).lines).toEqual([trialsLine(second)]);
});

test('refuses a line after it was closed', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  await journal.close();
  await journal.close();
  await expect(journal.append(trialsLine(first))).rejects.toThrow(
    /journal\.jsonl: trial of .* not written: .*closed/,
  );
});

test('names the file and the trials that are safe when the disk is full, and goes on when there is room', async (context) => {
  context.skip(notRoot !== undefined, notRoot);
  using disk = tinyDisk();
  const journal = await openJournal(disk.folder, header);
  await journal.append(trialsLine(first));
  const large = { ...second, load: { ...second.load, histogram: 'A'.repeat(100_000) } };
  const path = join(disk.folder, 'journal.jsonl');
  await expect(journal.append(trialsLine(large))).rejects.toThrow(
    new Error(
      `${path}: trial of "docker" in round 1 of "primes" not written: no space left on the device; 1 trial before it is safe`,
    ),
  );
  expect((await readJournal(disk.folder)).lines).toEqual([trialsLine(first)]);

  await journal.append(trialsLine(third));
  await journal.close();
  expect(await readJournal(disk.folder)).toEqual({
    header,
    lines: [trialsLine(first), trialsLine(third)],
    diagnostics: [],
  });
});

const repeat = {
  round: 1,
  attempt: 1,
  workload: 'primes',
  environment: 'docker',
  cause: 'failure',
  reason: 'not ready within 30 s',
} as const;
const starts: JournalLine = {
  kind: 'starts',
  round: 1,
  workload: 'primes',
  starts: { native: [80, 90] },
  ...exampleTime(500),
};

test('tells what is known of a round that was interrupted: its last attempt, and what was given up', () => {
  const lines: readonly JournalLine[] = [
    starts,
    trialsLine(first),
    { kind: 'repeat', repeat, samples: first.samples, ...exampleTime(1500) },
    { kind: 'lost', name: 'docker', round: 1, reason: repeat.reason, ...exampleTime(1600) },
    { ...starts, starts: { native: [70, 75] } },
  ];
  expect(roundsIn(lines)).toEqual([
    {
      round: 1,
      isWhole: false,
      trials: [],
      starts: { primes: { native: [70, 75] } },
      repeats: [repeat],
      lost: [{ name: 'docker', round: 1, reason: repeat.reason }],
      told: [],
      decisions: [],
      elapsedMs: 500,
      restMs: 500,
    },
  ]);
});

test('a whole round took as long as its last line says, whatever was decided after it', () => {
  const lines: readonly JournalLine[] = [
    trialsLine(first),
    { kind: 'round', round: 1, told: ['docker: a word'], ...exampleTime(2000) },
    { kind: 'decision', round: 1, message: 'all is open', ...exampleTime(2500) },
    { kind: 'resumed', ...exampleTime(2500) },
    trialsLine(third),
  ];
  const [whole, open] = roundsIn(lines);
  expect(whole).toMatchObject({ isWhole: true, trials: [first], told: ['docker: a word'], elapsedMs: 2000 });
  expect(whole?.decisions).toHaveLength(1);
  expect(open).toMatchObject({ round: 2, isWhole: false, trials: [third], elapsedMs: 1000 });
});
