import { defineBench, node } from '@tare/nx-bench';
import bench from '../bench.config.ts';
import { fixedPort } from './start-run.ts';

const app = new URL('app.mjs', import.meta.url);
const asked = { health: '/health', get: '/' };

/** The environments of bench.config.ts with an app that costs nothing; as `keeping` it has a folder for data, as `fixed` a port of its own. */
export default defineBench({
  ...bench,
  workloads: {
    plain: node(app, asked),
    keeping: node(app, { ...asked, data: 'DATA' }),
    fixed: node(app, { ...asked, port: fixedPort }),
  },
});
