import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parsedJson } from '@tare/nx-kit';
import type { Header } from 'tar-stream';
import { z } from 'zod';
import { eachFile, readLayers } from './image-archive.ts';

/** A package that an image has, as the database or the file says that came with it. */
export type FoundPackage =
  | {
      readonly kind: 'deb' | 'apk';
      readonly name: string;
      readonly version: string;
      readonly architecture: string | undefined;
      /** As the database or the package's own file calls them; none where nothing says. */
      readonly licences: readonly string[];
    }
  | { readonly kind: 'npm'; readonly manifest: PackageManifest; readonly path: string }
  | { readonly kind: 'node'; readonly version: string; readonly sha256: string; readonly path: string };

/** A package.json with what makes it a package. */
export type PackageManifest = z.infer<typeof manifestSchema>;
export const manifestSchema = z.looseObject({ name: z.string().min(1), version: z.string().min(1) });

/** What is known of what an image has in it. */
export type ImageContents = {
  /** The distribution, as /etc/os-release names it: "debian" and "bookworm", "alpine" and "3.22.1". */
  readonly distribution: { readonly id: string; readonly release: string | undefined } | undefined;
  readonly packages: readonly FoundPackage[];
  /** What is there and cannot be listed, in words. */
  readonly unlisted: readonly string[];
};

/** What of a layer counts: the text of a file, where a link leads, the Node binary, that something is there; or null where the layer removes a path. */
type Found =
  | { readonly text: string }
  | { readonly link: string }
  | { readonly version: string | undefined; readonly sha256: string }
  | { readonly there: string }
  | null;

const databases = /^(?:var\/lib\/dpkg\/status(?:\.d\/[^/]+)?|(?:usr\/)?lib\/apk\/db\/installed)$/;
const release = /^(?:usr\/lib|etc)\/os-release$/;
const documents = /^usr\/share\/doc\/[^/]+$/;
const copyright = /^usr\/share\/doc\/[^/]+\/copyright$/;
const manifest = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/.][^/]*\/package\.json$/;
const nodeBinary = /(?:^|\/)bin\/node$/;
const elsewhere: Readonly<Record<string, RegExp>> = {
  'RPM packages': /^(?:var\/lib|usr\/lib\/sysimage)\/rpm\/./,
  'Python packages': /\.(?:dist|egg)-info\/(?:METADATA|PKG-INFO)$/,
  'Java archives': /\.[jw]ar$/,
  'Ruby gems': /\/specifications\/[^/]+\.gemspec$/,
};

/**
 * Reads from the layers of a saved image which packages it has: Debian's and Alpine's by their databases, npm's by the
 * package.json of what lies in a node_modules, and Node by its binary. Needs no engine, and runs nothing of the image.
 * @param archive as `docker save` writes it.
 * @throws Error in one line when the archive cannot be read.
 */
export async function readImageContents(archive: string): Promise<ImageContents> {
  const layers: Map<string, Found>[] = [];
  await readLayers(archive, async (index, content) => {
    const found = new Map<string, Found>();
    layers[index] = found;
    await eachFile(Readable.from(content), async (header, bytes) => {
      const path = header.name.replace(/^(?:\.?\/)+/, '');
      const what = await readEntry(path, header, bytes);
      if (what !== undefined) found.set(...what);
    });
  });
  const merged = new Map<string, NonNullable<Found>>();
  for (const layer of layers.filter(Boolean)) {
    // a layer removes what those below it have, not what it has itself, whatever their order in it
    const removed = [...layer].flatMap(([path, found]) => (found === null ? [path] : []));
    for (const path of merged.keys())
      if (removed.some((each) => path === each || path.startsWith(each === '' ? '' : `${each}/`)))
        merged.delete(path);
    for (const [path, found] of layer) if (found !== null) merged.set(path, found);
  }
  return contentsOf([...merged].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What an entry of a layer says, with the path that it says it of; undefined where it says nothing. */
async function readEntry(
  path: string,
  { type, linkname }: Header,
  bytes: AsyncIterable<unknown>,
): Promise<readonly [string, Found] | undefined> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.length - name.length);
  // OCI Image Format Specification, "Whiteouts"
  if (name === '.wh..wh..opq') return [folder.replace(/\/$/, ''), null];
  if (name.startsWith('.wh.')) return [`${folder}${name.slice(4)}`, null];
  // packages of one source share their documents
  if (type === 'symlink' && documents.test(path)) return [path, { link: linkname ?? '' }];
  if (type !== 'file') return undefined;
  if ([databases, release, manifest, copyright].some((pattern) => pattern.test(path)))
    return [path, { text: await text(bytes as AsyncIterable<Buffer>) }];
  if (nodeBinary.test(path)) return [path, await readNode(bytes)];
  const [there] = Object.entries(elsewhere).find(([, pattern]) => pattern.test(path)) ?? [];
  return there === undefined ? undefined : [path, { there }];
}

