const usualPort = 8001;

/**
 * The host's port that the Vagrantfile forwards to the guest, from `TARE_PORT` and `TARE_FORWARD`.
 * @returns undefined when `TARE_FORWARD` is 0.
 * @throws Error in one line when `TARE_PORT` is no port.
 */
export function forwardedPort(variables: NodeJS.ProcessEnv = process.env): number | undefined {
  if (variables.TARE_FORWARD === '0') return undefined;
  const given = variables.TARE_PORT ?? String(usualPort);
  const port = Number(given);
  if (!/^\d+$/.test(given) || port < 1 || port > 65_535)
    throw new Error(`TARE_PORT is "${given}"; expected a port from 1 to 65535`);
  return port;
}
