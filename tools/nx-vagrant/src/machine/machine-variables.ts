/** What a machine is made of and what runs in it; the Vagrantfile reads it from environment variables. */
export type MachineSettings = {
  /** Name of an installed box. */
  readonly box: string;
  /** Version of a public box; a built one has its version in its name. */
  readonly boxVersion?: string;
  /** Workload → absolute path of its bundle, in order: the first is enabled at boot. */
  readonly artifacts: Readonly<Record<string, string>>;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly driver?: 'kvm' | 'qemu';
  /** The run that it belongs to. */
  readonly runId?: string;
  readonly nodeArguments?: readonly string[];
  /** Memory limit of the app in the guest. */
  readonly appMemoryMiB?: number;
  /** Whether provisioning starts the first workload; it does unless told. */
  readonly start?: boolean;
  /** The host's port that reaches the guest's 8000. */
  readonly port?: number;
  /** Whether to forward that port at all. */
  readonly forward?: boolean;
};

/** The environment variables that tell the Vagrantfile; those of settings that are not given are left out. */
export function machineVariables(settings: MachineSettings): Readonly<Record<string, string>> {
  const {
    box,
    boxVersion,
    artifacts,
    cpus,
    memoryMiB,
    driver,
    runId,
    nodeArguments,
    appMemoryMiB,
    start,
    port,
    forward,
  } = settings;
  const named: Readonly<Record<string, string | number | undefined>> = {
    TARE_BOX: box,
    TARE_BOX_VERSION: boxVersion,
    TARE_ARTIFACTS: Object.entries(artifacts)
      .map(([workload, path]) => `${workload}=${path}`)
      .join(','),
    TARE_CPUS: cpus,
    TARE_MEMORY_MIB: memoryMiB,
    TARE_DRIVER: driver,
    TARE_RUN: runId,
    TARE_NODE_ARGUMENTS: nodeArguments?.join(' '),
    TARE_APP_MEMORY_MIB: appMemoryMiB,
    TARE_START: asNumber(start),
    TARE_PORT: port,
    TARE_FORWARD: asNumber(forward),
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function asNumber(yes: boolean | undefined): number | undefined {
  return yes === undefined ? undefined : Number(yes);
}
