// Runs in the guest: prints the digest of a folder as hashFolder of @tare/environment makes it, or nothing where there is none.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const hash = createHash('sha256');

function add(root, place) {
  const names = readdirSync(`${root}/${place}`).sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  for (const name of names) {
    const within = place === '' ? name : `${place}/${name}`;
    const path = `${root}/${within}`;
    const found = lstatSync(path);
    if (found.isDirectory()) {
      hash.update(`folder\0${within}\0`);
      add(root, within);
    } else if (found.isSymbolicLink()) hash.update(`link\0${within}\0${readlinkSync(path)}\0`);
    else if (found.isFile()) {
      hash.update(`file\0${within}\0${(found.mode & 0o111) === 0 ? '-' : 'x'}\0${found.size}\0`);
      hash.update(readFileSync(path));
    }
  }
}

const [folder] = process.argv.slice(-1);
if (existsSync(folder)) {
  add(folder, '');
  process.stdout.write(hash.digest('hex'));
}
