export type OriginHeaders = {
  readonly 'sec-fetch-site'?: string | undefined;
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
};

/**
 * Whether a request comes from a page of this service, or from no page at all. Browsers say so in Sec-Fetch-Site, older ones in
 * Origin; what is not a browser sends neither, and carries nobody's authority.
 */
export function isSameOrigin(headers: OriginHeaders): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
