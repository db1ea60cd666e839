import type { ViteUserConfig } from 'vitest/config';

/** The test settings of every project: Node, one JUnit file per project under dist/junit. */
export function projectTests(project: string): ViteUserConfig {
  return {
    test: {
      environment: 'node',
      include: ['src/**/*.spec.ts'],
      testTimeout: 20_000,
      hookTimeout: 60_000,
      reporters: ['default', 'junit'],
      outputFile: { junit: `${import.meta.dirname}/dist/junit/${project}.xml` },
    },
  };
}
