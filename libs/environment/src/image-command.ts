import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type Command } from '@tare/metrics';
import type { Artifact, ImageArtifact } from './app.ts';
import type { Facts, Obstacle } from './contract.ts';
import { imageRootOf } from './unpack-image.ts';

/** Why an image cannot be run by its own root file system here; undefined if it can, and for other apps. */
export function imageObstacle(artifact: Artifact): Obstacle | undefined {
  if (artifact.kind !== 'image') return undefined;
  if (process.platform !== 'linux') {
    return { reason: `${process.platform} does not run images`, remedy: 'run the suite on Linux' };
  }
  if (process.getuid?.() !== 0) {
    return {
      reason: 'not root, who alone can unpack an image and change into it',
      remedy: 'run the suite as root, or compare containers with each other: --baseline=docker',
    };
  }
  const missing = ['unshare', 'mount'].find((program) => findProgram(program) === undefined);
  if (missing !== undefined)
    return { reason: `${missing} is not on PATH`, remedy: 'apt-get install util-linux mount' };
  if (artifact.config.command.length > 0) return undefined;
  return {
    reason: `${artifact.reference} names no command`,
    remedy: 'give its Dockerfile an ENTRYPOINT or a CMD',
  };
}

/** What is to be known of how an image is run by its own root file system, for the run file. */
export function imageFacts({ reference, config }: ImageArtifact): Facts {
  return {
    image: reference,
    root: "the image's own, in a mount namespace; what the app writes there is kept in memory, for a trial",
    user: config.user === '' ? 'root, as the image has it' : `${config.user}, as the image has it`,
    startup: 'with the mounts of its root',
    memoryLimit: 'none',
  };
}

/**
 * Makes the root of a trial. A constant script with arguments: the image's root, the folder of the mount, that of what the trial
 * writes, the app's folder for data or nothing, its user and group, a text for the rest of the script, and the command that
 * enters the root. Mounts are those of the mount namespace that it runs in, and go with it.
 */
const makeRoot = `
set -e
apps=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin
lower=$1 root=$2 own=$3 data=$4 owner=$5 text=$6
shift 6
mount -t tmpfs -o mode=755 tare "$own"
mkdir "$own/upper" "$own/work"
chmod --reference="$lower" "$own/upper"
mount -t overlay -o "lowerdir=$lower,upperdir=$own/upper,workdir=$own/work" tare "$root"
for name in hosts resolv.conf; do
  rm -f "$root/etc/$name"
  cat "/etc/$name" > "$root/etc/$name" 2>/dev/null || true
done
if [ -n "$data" ]; then
  chown "$owner" "$data"
fi
`;

const becomeApp = `
PATH=$apps
exec "$@"
`;

/** What an engine would mount into it: processes, the system, the usual devices, and the folder for data among them. */
export const mountDevices = `
mount -t proc proc "$root/proc"
mount -o bind,ro /sys "$root/sys"
mount -t tmpfs -o mode=755 tare "$root/dev"
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777 tare "$root/dev/shm"
for name in null zero full random urandom; do
  : > "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
if [ -n "$data" ]; then
  mkdir "$root/dev/data"
  mount --bind "$data" "$root/dev/data"
fi
`;

/** Where an image finds its folder for data: the one place that it cannot have something of its own at. */
export const imageDataFolder = '/dev/data';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An image that is about to be run in the root of a trial. */
type ImageTrial = {
  /** Where its root is, once it is made, and where the trial may put what is not to be seen in it. */
  readonly root: string;
  readonly own: string;
  /** The app's folder for data on this host, if it has one. */
  readonly dataFolder: string | undefined;
  readonly uid: number;
  readonly gid: number;
  /** The folder that it runs in. */
  readonly folder: string;
  readonly command: readonly string[];
  /** The names of the variables that it is given. */
  readonly variables: readonly string[];
};

