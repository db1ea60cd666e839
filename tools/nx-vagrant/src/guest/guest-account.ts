import type { Milestone } from '@tare/environment';
import { z } from 'zod';

/** One reading of the guest's clock: host nanoseconds before and after it, the guest's in between. */
export type ClockExchange = {
  readonly sentNs: bigint;
  readonly guestNs: bigint;
  readonly receivedNs: bigint;
};

/** Converts the guest's clock to the host's: host = guest + `offsetNs`, to ± `errorNs`. */
export type ClockOffset = { readonly offsetNs: bigint; readonly errorNs: bigint };

/**
 * The offset between two monotonic clocks, from the exchange with the shortest round trip. Assumes that the guest's reading
 * lies in its middle; half the round trip bounds the error (F. Cristian, Probabilistic clock synchronization,
 * Distributed Computing 3, 1989, section 3).
 * @throws Error without an exchange.
 */
export function clockOffset(exchanges: readonly ClockExchange[]): ClockOffset {
  const [best] = [...exchanges].sort((a, b) => Number(roundTrip(a) - roundTrip(b)));
  if (best === undefined) throw new Error('the clock of the VM was not asked');
  const errorNs = (roundTrip(best) + 1n) / 2n;
  return { offsetNs: best.sentNs + roundTrip(best) / 2n - best.guestNs, errorNs };
}

/**
 * The host's time of a guest's reading. It cannot lie outside the exchange that brought it, which also corrects a guest's
 * clock that drifts.
 */
export function toHostNs({ sentNs, guestNs, receivedNs }: ClockExchange, { offsetNs }: ClockOffset): bigint {
  const atNs = guestNs + offsetNs;
  if (atNs < sentNs) return sentNs;
  return atNs > receivedNs ? receivedNs : atNs;
}

function roundTrip({ sentNs, receivedNs }: ClockExchange): bigint {
  return receivedNs - sentNs;
}

/** What `systemctl show` prints about one unit, by the property's name. */
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

/** A line of the guest's journal, at its monotonic microseconds. */
type JournalLine = { readonly atUs: number; readonly message: string };

const entrySchema = z.object({
  __MONOTONIC_TIMESTAMP: z.string().regex(/^\d+$/),
  // journalctl writes bytes that are not UTF-8 as an array of numbers, and null for what is too long
  MESSAGE: z.union([z.string(), z.array(z.int()), z.null()]).optional(),
});

/**
 * Reads the output of `journalctl -o json`: one object per line (systemd, Journal JSON Format).
 * @throws Error that shows the line when one is not an entry.
 */
export function parseJournal(text: string): readonly JournalLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      try {
        const { __MONOTONIC_TIMESTAMP: at, MESSAGE: said } = entrySchema.parse(JSON.parse(line));
        const message = typeof said === 'string' ? said : Buffer.from(said ?? []).toString('utf8');
        return { atUs: Number(at), message };
      } catch (cause) {
        throw new Error(`not an entry of the journal: "${line.slice(0, 120)}"`, { cause });
      }
    });
}

/** What the guest knows of a start. */
export type GuestAccount = {
  /** The service's unit. */
  readonly service: UnitProperties;
  /** The service's lines in the journal. */
  readonly journal: readonly JournalLine[];
  /** For a boot: the manager's own properties and the unit of sshd. */
  readonly boot?: { readonly manager: UnitProperties; readonly ssh: UnitProperties };
};

/** Where the moments of the guest lie on the host's clock. */
type StartClock = {
  /** Host nanoseconds of the start command. */
  readonly spawnedAt: bigint;
  readonly offset: ClockOffset;
  /** Host nanoseconds at which the hypervisor's process began; only for a boot. */
  readonly powerOnNs?: bigint;
};

/**
 * The moments of a start in the guest, in milliseconds after the start command, in order of time. The guest's monotonic
 * clock begins with its kernel; systemd's and the journal's monotonic microseconds are the same clock.
 */
export function guestMilestones(account: GuestAccount, clock: StartClock): readonly Milestone[] {
  const { service, journal, boot } = account;
  const atMs = (hostNs: bigint): number => Number(hostNs - clock.spawnedAt) / 1e6;
  const guestMs = (us: number): number => atMs(BigInt(Math.round(us * 1000)) + clock.offset.offsetNs);
  const processUs = unitMomentUs(service, 'ExecMainStartTimestampMonotonic');
  const listening = journal.find(
    ({ atUs, message }) => atUs >= (processUs ?? 0) && message.startsWith('listening on '),
  );
  const moments: readonly (readonly [string, number | undefined])[] = [
    ...(boot === undefined
      ? []
      : ([
          ['kernel', 0],
          ['userspace', unitMomentUs(boot.manager, 'UserspaceTimestampMonotonic')],
          ['sshd', unitMomentUs(boot.ssh, 'ActiveEnterTimestampMonotonic')],
        ] as const)),
    // systemd checks a unit's conditions when it begins to start it, and calls it active after the fork
    ['service start', unitMomentUs(service, 'ConditionTimestampMonotonic')],
    ['process', processUs],
    ['listening', listening?.atUs],
  ];
  return [
    ...(clock.powerOnNs === undefined ? [] : [{ name: 'power on', atMs: atMs(clock.powerOnNs) }]),
    ...moments.flatMap(([name, us]) => (us === undefined ? [] : [{ name, atMs: guestMs(us) }])),
  ].sort((a, b) => a.atMs - b.atMs);
}
