/** One line of what `vagrant --machine-readable` prints. */
export type MachineLine = {
  /** Seconds since 1970, UTC. */
  readonly timestamp: number;
  /** The machine it is about; "" for none. */
  readonly target: string;
  /** "state", "box-name", "error-exit", "ui", … */
  readonly type: string;
  readonly data: readonly string[];
};

const escapes: Readonly<Record<string, string>> = { '%!(VAGRANT_COMMA)': ',', '\\n': '\n', '\\r': '\r' };

/**
 * Reads lines of `timestamp,target,type,data…` (https://developer.hashicorp.com/vagrant/docs/cli/machine-readable) and
 * undoes the escapes in the data. Lines that are not of this form are left out: plugins print past the format.
 */
export function parseMachineReadable(text: string): readonly MachineLine[] {
  return text.split('\n').flatMap((line) => {
    const [timestamp = '', target, type, ...data] = line.replace(/\r$/, '').split(',');
    if (!/^\d+$/.test(timestamp) || target === undefined || type === undefined) return [];
    return [{ timestamp: Number(timestamp), target, type, data: data.map(unescape) }];
  });
}

function unescape(field: string): string {
  return field.replace(/%!\(VAGRANT_COMMA\)|\\n|\\r/g, (escape) => escapes[escape] ?? escape);
}
