import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Artifact } from './app.ts';
import type { Availability, Environment, Instance, Obstacle } from './contract.ts';

export type UrlOptions = {
  /** Unique among the environments of a run; "url" by default. */
  readonly name?: string;
  /** The workload, or the app of several, that is deployed there; without it every workload of a run is asked of it. */
  readonly workload?: string;
};

const connectDeadlineMs = 10_000;
// it runs already: what does not answer by then will not
const readyDeadlineMs = 10_000;

/**
 * Something that is deployed already: nothing is started, metered or ended there. It is asked what the workloads ask, and
 * judged for throughput and latency alone. A run loads another host than this one only if it is allowed by name:
 * see {@link Environment.deployedAt}.
 * @param address scheme and host, with a port where it is not the usual one: "https://shop.example.com".
 * @throws Error in one line for another address.
 */
export function url(address: string, { name = 'url', workload }: UrlOptions = {}): Environment {
  const deployedAt = readAddress(address);
  const { origin } = deployedAt;
  const isHere = isThisHost(deployedAt);
  return {
    name,
    kind: 'url',
    deployedAt,
    sideBySide: true,
    readyDeadlineMs,
    probe: (signal) => probe(deployedAt, signal),
    ...(workload !== undefined && { runs: (artifact) => obstacleTo(artifact, workload, origin) }),
    reap: () => Promise.resolve([]),
    prepare: () =>
      Promise.resolve({
        address: origin,
        network: isHere ? 'loopback of the host' : 'all that lies between this host and that one',
        notEqual: `it asks what is deployed at ${origin}: its bytes are not checked, nor its budget of CPU and memory, and the way there is a part of every figure`,
      }),
    start: () => Promise.resolve(running(deployedAt, isHere)),
    dispose: () => Promise.resolve(),
  };
}

function readAddress(address: string): URL {
  const wrong = `url(${JSON.stringify(address)}): expected scheme and host, like "https://shop.example.com"`;
  const found = URL.parse(address);
  if (found === null || !/^https?:$/.test(found.protocol)) throw new Error(wrong);
  if (found.username !== '' || found.password !== '') {
    throw new Error(`${wrong}, without a user or a password: a request of the workload may have headers`);
  }
  if (found.pathname !== '/' || found.search !== '' || found.hash !== '') {
    throw new Error(`${wrong}; the paths are those of the workload’s requests`);
  }
  return found;
}

/** Whether an address is of this very host, by its loopback. */
export function isThisHost({ hostname }: URL): boolean {
  return /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

function obstacleTo(artifact: Artifact, workload: string, origin: string): Obstacle | undefined {
  if (artifact.workload === workload || artifact.workload === workload.split(':', 1)[0]) return undefined;
  return {
    reason: `bench.config.ts says that ${workload} is deployed at ${origin}`,
    remedy: `name the address of ${artifact.workload} in an environment of its own: url('https://…', { workload: '${artifact.workload}' })`,
  };
}

/** Whether something accepts connections there, and over TLS one that this host trusts. Asks it nothing. */
async function probe(address: URL, signal: AbortSignal): Promise<Availability> {
  try {
    const tls = await connect(address, signal);
    return { usable: true, facts: tls === undefined ? {} : { tls } };
  } catch (error) {
    const { code = '', message: said } = error as NodeJS.ErrnoException;
    // what Node advises is in the remedy
    const [message = said] = said.split('; if the root CA');
    const isTrust = /CERT|ISSUER|SIGNED|ALTNAME/.test(code);
    return {
      usable: false,
      reason: `${address.origin} cannot be connected to: ${message}${code === '' || message.includes(code) ? '' : ` (${code})`}`,
      remedy: isTrust
        ? 'name an authority of your own by NODE_EXTRA_CA_CERTS=/path/to/ca.pem, or take those of this system by NODE_USE_SYSTEM_CA=1; a certificate of another name or time must be made anew'
        : 'see that it is deployed and that the address in bench.config.ts is right',
    };
  }
}

/** @returns the version of TLS; undefined without. */
function connect(address: URL, signal: AbortSignal): Promise<string | undefined> {
  const host = address.hostname.replace(/^\[(.*)\]$/, '$1');
  const isTls = address.protocol === 'https:';
  const to = { host, port: Number(address.port) || (isTls ? 443 : 80) };
  return new Promise((resolve, reject) => {
    const tls = isTls
      ? connectTls({ ...to, ...(isIP(host) === 0 && { servername: host }), rejectUnauthorized: true })
      : undefined;
    const socket = tls ?? connectTcp(to);
    const giveUp = (): void => {
      socket.destroy(signal.reason as Error);
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    socket.setTimeout(connectDeadlineMs, () => {
      socket.destroy(new Error(`no connection within ${connectDeadlineMs / 1000} s`));
    });
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      resolve(tls?.getProtocol() ?? undefined);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      reject(new Error('the connection was closed at once'));
    });
  });
}

const never = new Promise<never>(() => undefined);

function running(address: URL, isHere: boolean): Instance {
  return {
    startKind: 'running',
    url: address,
    spawnedAt: process.hrtime.bigint(),
    started: Promise.resolve(),
    // nobody tells: its requests fail
    ended: never,
    milestones: () => Promise.resolve([]),
    meters: () =>
      Promise.resolve({
        notMetered: 'it ran before, and nothing of it can be read from here',
        elsewhere: !isHere,
      }),
    lastLog: () => Promise.resolve(''),
    stop: () => Promise.resolve(),
  };
}
