import { expect, it } from 'vitest';
import { parseJournal } from './journal-lines.ts';

// recorded from systemd 252
const recorded = `{"__MONOTONIC_TIMESTAMP":"156244397","_BOOT_ID":"f9af1c7dd66d40ddbb9a9c8801a741dc","MESSAGE":"Started tare@primes.service - Tare workload primes.","__REALTIME_TIMESTAMP":"1795295538599979"}
{"__MONOTONIC_TIMESTAMP":"159214015","_BOOT_ID":"f9af1c7dd66d40ddbb9a9c8801a741dc","MESSAGE":"listening on http://0.0.0.0:8000","__REALTIME_TIMESTAMP":"1795295541569594"}
`;

it('reads each entry with its monotonic time', () => {
  expect(parseJournal(recorded)).toEqual([
    { atUs: 156_244_397, message: 'Started tare@primes.service - Tare workload primes.' },
    { atUs: 159_214_015, message: 'listening on http://0.0.0.0:8000' },
  ]);
});

it('a message that is not text is read byte by byte', () => {
  expect(parseJournal('{"__MONOTONIC_TIMESTAMP":"5","MESSAGE":[104,105]}')).toEqual([
    { atUs: 5, message: 'hi' },
  ]);
});

it('an empty journal has no lines', () => {
  expect(parseJournal('-- No entries --\n')).toEqual([]);
});

it('a broken entry is refused and shown', () => {
  expect(() => parseJournal('{"MESSAGE":"x"}')).toThrow('not an entry of the journal: "{"MESSAGE":"x"}"');
});
