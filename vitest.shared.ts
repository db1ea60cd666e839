import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ViteUserConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

type TestSettings = NonNullable<ViteUserConfig['test']>;

/** The test settings of every project: Node, one JUnit file under dist/junit that has the given name. */
export function projectTests(project: string, include = 'src/**/*.spec.ts'): ViteUserConfig {
  return { test: { ...eachTest, ...reporting(project), include: [include] } };
}

/**
 * The settings of tests that start real runs and loads, which mostly wait: three files at a time. After them one file at a
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
    maxWorkers: 3,
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
  // where nothing real is skipped, the host that runs it all may pause for seconds; CI names what it asked again
  retry: process.env.TARE_REQUIRE === undefined ? 0 : 2,
};

const reporting = (project: string): TestSettings => ({
  reporters: ['default', 'junit', retriedTests(project)],
  outputFile: { junit: `${junitFolder}/${project}.xml` },
});

const junitFolder = `${import.meta.dirname}/dist/junit`;

/** Lists in PROJECT.retried.txt, beside the JUnit file, the tests that passed only when they were asked again, and why. */
function retriedTests(project: string): Reporter {
  const path = `${junitFolder}/${project}.retried.txt`;
  const lines: string[] = [];
  return {
    onTestCaseResult(test) {
      if (test.diagnostic()?.flaky !== true) return;
      const why = test.result().errors?.[0]?.message.split('\n')[0] ?? 'no reason was kept';
      lines.push(`passed only when asked again: ${test.module.relativeModuleId}: ${test.fullName}: ${why}`);
    },
    onTestRunEnd() {
      rmSync(path, { force: true });
      if (lines.length === 0) return;
      mkdirSync(junitFolder, { recursive: true });
      writeFileSync(path, `${lines.join('\n')}\n`);
    },
  };
}
