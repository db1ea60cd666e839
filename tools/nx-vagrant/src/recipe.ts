import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The recipe of machines that this package brings: Vagrantfile, provisioning, and what builds the box. */
export const ownRecipe = fileURLToPath(new URL('../recipe', import.meta.url));

/**
 * The folder with the Vagrantfile that is used where none is named: `environments/vagrant` of the workspace, into which
 * `nx g @tare/nx-bench:environment vagrant` copies the recipe, else this package's own.
 */
export function usualFolder(workspace: string): string {
  const ejected = join(workspace, 'environments/vagrant');
  return existsSync(join(ejected, 'Vagrantfile')) ? ejected : ownRecipe;
}

/** The folder whose `build-box.sh` builds the boxes for a folder with a Vagrantfile: that one, or this package's recipe. */
export function boxRecipe(folder: string): string {
  return existsSync(join(folder, 'build-box.sh')) ? folder : ownRecipe;
}

/** The command that sets Vagrant up on a Debian host, as the user would type it in the working directory. */
export function setupCommand(workspace: string = process.cwd()): string {
  const ejected = 'environments/vagrant/setup-debian.sh';
  const script = existsSync(join(workspace, ejected))
    ? ejected
    : relative(workspace, join(ownRecipe, 'setup-debian.sh'));
  return `${process.getuid?.() === 0 ? '' : 'sudo '}bash ${script}`;
}
