import { expect, it } from 'vitest';
import type { RunEvent } from './run-event.ts';
import { clock, showProgress } from './show-progress.ts';

const place = {
  round: 1,
  rounds: 2,
  trial: 1,
  trials: 4,
  environment: 'native',
  workload: 'primes',
  leftMs: 61_000,
};

function shown(isTTY: boolean, ...events: RunEvent[]): string {
  let text = '';
  const listener = showProgress({
    isTTY,
    write: (more) => {
      text += more;
    },
  });
  for (const event of events) listener(event);
  return text;
}

it('writes plain lines where there is no terminal', () => {
  const events: RunEvent[] = [
    {
      kind: 'probed',
      environment: 'docker',
      availability: { usable: false, reason: 'no socket', remedy: 'install it' },
    },
    { kind: 'trial-started', place },
    { kind: 'run-finished', trials: 4, elapsedMs: 61_400 },
  ];
  expect(shown(false, ...events)).toBe(
    'docker: not usable here: no socket. Remedy: install it\n4 trials in 1:01\n',
  );
});

it('overwrites one line in a terminal', () => {
  const text = shown(true, { kind: 'trial-started', place });
  expect(text).toBe('\r\u001b[2Kround 1/2  trial 1/4  primes in native …  about 1:01 left');
});

it('shows minutes and seconds', () => {
  expect(clock(187_000)).toBe('3:07');
  expect(clock(900)).toBe('0:01');
});
