export { image } from './image/image-source.ts';
export { docker, type DockerOptions } from './environment/docker.ts';
export { podman, type PodmanOptions } from './environment/podman.ts';
export type { ContainerNetwork } from './environment/container-spec.ts';
export { probeEngine, type EngineFacts, type EngineProbe } from './engine/probe-engine.ts';
export { ensureImage, type PresentImage } from './image/images.ts';
export { imageRecordSchema, type ImageRecord } from './records.ts';
export { baseRecordSchema, type BaseRecord } from './records.ts';
