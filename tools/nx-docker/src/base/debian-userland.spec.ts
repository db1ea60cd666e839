import { expect, test } from 'vitest';
import { sourceLines } from './debian-userland.ts';

const line = (...fields: readonly string[]): string => fields.join('\t');

test('only the release’s own sources of Debian are taken, each once', () => {
  const main = line('Debian', 'bookworm', 'http://mirror', 'bookworm', 'main', '$(SIGNED_BY)');
  const listed = [
    main,
    main,
    line('Debian', 'bookworm-security', 'http://mirror-security', 'bookworm-security', 'main', '/key.gpg'),
    line('Debian', 'trixie', 'http://mirror', 'trixie', 'main', ''),
    line('Debian', 'bookworm', 'http://mirror', 'bookworm', 'contrib', ''),
    line('Somebody', 'bookworm', 'http://elsewhere', 'bookworm', 'main', ''),
    '',
  ].join('\n');
  expect(sourceLines(listed, 'bookworm')).toEqual([
    'deb http://mirror bookworm main',
    'deb [signed-by=/key.gpg] http://mirror-security bookworm-security main',
  ]);
});
