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
 * Makes the root of a trial and becomes the app in it. A constant script with arguments: the image's root, the folder of the
 * mount, that of what the trial writes, the app's folder for data or nothing, user, group, folder, command. Mounts are those of
 * the mount namespace that it runs in, and go with it.
 */
const enter = `
set -e
apps=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin
lower=$1 root=$2 own=$3 data=$4 user=$5 group=$6 folder=$7
shift 7
mount -t tmpfs -o mode=755 tare "$own"
mkdir "$own/upper" "$own/work"
chmod --reference="$lower" "$own/upper"
mount -t overlay -o "lowerdir=$lower,upperdir=$own/upper,workdir=$own/work" tare "$root"
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
for name in hosts resolv.conf; do
  rm -f "$root/etc/$name"
  cat "/etc/$name" > "$root/etc/$name" 2>/dev/null || true
done
if [ -n "$data" ]; then
  chown "$user:$group" "$data"
  mkdir "$root/dev/data"
  mount --bind "$data" "$root/dev/data"
fi
unshare=$(command -v unshare)
PATH=$apps
exec "$unshare" --root="$root" --wd="$folder" --setgid="$group" --setuid="$user" -- "$@"
`;

/** Where an image finds its folder for data: the one place that it cannot have something of its own at. */
export const imageDataFolder = '/dev/data';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How an image is run within a mount namespace. */
export type ImageCommand = Command & {
  /** The image's own. */
  readonly variables: Readonly<Record<string, string>>;
};

/**
 * @param image unpacked.
 * @param data the app's folder for data on this host, if it has one.
 * @returns the command that makes the root of a trial and becomes the app in it, for a mount namespace of its own.
 * @throws Error in one line when the image does not have the user that it names.
 */
export function imageCommand(image: ImageArtifact, data: string | undefined): ImageCommand {
  const { config } = image;
  const { lower, mount, scratch } = imageRootOf(image);
  const { uid, gid, home } = userIn(lower, config.user);
  const folder = config.workingDirectory || '/';
  return {
    file: findProgram('sh', '/bin:/usr/bin') ?? '/bin/sh',
    arguments: [
      '-c',
      enter,
      'enter-image',
      lower,
      mount,
      scratch,
      data ?? '',
      String(uid),
      String(gid),
      folder,
      ...config.command,
    ],
    variables: {
      PATH: defaultPath,
      // as engines do
      HOME: home,
      ...Object.fromEntries(
        config.variables.map((each) => {
          const [name = '', ...value] = each.split('=');
          return [name, value.join('=')];
        }),
      ),
    },
  };
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
