import { expect, test } from 'vitest';
import { parsePluginOptions } from './plugin-options.ts';

test('without options every Dockerfile bakes its own project', () => {
  expect(parsePluginOptions(undefined)).toEqual({
    bakes: {},
    artifact: 'dist/{projectRoot}/main.mjs',
    buildTarget: 'build',
  });
});

test.each([
  [{ bake: {} }, 'unknown option "bake"; expected one of bakes, artifact, buildTarget'],
  [{ bakes: [] }, 'option bakes is []; expected an object of Dockerfile → project folders'],
  [
    { bakes: { Dockerfile: 'apps/a' } },
    'option bakes["Dockerfile"] is "apps/a"; expected a list of project folders',
  ],
  [{ artifact: '' }, 'option artifact is ""; expected a path'],
  [{ buildTarget: 1 }, 'option buildTarget is 1; expected the name of a target'],
])('%j is refused in one line', (given, message) => {
  expect(() => parsePluginOptions(given)).toThrow(`@tare/nx-docker: ${message}`);
});