/** Which Node a binary is: it holds the address of its own source (`process.release.sourceUrl`). */
async function readNode(bytes: AsyncIterable<unknown>): Promise<Found> {
  const hash = createHash('sha256');
  let version: string | undefined;
  let tail = '';
  for await (const chunk of bytes) {
    if (!Buffer.isBuffer(chunk)) throw new Error('expected bytes');
    hash.update(chunk);
    if (version !== undefined) continue;
    const all = tail + chunk.toString('latin1');
    version = /\/v(\d+\.\d+\.\d+)\/node-v\1\.tar\.gz/.exec(all)?.[1];
    tail = all.slice(-100);
  }
  return { version, sha256: hash.digest('hex') };
}

function contentsOf(all: readonly (readonly [string, NonNullable<Found>])[]): ImageContents {
  const packages: FoundPackage[] = [];
  const unlisted = new Set<string>();
  const files = new Map(all);
  let distribution: ImageContents['distribution'];
  for (const [path, found] of all) {
    if ('there' in found) unlisted.add(found.there);
    else if ('sha256' in found) {
      const { version, sha256 } = found;
      if (version === undefined) unlisted.add(`which version /${path} is`);
      else packages.push({ kind: 'node', version, sha256, path });
    } else if ('link' in found || copyright.test(path)) continue;
    else if (release.test(path)) {
      // those of usr/lib come after those of etc, which is a link to it on most systems
      const fields = fieldsOf(found.text, '=');
      const id = fields.get('ID');
      if (id !== undefined)
        distribution = { id, release: fields.get('VERSION_CODENAME') ?? fields.get('VERSION_ID') };
    } else if (databases.test(path)) packages.push(...readDatabase(path, found.text, files));
    else {
      const read = manifestSchema.safeParse(parsedJson(found.text)).data;
      if (read === undefined) unlisted.add(`/${path}, which names no package and version`);
      else packages.push({ kind: 'npm', manifest: read, path: path.replace(/\/package\.json$/, '') });
    }
  }
  const unlicensed = packages.flatMap((each) =>
    'licences' in each && each.licences.length === 0 ? [each.name] : [],
  );
  if (unlicensed.length > 0) unlisted.add(`the licences of ${unlicensed.toSorted().join(', ')}`);
  return { distribution, packages, unlisted: [...unlisted].toSorted() };
}

type Files = ReadonlyMap<string, NonNullable<Found>>;

/** The packages of a database: stanzas of fields with an empty line between them (deb822(5); apk-package(5)). */
function readDatabase(path: string, database: string, files: Files): readonly FoundPackage[] {
  const isApk = path.endsWith('installed');
  return database.split(/\n\n+/).flatMap((stanza) => {
    const fields = fieldsOf(stanza, ':');
    const field = (deb: string, apk: string): string | undefined => fields.get(isApk ? apk : deb);
    const name = field('Package', 'P');
    const version = field('Version', 'V');
    const isGone = /\b(?:deinstall|purge)\b|\bconfig-files$/.test(fields.get('Status') ?? '');
    if (name === undefined || version === undefined || isGone) return [];
    const kind = isApk ? ('apk' as const) : ('deb' as const);
    const licences = isApk ? [fields.get('L') ?? ''].filter(Boolean) : debianLicences(name, files);
    return [{ kind, name, version, architecture: field('Architecture', 'A'), licences }];
  });
}

/**
 * The licences that the copyright file of a Debian package names: in its fields ("Machine-readable debian/copyright file", 1.0), else
 * those of which it says that their text is in common-licenses; else the file itself.
 */
function debianLicences(name: string, files: Files): readonly string[] {
  const folder = files.get(`usr/share/doc/${name}`);
  const owner = folder !== undefined && 'link' in folder ? posix.basename(folder.link) : name;
  const path = `usr/share/doc/${owner}/copyright`;
  const found = files.get(path);
  if (found === undefined || !('text' in found)) return [];
  const all = (pattern: RegExp): readonly string[] =>
    [...found.text.matchAll(pattern)].map(([, licence = '']) => licence.trim());
  const named = all(/^License:[ \t]*(\S[^\n]*)$/gm);
  const common = all(/\/usr\/share\/common-licenses\/([\w.+-]*\w)/g);
  const first = [named, common].find(({ length }) => length > 0) ?? [`see /${path}`];
  return [...new Set(first)].toSorted();
}

/** Fields of lines such as "Package: libc6" and ID="debian"; of a field with several lines, the first. */
function fieldsOf(lines: string, separator: ':' | '='): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines.split('\n')) {
    const at = line.indexOf(separator);
    if (at <= 0 || /^\s/.test(line)) continue;
    const value = line.slice(at + 1).trim();
    fields.set(line.slice(0, at), separator === '=' ? value.replace(/^(["'])(.*)\1$/, '$2') : value);
  }
  return fields;
}
