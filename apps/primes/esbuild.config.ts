import type { BuildOptions } from 'esbuild';
import { bundleNotices } from '../../bundle-notices.ts';

/** How the service is made one file; the rest is in the target `build` of package.json. */
const options: BuildOptions = { outExtension: { '.js': '.mjs' }, plugins: [bundleNotices()] };

export default options;
