import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const manifest = z.object({
  name: z.string().optional(),
  nx: z.object({ name: z.string().optional() }).optional(),
});

/**
 * The name that Nx gives the project in a folder, while the graph that would tell it is still being made.
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
