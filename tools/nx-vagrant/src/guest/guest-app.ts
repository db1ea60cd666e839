import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FilesArtifact, NodeArtifact } from '@tare/environment';
import { childEnvironment, lastLines } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import { shellWords, type Ssh } from '../ssh.ts';
import { explain, guestAppFolder, unitName } from './guest-service.ts';

const askDeadlineMs = 60_000;
// some 300 MiB at the pace of an emulated guest
const folderDeadlineMs = 10 * 60_000;

/** What a VM runs. */
export type VmArtifact = NodeArtifact | FilesArtifact;

/**
 * Makes sure that the guest holds an app: provisioning has brought a bundle, a folder is sent unless it is there already.
 * @throws Error in one line when the guest holds another build, or lacks the program that starts the app.
 */
export async function holdApp(ssh: Ssh, artifact: VmArtifact, signal: AbortSignal): Promise<void> {
  const { workload, sha256 } = artifact;
  const digest = async (): Promise<string> =>
    artifact.kind === 'files'
      ? run(ssh, folderDigestCommand(guestAppFolder(workload)), folderDeadlineMs, signal)
      : (await run(ssh, ['sha256sum', guestBundle(artifact)], askDeadlineMs, signal)).slice(0, 64);
  let held = await digest();
  if (artifact.kind === 'files' && held !== sha256) {
    await sendFolder(ssh, artifact, signal);
    held = await digest();
  }
  if (held !== sha256)
    throw new Error(
      `the VM holds another build of ${workload} (${held.slice(0, 12)}, not ${sha256.slice(0, 12)}); run nx run vagrant:vagrant-destroy`,
    );
  if (artifact.kind === 'files') await requireProgram(ssh, artifact, signal);
}

/** Where a bundle lies in the guest; its name says whether it is a module. */
function guestBundle({ workload, path }: NodeArtifact): string {
  return `/opt/tare/${unitName(workload)}/main${extname(path)}`;
}

/** The command, for the guest, that prints the digest of a folder there; nothing where there is none. */
export function folderDigestCommand(folder: string, node = '/usr/local/bin/node'): readonly string[] {
  const script = readFileSync(new URL('./folder-digest.mjs', import.meta.url), 'utf8');
  return [node, '--input-type=module', '--eval', script, folder];
}

/** Sends a folder as a compressed stream: an emulated guest decrypts slower than it unpacks. */
async function sendFolder(ssh: Ssh, { workload, path }: FilesArtifact, signal: AbortSignal): Promise<void> {
  const what = `the folder ${path} of ${workload} cannot be sent to the VM`;
  const packing = spawn('tar', ['-C', path, '-cz', '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment(),
  });
  // what others may not read on the host, the app's user may not read there, either
  const script = 'rm -rf "$0" && mkdir -p "$0" && tar -xz --no-same-owner -C "$0" && chmod -R a+rX "$0"';
  const unpacking = ssh.spawn(shellWords(['sudo', '-n', 'sh', '-c', script, guestAppFolder(workload)]));
  let said = '';
  for (const { stderr } of [packing, unpacking])
    stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ends = [packing, unpacking].map(
    (child) =>
      new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      }),
  );
  const stop = AbortSignal.any([signal, AbortSignal.timeout(folderDeadlineMs)]);
  const end = (): void => {
    for (const child of [packing, unpacking]) child.kill('SIGKILL');
    unpacking.stdout.destroy();
    unpacking.stderr.destroy();
  };
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  // how the two ended says more than a broken pipe
  const sent = pipeline(packing.stdout, unpacking.stdin).catch(() => undefined);
  try {
    const codes = await Promise.all(ends);
    await sent;
    signal.throwIfAborted();
    if (codes.some((code) => code !== 0)) throw new Error(explain(what, lastLines(said, 3)));
  } catch (error) {
    end();
    signal.throwIfAborted();
    throw error instanceof Error && error.message.startsWith(what)
      ? error
      : new Error(`${what}: ${messageOf(error)}`, { cause: error });
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** @throws Error in one line when the guest lacks the program of an app, which its folder or a package brings. */
export async function requireProgram(
  ssh: Pick<Ssh, 'run'>,
  { workload, command, base }: FilesArtifact,
  signal: AbortSignal,
): Promise<void> {
  const [program = ''] = command;
  const place = program.includes('/') ? `cd ${shellWords([guestAppFolder(workload)])} && ` : '';
  const found = await ssh.run(`${place}command -v ${shellWords([program])}`, {
    deadlineMs: askDeadlineMs,
    signal,
  });
  if (found.code === 0) return;
  const remedy =
    base === undefined
      ? "name its Debian package: base: { packages: ['…'] }"
      : 'name the package that has it in base.packages';
  throw new Error(`${workload}: there is no program ${program} in the VM; correct the command, or ${remedy}`);
}

async function run(
  ssh: Ssh,
  command: readonly string[],
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string> {
  const { stdout, stderr, code } = await ssh.run(shellWords(command), { deadlineMs, signal });
  if (code !== 0) throw new Error(explain(`in the VM, ${command[0] ?? ''} failed with ${code}`, stderr));
  return stdout.trim();
}
