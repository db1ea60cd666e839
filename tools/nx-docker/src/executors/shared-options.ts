import { path, text } from '@tare/options';

/** What the probe wrote. */
export const probe = path({ description: 'What the target probe wrote.' }).default('dist/docker/probe.json');

export const socket = text({
  what: 'a path',
  description: "Path of the engine's socket.",
  otherwise: "as the docker CLI: DOCKER_HOST, its context, the host's",
}).optional();
