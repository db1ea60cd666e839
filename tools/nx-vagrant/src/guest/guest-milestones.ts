import type { Milestone } from '@tare/environment';
import type { ClockOffset } from './clock-offset.ts';
import type { JournalLine } from './journal-lines.ts';
import { unitMomentUs, type UnitProperties } from './unit-properties.ts';

/** What the guest knows of a start. */
export type GuestAccount = {
  /** The service's unit. */
  readonly service: UnitProperties;
  /** The service's lines in the journal. */
  readonly journal: readonly JournalLine[];
  /** Of a boot: the manager's own properties and the unit of sshd. */
  readonly boot?: { readonly manager: UnitProperties; readonly ssh: UnitProperties };
};

/** Where the moments of the guest lie on the host's clock. */
export type StartClock = {
  /** Host nanoseconds of the start command. */
  readonly spawnedAt: bigint;
  readonly offset: ClockOffset;
  /** Host nanoseconds at which the hypervisor's process began; of a boot only. */
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
    // systemd looks at a unit's conditions when it begins to start it; it calls it active after the fork
    ['service start', unitMomentUs(service, 'ConditionTimestampMonotonic')],
    ['process', processUs],
    ['listening', listening?.atUs],
  ];
  return [
    ...(clock.powerOnNs === undefined ? [] : [{ name: 'power on', atMs: atMs(clock.powerOnNs) }]),
    ...moments.flatMap(([name, us]) => (us === undefined ? [] : [{ name, atMs: guestMs(us) }])),
  ].sort((a, b) => a.atMs - b.atMs);
}
