import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleHeader, exampleTrial } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { notRoot, tinyDisk } from '../fixtures/tiny-disk.ts';
import { openJournal, readJournal } from './journal.ts';
import type { Trial } from './run-file.ts';

const header = exampleHeader();
const [first, second, third] = [
  exampleTrial('native', 1),
  exampleTrial('docker', 1),
  exampleTrial('native', 2),
];

async function writeJournal(folder: string, trials: readonly Trial[]): Promise<string> {
  const journal = await openJournal(folder, header);
  for (const trial of trials) await journal.append(trial);
  await journal.close();
  return join(folder, 'trials.jsonl');
}

test('gives back the header and the trials in order', async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.folder, 'runs', header.id);
  await writeJournal(folder, [first, second]);
  expect(await readJournal(folder)).toEqual({ header, trials: [first, second], diagnostics: [] });
  expect((await readdir(folder)).toSorted()).toEqual(['header.json', 'trials.jsonl']);
});

test('a trial can be read as soon as append has resolved', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  await journal.append(first);
  expect((await readJournal(temporary.folder)).trials).toEqual([first]);
  await journal.close();
});

test('writes calls that overlap one after the other', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  await Promise.all([first, second, third].map((trial) => journal.append(trial)));
  await journal.close();
  expect((await readJournal(temporary.folder)).trials).toEqual([first, second, third]);
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
      trials: [first],
      diagnostics: [
        {
          level: 'warning',
          code: 'journal-torn-line',
          message: `${path}: line 2 was cut off and is left out; whole trials: 1`,
        },
      ],
    });
  }
});

test('drops a last line that a crash filled with zeros', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first]);
  await appendFile(path, Buffer.alloc(100));
  expect((await readJournal(temporary.folder)).trials).toEqual([first]);
});

test('names the line that is damaged before the last', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, second, third]);
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, [lines[0], lines[1]?.slice(0, 40), lines[2], ''].join('\n'));
  await expect(readJournal(temporary.folder)).rejects.toThrow(new Error(`${path}: line 2: is not JSON`));
});

test('names the line and the place of what is no trial', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, second]);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"environment":"docker"', '"environment":7'));
  await expect(readJournal(temporary.folder)).rejects.toThrow(
    new Error(`${path}: line 2: environment: expected a string, found 7`),
  );
});

test('goes on with a run after a crash, over the torn line', async () => {
  using temporary = temporaryFolder();
  const path = await writeJournal(temporary.folder, [first, second]);
  await truncate(path, (await readFile(path)).length - 10);
  await writeJournal(temporary.folder, [third]);
  expect(await readJournal(temporary.folder)).toEqual({ header, trials: [first, third], diagnostics: [] });
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
  expect((await readJournal(temporary.folder)).trials).toEqual([]);
});

test('refuses an invalid trial and goes on', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  const invalid = { ...first, load: { ...first.load, throughputRps: NaN } };
  await expect(journal.append(invalid)).rejects.toThrow(
    'trial of "native" in round 1 of "primes" is invalid: load.throughputRps: expected a number, found NaN',
  );
  await journal.append(second);
  await journal.close();
  expect((await readJournal(temporary.folder)).trials).toEqual([second]);
});

test('refuses a trial after it was closed', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, header);
  await journal.close();
  await journal.close();
  await expect(journal.append(first)).rejects.toThrow(/trials\.jsonl: trial of .* not written: .*closed/);
});

test('names the file and the trials that are safe when the disk is full, and goes on when there is room', async (context) => {
  context.skip(notRoot !== undefined, notRoot);
  using disk = tinyDisk();
  const journal = await openJournal(disk.folder, header);
  await journal.append(first);
  const large = { ...second, load: { ...second.load, histogram: 'A'.repeat(100_000) } };
  const path = join(disk.folder, 'trials.jsonl');
  await expect(journal.append(large)).rejects.toThrow(
    new Error(
      `${path}: trial of "docker" in round 1 of "primes" not written: no space left on the device; 1 trial before it is safe`,
    ),
  );
  expect((await readJournal(disk.folder)).trials).toEqual([first]);

  await journal.append(third);
  await journal.close();
  expect(await readJournal(disk.folder)).toEqual({ header, trials: [first, third], diagnostics: [] });
});
