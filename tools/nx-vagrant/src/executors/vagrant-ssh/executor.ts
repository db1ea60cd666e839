import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment } from '@tare/metrics';
import { executor } from '@tare/nx-kit';
import { existingMachines } from '../../machine/machine-place.ts';
import { sshArguments } from '../../ssh.ts';
import { tables } from '../../options.ts';

const vagrantSsh = executor(
  tables['vagrant-ssh'],
  async ({ folder, __unparsed__: words }, { root }, signal) => {
    const [machine] = await existingMachines(join(root, folder), signal);
    if (machine?.state !== 'running') {
      const state = machine?.state ?? 'not_created';
      throw new Error(`vagrant-ssh: no machine runs (${state}); start it: nx run vagrant:vagrant-up`);
    }
    const config = await machine.vagrant.sshConfig({ signal });
    // like ssh itself, joins the words to one line for the guest's shell
    const command = words.join(' ');
    const terminal = command === '' && process.stdin.isTTY ? ['-t'] : [];
    const child = spawn('ssh', [...terminal, ...sshArguments(config), ...(command === '' ? [] : [command])], {
      stdio: 'inherit',
      env: childEnvironment(),
    });
    const end = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (ended) => {
        resolve(ended ?? 255);
      });
    });
    signal.removeEventListener('abort', end);
    // Nx knows only 0 and 1
    if (code !== 0) process.stderr.write(`vagrant-ssh: the command ended with ${code}\n`);
    return code === 0;
  },
);

export default vagrantSsh;
