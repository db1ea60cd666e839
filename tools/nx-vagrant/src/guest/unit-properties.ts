/** What `systemctl show` tells of one unit, by name of the property. */
export type UnitProperties = ReadonlyMap<string, string>;

/** Reads the output of `systemctl show UNIT…`: `Name=value` lines, a blank line between two units. */
export function parseUnitProperties(text: string): readonly UnitProperties[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map(
      (block) =>
        new Map(
          block.split('\n').flatMap((line): [string, string][] => {
            const equals = line.indexOf('=');
            return equals < 0 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]];
          }),
        ),
    );
}

/**
 * A moment of a unit, in microseconds of the guest's monotonic clock.
 * @returns undefined where systemd has none (0).
 */
export function unitMomentUs(properties: UnitProperties | undefined, name: string): number | undefined {
  const us = Number(properties?.get(name) ?? '0');
  return Number.isFinite(us) && us > 0 ? us : undefined;
}
