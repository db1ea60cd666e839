import type { ViteUserConfig } from 'vitest/config';

/** The test settings of every project: Node, one JUnit file under dist/junit that has the given name. */
export function projectTests(project: string, include = 'src/**/*.spec.ts'): ViteUserConfig {
  return {
    test: {
      environment: 'node',
      include: [include],
      setupFiles: [`${import.meta.dirname}/vitest.setup.ts`],
      testTimeout: 20_000,
      hookTimeout: 60_000,
      reporters: ['default', 'junit'],
      outputFile: { junit: `${import.meta.dirname}/dist/junit/${project}.xml` },
    },
  };
}
