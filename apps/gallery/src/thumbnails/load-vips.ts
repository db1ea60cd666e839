import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';
import Vips from 'wasm-vips';
import { embedded } from '../embedded.ts';
import type { EmbeddedName } from '../embedded.ts';

/** libvips, ready for work. */
export type LoadedVips = typeof Vips;

/** Under which path wasm-vips is told that its parts are; nothing is there. */
const nowhere = '/embedded/';

/** What libvips takes beside the image that it decodes: its own data, the file, and the rows of the thumbnail under way. */
const ownBytes = 128 * 1024 ** 2;

/**
 * libvips as WebAssembly, with the loaders of the accepted types and no others, one thread per image, and no cache of results. All
 * its memory is bounded: what cannot be decoded within `maxDecodeBytes` fails, whatever its header says.
 */
export async function loadVips(maxDecodeBytes: number): Promise<LoadedVips> {
  startThreadsFromText();
  const releaseMemory = boundMemory(maxDecodeBytes + ownBytes);
  const releaseFiles = readEmbeddedFiles();
  try {
    const vips = await Vips({
      dynamicLibraries: ['vips-heif.wasm'],
      locateFile: (name) => `${nowhere}${name}`,
      // What libvips has to say is in its errors as well; a damaged upload is no matter for the log of the service.
      preRun: (module: { ENV: Record<string, string> }) => (module.ENV.VIPS_WARNING = '0'),
      printErr: () => undefined,
    });
    vips.concurrency(1);
    vips.Cache.max(0);
    vips.operationBlock('VipsForeignLoad', true);
    for (const format of ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif']) {
      vips.operationBlock(`VipsForeignLoad${format}`, false);
    }
    return vips;
  } finally {
    releaseFiles();
    releaseMemory();
  }
}

/**
 * Lets memory of WebAssembly grow no larger than this, until the returned function is called: wasm-vips makes its own, of up to
 * 2 GiB, and takes no other number. It needs at least what it begins with.
 */
function boundMemory(maxBytes: number): () => void {
  // Node has it, and its types do not.
  const assembly = Reflect.get(globalThis, 'WebAssembly') as { Memory: new (asked: MemorySize) => object };
  const Original = assembly.Memory;
  const pages = Math.ceil(maxBytes / 65_536);
  assembly.Memory = class extends Original {
    constructor(asked: MemorySize) {
      super({ ...asked, maximum: Math.min(asked.maximum, Math.max(asked.initial, pages)) });
    }
  };
  return () => {
    assembly.Memory = Original;
  };
}

/** In pages of 64 KiB. */
type MemorySize = { readonly initial: number; readonly maximum: number; readonly shared: boolean };

/**
 * Lets `readFileSync` find what the service carries, until the returned function is called: wasm-vips takes the names of its
 * parts and no bytes, and a service of one file has nowhere to put them.
 */
function readEmbeddedFiles(): () => void {
  const original = fs.readFileSync;
  const parts: readonly EmbeddedName[] = ['vips.wasm', 'vips-heif.wasm'];
  const reading = (...parameters: Parameters<typeof original>) => {
    const part = parts.find((name) => parameters[0] === `${nowhere}${name}`);
    return part === undefined ? original(...parameters) : embedded(part);
  };
  fs.readFileSync = reading as typeof original;
  return () => {
    fs.readFileSync = original;
  };
}

/**
 * Lets the threads of libvips start with the code of wasm-vips alone: it would start each with the file of the service, all of
 * which would then be in memory once more. It puts its own `Worker` in the global scope, hence the setter that does nothing.
 */
function startThreadsFromText(): void {
  const code = Buffer.from(embedded('vips-node.mjs')).toString('latin1');
  class TextWorker extends Worker {
    constructor(_script: string | URL, options: WorkerOptions) {
      super(code, { ...options, eval: true, execArgv: ['--input-type=module'] });
    }
  }
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () => TextWorker,
    set: () => undefined,
  });
}