/** How the root of a trial is entered. */
export type RootEntry = (trial: ImageTrial) => {
  /** What is to be done to the root before: a constant script, which finds it in `$root`, and what it may ask for beside. */
  readonly script: string;
  /** A text that the script finds in `$text`. */
  readonly text?: string;
  /** Becomes the app: a program by its path, and arguments. */
  readonly command: readonly string[];
};

/**
 * Changes into the root, and into the image's user, and nothing more. The root is moved over the host's, so that nothing of that
 * is left to find, as pivot_root does, after which no program of the host could become the app.
 */
const changeRoot: RootEntry = ({ folder, uid, gid, command }) => ({
  script: `${mountDevices}
cd "$root"
mount --move "$root" /
`,
  command: [
    findProgram('unshare') ?? 'unshare',
    '--root=.',
    `--wd=${folder}`,
    `--setgid=${gid}`,
    `--setuid=${uid}`,
    '--',
    ...command,
  ],
});

/** How an image is run within a mount namespace. */
type ImageCommand = Command & {
  /** The image's own, with those that it was given. */
  readonly variables: Readonly<Record<string, string>>;
};

/**
 * @param image unpacked.
 * @param given variables that win over the image's own.
 * @param dataFolder the app's folder for data on this host, if it has one.
 * @returns the command that makes the root of a trial and becomes the app in it, for a mount namespace of its own.
 * @throws Error in one line when the image does not have the user that it names.
 */
export function imageCommand(
  image: ImageArtifact,
  given: Readonly<Record<string, string>>,
  dataFolder: string | undefined,
  enter: RootEntry = changeRoot,
): ImageCommand {
  const { config } = image;
  const { lower, mount: root, scratch: own } = imageRootOf(image);
  const { uid, gid, home } = userIn(lower, config.user);
  const variables = {
    PATH: defaultPath,
    // as engines do
    HOME: home,
    ...Object.fromEntries(
      config.variables.map((each) => {
        const [name = '', ...value] = each.split('=');
        return [name, value.join('=')];
      }),
    ),
    ...given,
  };
  const { script, text, command } = enter({
    root,
    own,
    dataFolder,
    uid,
    gid,
    folder: config.workingDirectory || '/',
    command: config.command,
    variables: Object.keys(variables),
  });
  return {
    file: findProgram('sh', '/bin:/usr/bin') ?? '/bin/sh',
    arguments: [
      '-c',
      makeRoot + script + becomeApp,
      'enter-image',
      lower,
      root,
      own,
      dataFolder ?? '',
      `${uid}:${gid}`,
      text ?? '',
      ...command,
    ],
    variables,
  };
}

/** @returns the command in a mount namespace of its own: what it mounts goes with it. */
export function inMountNamespace({ file, arguments: given }: Command): Command {
  return { file: findProgram('unshare') ?? 'unshare', arguments: ['--mount', '--', file, ...given] };
}

type ImageUser = { readonly uid: number; readonly gid: number; readonly home: string };

/** The ids and the home of a user as an image names it: "", "app", "1000", "app:staff", "1000:1000" (Dockerfile, USER). */
export function userIn(root: string, user: string): ImageUser {
  const [name = '', group] = user.split(':');
  const isNumber = (text: string): boolean => /^\d+$/.test(text);
  const wanted = name === '' ? '0' : name;
  const account = linesOf(root, 'etc/passwd').find(
    ([login, , uid]) => login === wanted || (isNumber(wanted) && uid === wanted),
  );
  if (!isNumber(wanted) && account === undefined) {
    throw new Error(`its user "${name}" is not in its /etc/passwd`);
  }
  const known = { uid: Number(account?.[2] ?? wanted), home: account?.[5] ?? '/' };
  if (group === undefined) return { ...known, gid: Number(account?.[3] ?? 0) };
  const found = linesOf(root, 'etc/group').find(([label]) => label === group);
  if (found === undefined && !isNumber(group))
    throw new Error(`its group "${group}" is not in its /etc/group`);
  return { ...known, gid: Number(found?.[2] ?? group) };
}

function linesOf(root: string, file: string): readonly (readonly string[])[] {
  const path = join(root, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}
