import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { fixedTar } from '../fixed-tar.ts';
import { contextOfFolder } from './build-context.ts';

// Nx runs this as an input of docker-build. Nx itself hashes no modes, links or empty folders, and nothing that git ignores, but
// all of that goes into the image.
const [folder = '', dockerfile = ''] = process.argv.slice(2);
const { entries, withoutDockerfile } = contextOfFolder(folder, dockerfile);
const hash = createHash('sha256');
await pipeline(fixedTar(withoutDockerfile === undefined ? entries : [...entries, withoutDockerfile]), hash);
process.stdout.write(`${hash.digest('hex')}\n`);
