import type { Environment } from '@tare/environment';
import { podmanEngine } from '../engine/podman-engine.ts';
import type { ContainerNetwork } from './container-spec.ts';
import { containers } from './docker.ts';

/** How to run containers by Podman. */
export type PodmanOptions = {
  /** Without root: by an ordinary user, in a user namespace. By default true if a user is named. */
  readonly rootless?: boolean;
  /**
   * The account that runs it without root, where root runs the suite; by default the first that has a range of subordinate user IDs
   * (/etc/subuid). Never made here.
   */
  readonly user?: string;
  /** How requests reach the container: by default its own address, or without root a published port. */
  readonly network?: ContainerNetwork;
  /** Folder of `<project>/image.json`; by default `dist/docker/` in the working directory. */
  readonly images?: URL;
  /** What the target is called that makes images, where nx.json gives it another name (`targetName`). */
  readonly buildTarget?: string;
};

/** Runs an app in a container of Podman, with the same image and limits as {@link docker} where it can set them. */
export function podman(options: PodmanOptions = {}): Environment {
  const { user, rootless = user !== undefined } = options;
  if (user !== undefined && !rootless)
    throw new Error(`podman: user is ${JSON.stringify(user)} and rootless is false; expected one of them`);
  return containers(podmanEngine({ rootless, user }), options);
}
