import type { ViteUserConfig } from 'vitest/config';

type TestSettings = NonNullable<ViteUserConfig['test']>;

/** The test settings of every project: Node, one JUnit file under dist/junit that has the given name. */
export function projectTests(project: string, include = 'src/**/*.spec.ts'): ViteUserConfig {
  return { test: { ...eachTest, ...reporting(project), include: [include] } };
}

/**
 * The settings of tests that start real runs and loads, which mostly wait: two files at a time. After them one file at a
 * time, with the machine to itself, those that hold what is measured against the truth.
 * @param measuring the latter, from the folder of the project.
 */
export function realLoadTests(project: string, measuring: readonly string[] = []): ViteUserConfig {
  const each = { ...eachTest, testTimeout: 120_000 };
  const sideBySide = {
    ...each,
    name: 'side by side',
    include: ['src/**/*.e2e.ts'],
    exclude: [...measuring],
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  };
  const alone = {
    ...each,
    name: 'alone',
    include: [...measuring],
    maxWorkers: 1,
    sequence: { groupOrder: 1 },
  };
  return {
    test: {
      ...reporting(project),
      projects: [{ test: sideBySide }, ...(measuring.length > 0 ? [{ test: alone }] : [])],
    },
  };
}

const eachTest: TestSettings = {
  environment: 'node',
  setupFiles: [`${import.meta.dirname}/vitest.setup.ts`],
  testTimeout: 20_000,
  hookTimeout: 60_000,
};

const reporting = (project: string): TestSettings => ({
  reporters: ['default', 'junit'],
  outputFile: { junit: `${import.meta.dirname}/dist/junit/${project}.xml` },
});
