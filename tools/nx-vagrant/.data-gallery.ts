import { mkdtempSync, rmSync, readFileSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { vagrant } from './src/environment/vagrant.ts';
const folder = mkdtempSync('/tmp/tare-test-');
process.env.VAGRANT_DOTFILE_PATH = folder + '/.vagrant';
process.env.TARE_DOMAIN_PREFIX = `tare-test-${process.pid}`;
const signal = AbortSignal.timeout(300_000);
const path = '/work/main/dist/apps/gallery/main.mjs';
const artifact = { workload: 'gallery', path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex'), bytes: statSync(path).size };
const context = { runId: `20260101-000000-a${process.pid}`, resources: { cpus: 1, memoryMiB: 512, serverCpus: undefined, nodeArguments: ['--max-old-space-size=256'] }, nodeBinary: process.execPath, nodeVersion: process.version };
const env = vagrant({ accelerator: 'tcg', folder: new URL('file:///work/main/environments/vagrant/'), records: new URL('file:///work/main/dist/vagrant/') });
try {
  console.log(Date.now(), await env.prepare(artifact, context, signal));
  for (let trial = 0; trial < 2; trial++) {
    const i = await env.start({ artifact, context, variables: { RATE_LIMIT: '0' }, dataVariable: 'UPLOADS_DIR', healthPath: '/health', port: undefined, round: 1, cold: false }, signal);
    let ok = false;
    for (let n = 0; n < 300 && !ok; n++) { ok = await fetch(new URL('/health', i.url), { signal: AbortSignal.timeout(5000) }).then((r) => r.ok, () => false); if (!ok) await new Promise((r) => setTimeout(r, 200)); }
    const { net } = await i.meters();
    const before = await net.read();
    const list0 = await (await fetch(new URL('/api/images', i.url))).text();
    const form = new FormData();
    form.append('images', new Blob([Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')], { type: 'image/png' }), 'a.png');
    const up = await fetch(new URL('/api/images', i.url), { method: 'POST', body: form });
    const after = await net.read();
    console.log(Date.now(), trial, ok, list0.slice(0, 60), up.status, (await up.text()).slice(0, 120), 'written', after.writtenBytes! - before.writtenBytes!);
    console.log(await i.lastLog());
    await i.stop();
  }
} catch (error) { console.log(error); } finally { await env.dispose(); rmSync(folder, { recursive: true, force: true }); }
