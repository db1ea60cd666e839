import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runServer } from 'verdaccio';

const run = promisify(execFile);

/** A registry on this host that has only what is published to it. */
export type LocalRegistry = {
  /**
   * The line of an .npmrc by which npm, and what reads its settings, takes the packages of Tare from here, and all others from
   * where they always come.
   */
  readonly setting: string;
  /** Publishes the package of a folder. @throws Error with what npm said. */
  readonly publish: (folder: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts a registry on a free port of 127.0.0.1, with its files in a temporary folder. */
export async function startLocalRegistry(): Promise<LocalRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'tare-registry-'));
  const server = (await runServer({
    self_path: folder,
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '@tare/*': { access: '$all', publish: '$all', unpublish: '$all' } },
    max_body_size: '500mb',
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'fatal' },
  })) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    setting: `@tare:registry=http://${origin}/\n`,
    publish: async (path) => {
      // anybody may publish here, but npm insists on a token
      const where = [`--@tare:registry=http://${origin}/`, `--//${origin}/:_authToken=nobody`];
      await run('npm', ['publish', '--provenance=false', '--loglevel=error', ...where], { cwd: path });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
