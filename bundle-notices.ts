import type { Plugin } from 'esbuild';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

type More = {
  /** What is to be said of a package besides the licence files that it has. */
  readonly text: string;
  /** Licences that the package names and has no copy of. */
  readonly files: readonly URL[];
};

const rule = '='.repeat(80);
const noticeFiles = /^(licen[cs]e|copying|notice|third-party|versions\.json)/i;

/**
 * Writes NOTICES.txt beside a bundle: the licences of all packages that are in it, which ask for that. It goes where the bundle
 * goes, into the image as well.
 *
 * @param more by the name of the package.
 */
export function bundleNotices(more: Readonly<Record<string, More>> = {}): Plugin {
  return {
    name: 'bundle-notices',
    setup(build) {
      const { absWorkingDir = process.cwd(), outfile } = build.initialOptions;
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        if (metafile === undefined || outfile === undefined) return;
        const inputs = Object.keys(metafile.inputs).map((input) => resolve(absWorkingDir, input));
        const folders = new Set(inputs.flatMap((input) => packageOf(input) ?? []));
        const notices = Array.from(folders)
          .toSorted()
          .map((folder) => noticesOf(folder, more));
        const head = `The parts of main.mjs that others have made, and the terms of their use.`;
        writeFileSync(
          join(dirname(resolve(absWorkingDir, outfile)), 'NOTICES.txt'),
          [head, ...notices].join('\n\n'),
        );
      });
    },
  };
}

/** The folder of the package that a file is of; undefined for one of this repository. */
function packageOf(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

function noticesOf(folder: string, more: Readonly<Record<string, More>>): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  const found = readdirSync(folder).filter((file) => noticeFiles.test(file));
  if (found.length === 0) throw new Error(`${folder} has no file with its licence; give it to bundleNotices`);
  const { text, files = [] } = more[name] ?? {};
  const texts = [...found.map((file) => join(folder, file)), ...files].map((file) =>
    readFileSync(file, 'utf8').trim(),
  );
  return [`${rule}\n${name} ${version}\n${rule}`, ...(text === undefined ? [] : [text]), ...texts].join(
    '\n\n',
  );
}
