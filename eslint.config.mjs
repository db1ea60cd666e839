import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** What each layer may import; arrows point down only. */
const layers = [
  { sourceTag: 'layer:statistics', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:metrics', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:options', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:environment', onlyDependOnLibsWithTags: ['layer:metrics'] },
  { sourceTag: 'layer:results', onlyDependOnLibsWithTags: ['layer:statistics'] },
  {
    sourceTag: 'layer:runner',
    onlyDependOnLibsWithTags: [
      'layer:environment',
      'layer:metrics',
      'layer:options',
      'layer:results',
      'layer:statistics',
    ],
  },
  {
    sourceTag: 'layer:checks',
    onlyDependOnLibsWithTags: [
      'layer:environment',
      'layer:metrics',
      'layer:options',
      'layer:results',
      'layer:runner',
      'layer:statistics',
    ],
  },
  {
    sourceTag: 'layer:report',
    onlyDependOnLibsWithTags: ['layer:options', 'layer:results', 'layer:statistics'],
  },
  {
    sourceTag: 'type:lib',
    bannedExternalImports: ['nx', 'nx/*', '@nx/*'],
    onlyDependOnLibsWithTags: ['type:lib'],
  },
  // the command line renders, too
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib', 'type:kit', 'renders'] },
  {
    sourceTag: 'type:kit',
    onlyDependOnLibsWithTags: ['layer:environment', 'layer:metrics', 'layer:options', 'layer:results'],
  },
  { sourceTag: 'type:docs', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:environment', onlyDependOnLibsWithTags: [] },
  // takes the tools as files and manifests
  { sourceTag: 'type:packages', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'workload', bannedExternalImports: ['nx', 'nx/*', '@nx/*'], onlyDependOnLibsWithTags: [] },
  { sourceTag: 'pipeline', onlyDependOnLibsWithTags: ['type:tool', 'type:lib'] },
];

/** What Node gives a CommonJS file and every script. */
const nodeGlobals = { process: 'readonly', console: 'readonly', URL: 'readonly' };
const commonJsGlobals = { ...nodeGlobals, require: 'readonly', module: 'writable', exports: 'writable' };

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '.nx', 'reports'] },
  js.configs.recommended,
  { files: ['**/*.mjs'], languageOptions: { globals: nodeGlobals } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: commonJsGlobals } },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx, regexp },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: ['.*/(\\w+\\.shared|bundle-notices)\\.ts$'], depConstraints: layers },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // `const { left, ...others } = all` leaves `left` out
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      // no text takes an expression minutes
      'regexp/no-super-linear-backtracking': 'error',
    },
  },
);
