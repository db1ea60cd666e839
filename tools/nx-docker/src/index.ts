export { docker, type DockerOptions } from './environment/docker.ts';
export type { ContainerNetwork } from './environment/container-path.ts';
export { probeEngine, type EngineFacts, type EngineProbe } from './engine/probe-engine.ts';
export { ensureImage, type PresentImage } from './image/ensure-image.ts';
export { imageRecordSchema, type ImageRecord } from './record/image-record.ts';
export { baseRecordSchema, type BaseRecord } from './record/base-record.ts';
