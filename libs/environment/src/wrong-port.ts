import { socketsOf, textIfThere } from '@tare/metrics';

/** A TCP socket that accepts connections. */
export type Listening = { readonly address: string; readonly port: number };

/** The port that an app shall listen on. */
export type WantedPort = {
  readonly port: number;
  /** Whether the workload names it; else PORT does. */
  readonly isFixed: boolean;
  /** Address that it must accept connections at. */
  readonly address: string;
};

/**
 * Why nothing answers at the port of an app, if its processes tell: they listen on another one, or at another address.
 * @param pids of the app, as this host sees them.
 * @returns a line with what to do; undefined where they listen as they should, or cannot be seen.
 */
export function whyUnreachable(pids: readonly number[], wanted: WantedPort): string | undefined {
  const found = listeningSockets(pids);
  return found && wrongPort(found, wanted);
}

/** As {@link whyUnreachable}, of the sockets on which an app accepts connections, wherever it runs. Pure. */
export function wrongPort(found: readonly Listening[], wanted: WantedPort): string | undefined {
  const { port, isFixed, address } = wanted;
  const expected = isFixed ? `${port}, the port of the workload` : `$PORT (${port})`;
  if (found.length === 0) return `it listens on no port, expected ${expected}`;
  const atPort = found.filter((each) => each.port === port);
  if (atPort.some((each) => [address, '0.0.0.0', '::', `::ffff:${address}`].includes(each.address)))
    return undefined;
  const [other] = atPort;
  if (other !== undefined) {
    return `it listens on ${port} at ${other.address} only, expected $HOST (${address}): let it read HOST`;
  }
  const ports = [...new Set(found.map((each) => each.port))];
  const first = ports.length === 1 ? `port: ${ports[0] ?? 0}` : `port: … (one of them)`;
  return `it listens on ${ports.join(', ')}, expected ${expected}: let it read PORT, write $PORT into its command, or say ${first} in the workload`;
}

/** The TCP sockets on which processes accept connections; undefined where none of the processes can be seen. */
function listeningSockets(pids: readonly number[]): readonly Listening[] | undefined {
  const seen = pids.flatMap((pid) => {
    const inodes = socketsOf(pid);
    return inodes === undefined ? [] : [{ pid, inodes }];
  });
  if (seen.length === 0) return undefined;
  const own = new Set(seen.flatMap(({ inodes }) => inodes));
  // a process may have a network of its own
  const listening = seen.flatMap(({ pid }) =>
    ['tcp', 'tcp6'].flatMap((table) => parseListening(textIfThere(`/proc/${pid}/net/${table}`))),
  );
  const ofApp = listening.filter(({ inode }) => own.has(inode));
  return [...new Map(ofApp.map(({ inode, address, port }) => [inode, { address, port }])).values()];
}

const listenState = '0A';

/** Sockets in the state LISTEN of /proc/net/tcp or tcp6 (proc_pid_net(5)). Pure. */
export function parseListening(table: string): readonly (Listening & { readonly inode: string })[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state !== listenState || inode === undefined) return [];
      return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }];
    });
}

/** An address as the kernel prints it: words of 32 bits in the order of the host's bytes. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  if (isMapped) return `::ffff:${bytes.subarray(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(
    ':',
  );
  // the longest row of zeros is left out: only "any" and loopback matter here
  return groups.replace(/^(0:)+0$/, '::').replace(/^(0:)+/, '::');
}
