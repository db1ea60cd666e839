import { createHash } from 'node:crypto';
import type { ImageFacts } from './inspect-image.ts';

/**
 * Sums up what an image is: its layers, the part of its configuration that matters to a container, its architecture.
 * Unlike the image's ID it does not change with the time of the build or with the builder.
 * @returns sha256, lower-case hex.
 */
export function contentDigest({ RootFS, Config, Architecture }: ImageFacts): string {
  const config = { ...Config, Healthcheck: Config.Healthcheck ?? null };
  return createHash('sha256')
    .update(JSON.stringify([RootFS.Layers, config, Architecture]))
    .digest('hex');
}
