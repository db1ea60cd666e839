/**
 * The first rate of a search: the wanted one, halved until it is no more than half of what the server did in its warm-up.
 * So a slow server is not flooded for seconds, and the rates of all servers are the same where they can be.
 * @param servedRps replies per second of the closed-loop warm-up.
 * @returns requests per second, not below `leastRps`.
 */
export function firstRate(wantedRps: number, servedRps: number, leastRps: number): number {
  let rateRps = wantedRps;
  while (rateRps > servedRps / 2 && rateRps > leastRps) rateRps /= 2;
  return Math.max(rateRps, leastRps);
}
