import type { RunFile } from '@tare/results';
import { oneLine } from '../safe-text.ts';
import type { CareLine } from './twin-words.ts';

const codes: readonly string[] = ['warm-up', 'no-steady-state'];

/** How long every trial warms up and why, where that was found, and what was not steady then. Plain text. */
export function warmUpLines({ diagnostics }: RunFile): readonly CareLine[] {
  return diagnostics
    .filter(({ code }) => codes.includes(code))
    .map(({ level, message }) => ({
      level: level === 'info' ? 'info' : 'warning',
      text: `${sentence(oneLine(message))}.`,
    }));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
