import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { hostileText, readOrRefused, tries } from '../../../properties.shared.ts';
import {
  choice,
  executorSchema,
  list,
  number,
  optionRows,
  path,
  readOptions,
  text,
  toggle,
  whole,
} from './index.ts';

const table = z
  .strictObject({
    config: path({ description: 'The configuration.' }),
    rounds: whole({ min: 1, max: 9, description: 'Rounds.' }).default(3),
    warmup: number({
      min: 0,
      max: 60,
      unit: 'seconds',
      description: 'Warm-up.',
      otherwise: 'what it takes',
      formerly: 'heat',
    }).optional(),
    share: number({ min: 1, max: 50, unit: 'percent', description: 'Share.' }).optional(),
    json: toggle({ description: 'Print JSON.' }).default(false),
    mode: choice(['auto', 'off'], { description: 'Mode.' }).default('auto'),
    name: text({ description: 'Name.' }).optional(),
    passed: z.unknown().meta({ description: 'For another target.', hidden: true }).optional(),
  })
  .meta({ title: 'Try', description: 'Tries.' });

it('reads numbers and switches from texts and fills in the defaults', () => {
  expect(readOptions(table, { config: 'a.ts', rounds: '4', warmup: ' 1.5 ', json: 'true' })).toEqual({
    config: 'a.ts',
    rounds: 4,
    warmup: 1.5,
    json: true,
    mode: 'auto',
  });
});

it('reads a switch from a text where the option may be a path, too', () => {
  const either = z.strictObject({
    readme: z.union([toggle({ description: 'Whether.' }), path({ description: 'Which.' })]).optional(),
  });
  expect(readOptions(either, { readme: 'false' })).toEqual({ readme: false });
  expect(readOptions(either, { readme: 'docs/a.md' })).toEqual({ readme: 'docs/a.md' });
});

it('reads a list from a text with commas', () => {
  const lists = z.strictObject({ names: list({ description: 'Names.' }) });
  expect(readOptions(lists, { names: 'a,b' })).toEqual({ names: ['a', 'b'] });
  expect(readOptions(lists, { names: ['a,b'] })).toEqual({ names: ['a,b'] });
});

it.each<[object, string]>([
  [{ rounds: 'ten' }, '--rounds=ten: expected a whole number from 1 to 9'],
  [{ rounds: 2.5 }, '--rounds=2.5: expected a whole number from 1 to 9'],
  [{ rounds: 10 }, '--rounds=10: expected a whole number from 1 to 9'],
  [{ rounds: true }, '--rounds=true: expected a whole number from 1 to 9'],
  [{ warmup: '2s' }, '--warmup=2s: expected a number of seconds from 0 to 60'],
  [{ warmup: Number.NaN }, '--warmup=NaN: expected a number of seconds from 0 to 60'],
  [{ share: 0 }, '--share=0: expected a percentage from 1 to 50'],
  [{ json: 'maybe' }, '--json=maybe: expected true or false'],
  [{ mode: 'on' }, '--mode=on: expected one of auto, off'],
  [{ name: ' ' }, '--name= : expected a text'],
  [{ config: undefined }, '--config is missing: expected a path from the workspace root'],
  [{ wormup: 1 }, '--wormup: unknown option, expected one of config, rounds, warmup'],
])('refuses %j in one line', (options, message) => {
  expect(() => readOptions(table, { config: 'a.ts', ...options })).toThrow(message);
});

it('makes the schema that Nx checks and prints', () => {
  expect(executorSchema(table)).toEqual({
    $schema: 'https://json-schema.org/schema',
    version: 2,
    title: 'Try',
    description: 'Tries.',
    type: 'object',
    properties: {
      config: { type: 'string', description: 'The configuration.' },
      rounds: {
        type: ['integer', 'string'],
        description: 'Rounds. 1 to 9, whole.',
        default: 3,
        minimum: 1,
        maximum: 9,
      },
      warmup: {
        type: ['number', 'string'],
        description: 'Warm-up. 0 to 60 seconds. By default what it takes.',
        minimum: 0,
        maximum: 60,
        aliases: ['heat'],
      },
      share: { type: ['number', 'string'], description: 'Share. 1 to 50 percent.', minimum: 1, maximum: 50 },
      json: { type: ['boolean', 'string'], description: 'Print JSON.', default: false },
      mode: { type: 'string', description: 'Mode.', enum: ['auto', 'off'], default: 'auto' },
      name: { type: 'string', description: 'Name.' },
      passed: { description: 'For another target.', hidden: true },
    },
    required: ['config'],
    additionalProperties: false,
  });
});

it('tells what may be given and what applies otherwise', () => {
  const rows = optionRows(table).map(({ name, values, otherwise }) => [name, values, otherwise]);
  const within = z.strictObject({
    load: z.union([
      z.literal(false),
      z.strictObject({ rate: whole({ min: 1, description: 'Rate.' }).optional() }),
    ]),
  });
  expect(optionRows(within)).toEqual([
    { name: 'load.rate', description: 'Rate.', values: 'from 1, whole', otherwise: 'not set' },
  ]);
  expect(rows).toEqual([
    ['config', 'text', undefined],
    ['rounds', '1 to 9, whole', '3'],
    ['warmup', '0 to 60 seconds', 'what it takes'],
    ['share', '1 to 50 percent', 'not set'],
    ['json', 'true, false', 'false'],
    ['mode', 'auto, off', 'auto'],
    ['name', 'text', 'not set'],
  ]);
});

it('takes or refuses whatever is given, in one line that names the option', () => {
  const names = fc.oneof(fc.constantFrom(...Object.keys(table.shape)), hostileText);
  const values = fc.oneof(hostileText, fc.jsonValue());
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 4 }), (members) => {
      const result = readOrRefused(() =>
        readOptions(table, Object.fromEntries([['config', 'a.ts'], ...members])),
      );
      if ('refused' in result) expect(result.refused).toMatch(/^--/);
    }),
    tries(),
  );
});
