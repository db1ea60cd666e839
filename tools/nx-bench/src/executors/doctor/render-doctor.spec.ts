import type { DoctorLine } from '@tare/checks';
import { expect, it } from 'vitest';
import { renderDoctor } from './render-doctor.ts';

const lines: readonly DoctorLine[] = [
  { level: 'good', subject: 'swap', finding: 'none' },
  {
    level: 'warning',
    subject: 'CPU governor',
    finding: 'powersave: the clock follows the load, and the speed with it',
    remedy: 'sudo cpupower frequency-set -g performance',
  },
  { level: 'problem', subject: 'memory', finding: '100 MiB are free', remedy: 'free some' },
];

it('gives a sign, the subject, the finding, and below it what mends it', () => {
  expect(renderDoctor(lines, { columns: 120, colour: false })).toBe(`\
✓ swap          none
! CPU governor  powersave: the clock follows the load, and the speed with it
                mend: sudo cpupower frequency-set -g performance
✗ memory        100 MiB are free
                mend: free some

1 good, 1 warning, 1 problem
`);
});

it('breaks a finding at the width of the terminal, but no command', () => {
  const text = renderDoctor(lines, { columns: 50, colour: false });
  expect(text).toContain(`\
! CPU governor  powersave: the clock follows the
                load, and the speed with it
                mend: sudo cpupower frequency-set -g performance
`);
});

it('colours the signs on request', () => {
  expect(renderDoctor(lines, { columns: 80, colour: true })).toContain('\u001b[32m✓\u001b[39m swap');
});
