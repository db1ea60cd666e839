import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

// The runs of a test file measure nothing that matters: they wait for nobody who measures on this host, nor the other way.
const lockFolder = mkdtempSync(join(tmpdir(), 'tare-test-lock-'));
process.env.TARE_LOCK_FOLDER = lockFolder;
afterAll(() => {
  rmSync(lockFolder, { recursive: true, force: true });
});
