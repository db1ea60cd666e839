import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { lastLines } from '@tare/metrics';
import { virsh } from './virsh.ts';

/**
 * The last lines of a domain's console, where libvirt keeps it in a file, else of QEMU's own log. Never throws.
 * @param domain its name or its UUID.
 * @returns one line, or why there is none.
 */
export async function consoleTail(domain: string, lines = 10): Promise<string> {
  try {
    const description = await virsh(['dumpxml', domain], AbortSignal.timeout(5_000));
    const name = /<name>([^<]+)<\/name>/.exec(description)?.[1] ?? domain;
    const tails = [...consoleFiles(description), `/var/log/libvirt/qemu/${name}.log`].map((path) =>
      tail(path, lines),
    );
    return tails.find((text) => text !== '') ?? 'the console is empty';
  } catch (error) {
    return `the console cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The files that a domain's description has its serial ports write to. */
export function consoleFiles(description: string): readonly string[] {
  const ports = description.match(/<(serial|console)\b[\s\S]*?<\/\1>/g) ?? [];
  const files = ports.flatMap((port) => /<(?:log file|source path)='([^']+)'/.exec(port)?.[1] ?? []);
  return [...new Set(files)].filter((path) => !path.startsWith('/dev/'));
}

const readBytes = 16_384;

function tail(path: string, lines: number): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(readBytes);
    const bytes = readSync(file, buffer, 0, readBytes, Math.max(0, fstatSync(file).size - readBytes));
    // consoles are full of colours and carriage returns
    // eslint-disable-next-line no-control-regex
    return lastLines(buffer.toString('utf8', 0, bytes).replace(/\x1b\[[\d;?]*[A-Za-z]|\r/g, ''), lines);
  } finally {
    closeSync(file);
  }
}
