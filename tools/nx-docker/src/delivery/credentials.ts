import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { awaitProgram } from '@tare/metrics';
import { parsedJson } from '@tare/nx-kit';
import { z } from 'zod';

/** What proves to a registry who pushes. */
export type Credentials = {
  readonly username: string;
  readonly password: string;
  /** Whether the password is a token that is exchanged for another one ("identity token"). */
  readonly isIdentityToken: boolean;
  /** Where they are from, for messages: never they themselves. */
  readonly from: string;
};

/** Variables that hold a secret; no program that is started here gets them. */
export const credentialVariables: readonly string[] = [
  'DOCKER_PASSWORD',
  'DEPLOY_WEBHOOK_SECRET',
  'DEPLOY_WEBHOOK_URL',
];

type Variables = Readonly<Record<string, string | undefined>>;

const configSchema = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().optional(),
});

/**
 * The credentials for a registry: DOCKER_PASSWORD with a user's name, else what `docker login` has stored, itself or in a
 * credential helper.
 * @returns undefined where there are none.
 * @throws Error in one line, without any secret, when they are half there or cannot be read.
 */
export async function findCredentials(
  host: string,
  username: string | undefined,
  signal: AbortSignal,
  variables: Variables = process.env,
): Promise<Credentials | undefined> {
  const { DOCKER_PASSWORD: password } = variables;
  if (password !== undefined && password !== '') {
    if (username === undefined) throw new Error('DOCKER_PASSWORD is set without a name: set DOCKER_USERNAME');
    // a line end comes along easily, and no header can hold it
    return { username, password: password.trim(), isIdentityToken: false, from: 'DOCKER_PASSWORD' };
  }
  const path = join(variables.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  const stored = existsSync(path) ? await storedCredentials(path, host, signal) : undefined;
  if (username !== undefined && stored?.username !== username) {
    throw new Error(
      `the name ${username} is given without a password: set DOCKER_PASSWORD, or run docker login ${host}`,
    );
  }
  return stored;
}

async function storedCredentials(
  path: string,
  host: string,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const { auths, credHelpers, credsStore } = readConfig(path);
  const isOfHost = (key: string): boolean => hostOf(key) === host;
  const helper = Object.entries(credHelpers ?? {}).find(([key]) => isOfHost(key))?.[1] ?? credsStore;
  const [key, entry] = Object.entries(auths ?? {}).find(([each]) => isOfHost(each)) ?? [];
  if (helper !== undefined) {
    const known = await askHelper(helper, key ?? (host === 'docker.io' ? dockerHubKey : host), signal);
    if (known !== undefined) return known;
  }
  if (entry?.auth === undefined) return undefined;
  const [username = '', ...password] = Buffer.from(entry.auth, 'base64').toString().split(':');
  const { identitytoken } = entry;
  if (identitytoken) return { username, password: identitytoken, isIdentityToken: true, from: path };
  return { username, password: password.join(':').replace(/\0+$/, ''), isIdentityToken: false, from: path };
}

const dockerHubKey = 'https://index.docker.io/v1/';

/** "https://index.docker.io/v1/" → "docker.io" */
function hostOf(key: string): string {
  const host = key
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
    .toLowerCase();
  return host === 'index.docker.io' ? 'docker.io' : host;
}

function readConfig(path: string): z.infer<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    // neither a parser's message nor the cause: both quote the file, and it holds secrets
    const why =
      cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is no config.json of Docker';
    // eslint-disable-next-line preserve-caught-error
    throw new Error(`${path} cannot be read: ${why}`);
  }
}

const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** Asks a credential helper (github.com/docker/docker-credential-helpers): the server on its stdin, JSON on its stdout. */
async function askHelper(
  helper: string,
  server: string,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, stdout } = await awaitProgram(program, ['get'], {
    input: server,
    signal,
    deadlineMs: 60_000,
  });
  // helpers write their reasons to stdout
  if (code !== 0 && /credentials not found/i.test(stdout)) return undefined;
  if (code !== 0)
    throw new Error(`${program} failed with ${code}: try ${program} list, or docker login ${server}`);
  const { data } = helperAnswer.safeParse(parsedJson(stdout));
  if (data === undefined) throw new Error(`${program} does not answer as a credential helper does`);
  return {
    username: data.Username,
    password: data.Secret,
    isIdentityToken: data.Username === '<token>',
    from: program,
  };
}
