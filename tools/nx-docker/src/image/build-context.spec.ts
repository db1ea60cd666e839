import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileText, readOrRefused, tries } from '../../../../properties.shared.ts';
import { fixedTar } from '../fixed-tar.ts';
import { ownDockerfile } from '../recipe.ts';
import { contextOfApp, contextOfFolder } from './build-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
const hasDocker = spawnSync('docker', ['--version']).status === 0;
const socket = join(folder, 'engine.sock');
let sent: Buffer | undefined;

/** Takes the context that the docker CLI sends, and no more. */
const engine = createServer((request, reply) => {
  const isBuild = request.url?.includes('/build') === true;
  void buffer(request).then((body) => {
    if (isBuild) sent = body;
    reply.writeHead(isBuild ? 500 : 200, { 'Api-Version': '1.41', 'Content-Type': 'application/json' });
    reply.end('{"message":"taken"}');
  });
});
beforeAll(async () => {
  await once(engine.listen(socket), 'listening');
});
afterAll(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

let made = 0;
const write = (files: Readonly<Record<string, string>>): string => {
  const root = join(folder, String(++made));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};

/** What an archive holds: kind, mode, link target and content by name. */
async function listed(archive: Buffer): Promise<Readonly<Record<string, string>>> {
  const entries = extract();
  Readable.from([archive]).pipe(entries);
  const found: Record<string, string> = {};
  for await (const entry of entries) {
    const { name, type, mode, linkname } = entry.header;
    const text = (await buffer(entry)).toString();
    found[name] = [type, mode.toString(8), linkname, text].join(' ').trim();
  }
  return found;
}

const own = async (root: string, dockerfile = 'Dockerfile'): Promise<Buffer> => {
  const { entries, withoutDockerfile } = contextOfFolder(root, join(root, dockerfile));
  return buffer(
    fixedTar([
      ...entries.filter(({ name }) => withoutDockerfile === undefined || name !== '.dockerignore'),
      ...(withoutDockerfile === undefined ? [] : [withoutDockerfile]),
    ]),
  );
};

const docker = async (root: string, dockerfile = 'Dockerfile'): Promise<Buffer> => {
  sent = undefined;
  const env = { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: '0' };
  const child = spawn('docker', ['build', '--file', join(root, dockerfile), root], { env, stdio: 'ignore' });
  await once(child, 'close');
  if (sent === undefined) throw new Error('the docker CLI has sent nothing');
  return sent;
};

/** Holds our context against that of the docker CLI. */
const expectTheSame = async (
  root: string,
  dockerfile?: string,
): Promise<Readonly<Record<string, string>>> => {
  const ours = await listed(await own(root, dockerfile));
  const theirs = await listed(await docker(root, dockerfile));
  // if it is ignored itself, it only names what the builder removes
  const shown = (found: typeof ours): typeof ours => ({
    ...found,
    '.dockerignore': typeof found['.dockerignore'],
  });
  expect(shown(ours)).toEqual(shown(theirs));
  return ours;
};

test.skipIf(!hasDocker)(
  'dot files, empty folders, links, modes, odd and long names are sent as docker sends them',
  async () => {
    const long = `${'long/'.repeat(40)}${'n'.repeat(250)}`;
    const root = write({
      Dockerfile: 'FROM scratch\n',
      '.env': 'A=b',
      '..a~': '',
      'x/a': '1',
      ä: '',
      '😀': '',
      'node_modules/b/c.js': '',
      '.git/HEAD': '',
      [long]: '',
    });
    mkdirSync(join(root, 'empty'));
    symlinkSync('nowhere', join(root, 'dangling'));
    symlinkSync('x', join(root, 'to-folder'));
    symlinkSync('/etc/passwd', join(root, 'absolute'));
    linkSync(join(root, 'x/a'), join(root, 'x/b'));
    chmodSync(join(root, 'x'), 0o2750);
    chmodSync(join(root, '.env'), 0o600);
    chmodSync(join(root, '..a~'), 0o755);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const ours = await expectTheSame(root);
    expect(ours).toMatchObject({
      '.env': 'file 600  A=b',
      'empty/': 'directory 755',
      dangling: 'symlink 777 nowhere',
      'x/b': 'link 644 x/a',
    });
  },
);

test.skipIf(!hasDocker)('names and link targets that are not UTF-8 keep their bytes', async () => {
  const root = write({ Dockerfile: 'FROM scratch\n' });
  const odd = Buffer.concat([Buffer.from(`${root}/b`), Buffer.from([0xff, 0xfe])]);
  writeFileSync(odd, 'odd');
  symlinkSync(Buffer.from([0xe4]), join(root, 'link'));
  const archive = await own(root);
  const theirs = await docker(root);
  for (const record of [
    Buffer.from('12 path=b\xff\xfe\n', 'latin1'),
    Buffer.from('14 linkpath=\xe4\n', 'latin1'),
  ]) {
    expect(theirs.includes(record)).toBe(true);
    expect(archive.includes(record)).toBe(true);
  }
});

test.skipIf(!hasDocker).each([
  ['the last match decides', '# notes\n*.md\n!README.md\n/docs/\n**/*.log\n'],
  ['an exception below an ignored folder', '*\n!deep/er/keep\n'],
  ['an exception with a wildcard is not searched for', '*\n!*/er/keep\n'],
  ['comments, blanks and a byte order mark', '\uFEFF#a\n  # no comment\n\n  docs  \r\n! docs/x/y.txt\n'],
  ['escapes, classes and brackets', '[d]o?s\na+b\nx(1)\n\\!e\n**b\n'],
  ['the files of the build itself', 'Dockerfile\n.dockerignore\n'],
  ['all', '**\n'],
  ['what leads out and back', '../x\n./docs/../deep\n'],
  ['an anchor is the root all the same', '/a.md\n/deep/er\n'],
  ['a name without a slash is not looked for in folders', 'a.log\nkeep\n'],
  ['two stars in front, in the middle, at the end', '**/keep\ndocs/**/*.txt\nnode_modules/**\n'],
  ['node_modules everywhere, but one kept', '**/node_modules\n!node_modules/b\n'],
  ['negation of a negation', '*\n!docs\ndocs/x\n!docs/x/y.txt\n'],
  ['dot files by star and by name', '.*\n!.env\n!.docker*\n'],
  ['Windows line ends with negation and blanks', '*.md\r\n! README.md \r\n\r\n**/*.log\r\n'],
  ['a byte order mark before the first pattern', '\uFEFF*.md\n'],
  ['an empty folder and a link by name', 'empty\nlink\n'],
  ['an empty folder kept', '*\n!empty\n!link\n'],
  ['a slash at the end of a negation', '*\n!docs/\n'],
])('.dockerignore: %s', async (_, patterns) => {
  const root = write({
    Dockerfile: 'FROM scratch\n',
    '.dockerignore': patterns,
    ...Object.fromEntries(
      [
        'a.md',
        'README.md',
        'docs/x/y.txt',
        'docs/z.txt',
        'deep/er/a.log',
        'deep/er/keep',
        'deep/node_modules/c/index.js',
        'node_modules/b/index.js',
        'node_modules/.bin/b',
        '.env',
        '.git/HEAD',
        'a+b',
        'x(1)',
        '!e',
        ']x',
        '# no comment',
        'ab',
      ].map((name) => [name, name]),
    ),
  });
  mkdirSync(join(root, 'empty/inner'), { recursive: true });
  symlinkSync('docs', join(root, 'link'));
  await expectTheSame(root);
});

test.skipIf(!hasDocker)(
  'a Dockerfile elsewhere in the context, ignored or not, is sent under its own name',
  async () => {
    for (const patterns of ['docker\n', 'docker/*\n!docker/a\n', 'a\n'])
      await expectTheSame(
        write({ 'docker/Dockerfile': 'FROM scratch\n', 'docker/a': '', a: '', '.dockerignore': patterns }),
        'docker/Dockerfile',
      );
  },
);

test.skipIf(!hasDocker)('a Dockerfile outside of the context is hidden in it, as docker does', () => {
  const root = write({
    'context/a': '',
    'context/.dockerignore': 'b\n',
    'context/b': '',
    Dockerfile: 'FROM scratch\n',
  });
  const { entries, dockerfile, withoutDockerfile } = contextOfFolder(
    join(root, 'context'),
    join(root, 'Dockerfile'),
  );
  expect(entries.map(({ name }) => name)).toEqual(['.dockerignore', 'a', dockerfile]);
  expect(withoutDockerfile).toMatchObject({ name: '.dockerignore', text: `b\n\n${dockerfile}\n` });
});

test('<Dockerfile>.dockerignore goes before .dockerignore, as with BuildKit', () => {
  const root = write({
    Dockerfile: 'FROM scratch\n',
    'Dockerfile.dockerignore': 'a\n',
    '.dockerignore': 'b\n',
    a: '',
    b: '',
  });
  const { entries } = contextOfFolder(root, join(root, 'Dockerfile'));
  expect(entries.map(({ name }) => name)).toEqual([
    '.dockerignore',
    'Dockerfile',
    'Dockerfile.dockerignore',
    'b',
  ]);
});

test('sockets are left out', async () => {
  const root = write({ Dockerfile: 'FROM scratch\n' });
  const server = createSocket().listen(join(root, 'sock'));
  await once(server, 'listening');
  expect(contextOfFolder(root, join(root, 'Dockerfile')).entries.map(({ name }) => name)).toEqual([
    'Dockerfile',
  ]);
  server.close();
});

test.each(['!', '[', 'a\\', '[b-', '[[:alpha:]]'])(
  'the pattern %s is refused with its file and line',
  (pattern) => {
    const root = write({ Dockerfile: 'FROM scratch\n', '.dockerignore': `${pattern}\n` });
    expect(() => contextOfFolder(root, join(root, 'Dockerfile'))).toThrow(
      `${root}/.dockerignore: "${pattern}" is no pattern that Docker takes`,
    );
  },
);

test('whatever a .dockerignore holds is taken or refused by its line, and in no time', () => {
  const name = 'a'.repeat(200);
  const root = write({ Dockerfile: 'FROM scratch\n', [`a/${name}`]: '' });
  const pieces = fc.constantFrom('*', '**', '?', 'a', '/', '[', ']', '^', '-', '\\', '!', '(', ')', '{', '}', '+', '.', '|', '$', '**/', 'a*'); // prettier-ignore
  const pattern = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    hostileText,
  );
  const startedAt = performance.now();
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 3 }), (lines) => {
      writeFileSync(join(root, '.dockerignore'), lines.join('\n'));
      const result = readOrRefused(() => contextOfFolder(root, join(root, 'Dockerfile')));
      if ('refused' in result)
        expect(result.refused).toMatch(/\.dockerignore: "[^]*" is no pattern that Docker takes/);
      else expect(result.read.entries.filter((entry) => String(entry.name).startsWith('..'))).toEqual([]);
    }),
    tries(),
  );
  writeFileSync(join(root, '.dockerignore'), `${'*a'.repeat(30)}b\n${'**/*'.repeat(20)}b\n`);
  contextOfFolder(root, join(root, 'Dockerfile'));
  expect(performance.now() - startedAt).toBeLessThan(tries(20).numRuns * 500);
});

