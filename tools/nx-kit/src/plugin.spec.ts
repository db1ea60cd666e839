import { expect, it } from 'vitest';
import { projectsNamedIn } from './plugin.ts';

it('finds the projects that a bench.config.ts names, each once', () => {
  const source = `
    export default defineBench({
      workloads: {
        api: project('@shop/api', { get: '/products/7' }),
        flask: image({ project: "@shop/flask", port: 8000 }),
        notes: project(
          \`notes\`, { command: 'node server.js' }),
        again: { app: project("@shop/api"), get: '/' },
        shop: { 'project': 'shop' },
      },
    });`;
  expect(projectsNamedIn(source)).toEqual(['@shop/api', '@shop/flask', 'notes', 'shop']);
  expect(projectsNamedIn(source, 'image')).toEqual(['@shop/flask', 'shop']);
});

it('takes no comment, no other text and no name that is put together for a project', () => {
  const source = `
    // project('gone')
    /* image({
      project: 'gone' }) */
    const help = "write project('gone')", home = 'https://example.org/'; project('kept');
    const matches = /it's/; project(name); project(\`\${scope}/api\`); subproject('gone'); project('');`;
  expect(projectsNamedIn(source)).toEqual(['kept']);
});
