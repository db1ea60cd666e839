/**
 * The kinds of environment that must be usable here, from `TARE_REQUIRE` ("docker,vagrant"): where one is not, that is a
 * failure and no longer something to report.
 */
export function requiredKinds(variables: NodeJS.ProcessEnv = process.env): ReadonlySet<string> {
  return new Set(
    (variables.TARE_REQUIRE ?? '')
      .split(',')
      .map((kind) => kind.trim())
      .filter(Boolean),
  );
}
