import { expect, it } from 'vitest';
import { exampleCapacity } from './example-capacity.ts';
import { parseCapacityFile } from './parse-capacity-file.ts';

it('reads back what was written', () => {
  const file = exampleCapacity();
  expect(parseCapacityFile(JSON.stringify(file), 'capacity.json')).toEqual(file);
});

it.each<[string, unknown, string]>([
  [
    'another version',
    { ...exampleCapacity(), schema: 2 },
    'capacity.json: has schema version 2, this version of Tare reads 1',
  ],
  [
    'a rate of 0',
    { ...exampleCapacity(), generatorRps: 0 },
    'capacity.json: generatorRps: expected more than 0, found 0',
  ],
  ['a run file', { schema: 1, trials: [] }, 'capacity.json: id: expected a string, found nothing'],
])('refuses %s in one line', (_, data, message) => {
  const parse = () => parseCapacityFile(JSON.stringify(data), 'capacity.json');
  expect(parse).toThrow(message);
  expect(parse).not.toThrow(/\n/);
});

it('tells a file that is not whole', () => {
  expect(() => parseCapacityFile('{"schema": 1, "id": "x', 'capacity.json')).toThrow('the file is not whole');
});
