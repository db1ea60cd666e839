/** How requests reach a container: part of what is measured, since it decides the throughput. */
export type ContainerNetwork = 'bridge' | 'host' | 'published';

/** The path in words, for the run file. */
export const networkWords: Readonly<Record<ContainerNetwork, string>> = {
  bridge: 'address of the container on the bridge',
  host: 'network of the host, 127.0.0.1',
  published: 'port published on 127.0.0.1',
};

/** The port that an app in a network of its own listens on. */
export const containerPort = 8080;
