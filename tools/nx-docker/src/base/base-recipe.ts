import { z } from 'zod';

/** What a base is made of: the file `base-recipe.json` beside the shared Dockerfile. */
export const baseRecipeSchema = z.strictObject({
  suite: z.string().regex(/^[a-z]+$/, 'expected the name of a Debian release: "bookworm"'),
  packages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, 'expected the name of a Debian package'))
    .min(1),
  image: z.string().min(1),
});
export type BaseRecipe = z.infer<typeof baseRecipeSchema>;
