import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readRecord } from '@tare/nx-kit';
import { type BaseRecipe, baseRecipeSchema } from './base/debian-userland.ts';

/** The recipe of images that this package brings: its Dockerfile, and `base-recipe.json` beside it. */
export const ownDockerfile = fileURLToPath(new URL('../recipe/Dockerfile', import.meta.url));

/** Reads a `base-recipe.json`, by default this package's own. @throws Error in one line that names the file. */
export function readBaseRecipe(
  path: string = fileURLToPath(new URL('../recipe/base-recipe.json', import.meta.url)),
): BaseRecipe {
  return readRecord(path, baseRecipeSchema, 'Expected suite, packages and image.');
}

/** Everything that decides what the package's recipe makes of an app, for digests. */
export function ownRecipeText(): string {
  return `${readFileSync(ownDockerfile, 'utf8')}\n${JSON.stringify(readBaseRecipe())}`;
}