test('a file or folder that cannot be read is named, unless it is ignored', () => {
  const root = write({ Dockerfile: 'FROM scratch\n', 'shut/a': '', closed: '' });
  chmodSync(join(root, 'closed'), 0);
  chmodSync(folder, 0o755);
  const script = `
    import { contextOfFolder } from '${import.meta.resolve('./build-context.ts')}';
    if (process.getuid() === 0) process.setuid(65534);
    try { console.log(String(contextOfFolder('${root}', '${root}/Dockerfile').entries.length)); } catch (error) { console.log(error.message); }`;
  const asNobody = (): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString().trim();
  expect(asNobody()).toBe(
    `the build's context holds ${root}/closed, which cannot be read (EACCES): change its mode, or name it in .dockerignore`,
  );
  writeFileSync(join(root, '.dockerignore'), 'closed\nshut\n');
  chmodSync(join(root, 'shut'), 0);
  expect(asNobody()).toBe('2');
  chmodSync(join(root, 'shut'), 0o755);
});

test('a bundle keeps its kind of module, and the command of its image names it', async () => {
  const root = write({ 'api.cjs': '', 'api.mjs': '', 'NOTICES.txt': '', rootfs: '' });
  const contents = async (file: string) => {
    const app = { kind: 'node', path: join(root, file) } as const;
    return listed(await buffer(fixedTar(contextOfApp(ownDockerfile, join(root, 'rootfs'), app).entries)));
  };
  const [module, common] = [await contents('api.mjs'), await contents('api.cjs')];
  expect(Object.keys(module)).toEqual([
    'Dockerfile',
    'folders/NOTICES.txt',
    'folders/data/',
    'folders/main.mjs',
    'rootfs.tar',
  ]);
  expect(module.Dockerfile).toContain('CMD ["/main.mjs"]');
  expect(Object.keys(common)).toContain('folders/main.cjs');
  expect(common.Dockerfile).toContain('CMD ["/main.cjs"]');
});

test('the recipe of this workspace is that of the package, taken out to be changed', () => {
  const ours = join(import.meta.dirname, '../../../../environments/docker');
  for (const file of ['Dockerfile', 'base-recipe.json'])
    expect(readFileSync(join(ours, file), 'utf8')).toBe(
      readFileSync(join(ownDockerfile, '..', file), 'utf8'),
    );
});
