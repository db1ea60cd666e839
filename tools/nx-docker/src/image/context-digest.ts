import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { fixedTar } from '../fixed-tar.ts';
import { contextOfFolder } from './build-context.ts';

// Run by Nx as an input of docker-build: Nx itself hashes neither modes, links and empty folders nor what git ignores, and all of
// that goes into the image.
const [folder = '', dockerfile = ''] = process.argv.slice(2);
const { entries, withoutDockerfile } = contextOfFolder(folder, dockerfile);
const hash = createHash('sha256');
await pipeline(fixedTar(withoutDockerfile === undefined ? entries : [...entries, withoutDockerfile]), hash);
process.stdout.write(`${hash.digest('hex')}\n`);
