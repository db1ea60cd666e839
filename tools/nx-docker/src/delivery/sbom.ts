import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { textIfThere } from '@tare/metrics';
import { parsedJson } from '@tare/nx-kit';
import { PackageURL } from 'packageurl-js';
import parseExpression from 'spdx-expression-parse';
import { z } from 'zod';
import {
  type FoundPackage,
  type ImageContents,
  manifestSchema,
  type PackageManifest,
} from '../image/image-contents.ts';
import type { Commit } from './commit.ts';
import type { ImageName } from './image-name.ts';

/** The media type of an SBOM (IANA: application/vnd.cyclonedx+json). */
export const sbomType = 'application/vnd.cyclonedx+json';

const { version } = createRequire(import.meta.url)('@tare/nx-docker/package.json') as { version: string };
const licences = new Contrib.License.Factories.LicenseFactory(parseExpression);
const manifests = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licences,
);

/** A bundle that is in an image. */
type Bundle = {
  /** Absolute path of the file. */
  readonly path: string;
  readonly sha256: string;
  /** Where its build has run: the paths of a metafile begin there. */
  readonly root: string;
};

/**
 * The software bill of materials of an image, as CycloneDX 1.6 in JSON: what is known of it, and among the properties of its metadata
 * what is not listed (`tare:unlisted`). It depends on the image's content alone.
 * @param bundle of an app that is one file, whose packages the image itself does not tell.
 */
export function imageSbom(
  project: string,
  { distribution, packages, unlisted }: ImageContents,
  bundle: Bundle | undefined,
): object {
  const image = new Models.Component(Enums.ComponentType.Container, project, { bomRef: 'image' });
  const components = new Map<string, Models.Component>();
  const add = (component: Models.Component | undefined): void => {
    const reference = component?.bomRef.value;
    if (component !== undefined && reference !== undefined && !components.has(reference))
      components.set(reference, component);
  };
  for (const found of packages) add(componentOf(found, distribution));
  const more = [...unlisted];
  if (bundle === undefined) more.push('files that no package has brought, and what is bundled into them');
  else {
    const bundled = packagesOfBundle(bundle);
    for (const manifest of bundled ?? []) add(componentOfManifest(manifest));
    const name = basename(bundle.path);
    const hashes = new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], bundle.sha256]]);
    add(new Models.Component(Enums.ComponentType.File, name, { bomRef: `file:${name}`, hashes }));
    if (bundled === undefined)
      more.push(`what is bundled into ${name}: its build writes no metafile (esbuild) and no source map`);
  }
  for (const { bomRef } of components.values()) image.dependencies.add(bomRef);
  const tool = new Models.Component(Enums.ComponentType.Application, 'nx-docker', {
    group: '@tare',
    version,
  });
  tool.bomRef.value = 'tool';
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      component: image,
      tools: new Models.Tools({ components: new Models.ComponentRepository([tool]) }),
      properties: new Models.PropertyRepository(
        more.map((what) => new Models.Property('tare:unlisted', what)),
      ),
    }),
    components: new Models.ComponentRepository(components.values()),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return document.parse(JSON.parse(serializer.serialize(bom, { sortLists: true })));
}

const document = z.looseObject({
  components: z.array(z.unknown()).default([]),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }),
});

/**
 * Says in an SBOM of docker-build which push it belongs to: the image's name and digest, the commit and its date.
 * @returns the document, and the number of components.
 * @throws Error in one line when it is no such document.
 */
export function sbomOfPush(
  text: string,
  { host, repository }: ImageName,
  { sha, date }: Pick<Commit, 'sha' | 'date'>,
  digest: string,
): { readonly text: string; readonly count: number } {
  const read = document.parse(JSON.parse(text));
  const { metadata, components } = read;
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const address = `${host}/${repository}`;
  // of the package URL specification, "oci"
  const purl = new PackageURL('oci', undefined, name, digest, { repository_url: address }).toString();
  const component = { ...metadata.component, name: address, version: sha, purl };
  const pushed = { ...read, metadata: { timestamp: date, ...metadata, component } };
  return { text: `${JSON.stringify(pushed, null, 2)}\n`, count: components.length };
}

function componentOf(
  found: FoundPackage,
  distribution: ImageContents['distribution'],
): Models.Component | undefined {
  switch (found.kind) {
    case 'npm':
      return componentOfManifest(found.manifest, found.path);
    case 'node': {
      const { version, sha256, path } = found;
      const purl = new PackageURL('generic', undefined, 'node', version).toString();
      const component = new Models.Component(Enums.ComponentType.Platform, 'node', {
        bomRef: `${purl}#${path}`,
        version,
        purl,
        cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
        hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]),
      });
      component.properties.add(new Models.Property('tare:path', path));
      component.licenses.add(licences.makeDisjunctive('MIT'));
      return component;
    }
    case 'deb':
    case 'apk': {
      const { kind, name, version, architecture } = found;
      const { id = kind === 'deb' ? 'debian' : 'alpine', release } = distribution ?? {};
      const purl = new PackageURL(kind, id, name, version, {
        ...(architecture !== undefined && { arch: architecture }),
        ...(release !== undefined && { distro: `${id}-${release}` }),
      }).toString();
      const component = new Models.Component(Enums.ComponentType.Library, name, {
        version,
        purl,
        bomRef: purl,
      });
      // Alpine names one expression, Debian all that is in the package
      for (const licence of found.licences)
        component.licenses.add(
          kind === 'apk' ? licences.makeFromString(licence) : licences.makeDisjunctive(licence),
        );
      return component;
    }
  }
}

function componentOfManifest(manifest: PackageManifest, path?: string): Models.Component | undefined {
  const component = manifests.makeComponent(manifest);
  if (component === undefined) return undefined;
  component.purl = new PackageURL('npm', component.group, component.name, manifest.version).toString();
  component.bomRef.value = component.purl;
  if (path !== undefined) component.properties.add(new Models.Property('cdx:npm:package:path', path));
  return component;
}

const metafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({ inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })) }),
  ),
});
const sourceMapSchema = z.object({
  sourceRoot: z.string().nullish(),
  sources: z.array(z.string().nullable()),
});

/**
 * The packages that a bundle is made of, by what its build has left beside it: esbuild's metafile, else a source map.
 * @returns undefined where there is neither.
 */
function packagesOfBundle(bundle: Bundle): readonly PackageManifest[] | undefined {
  const sources = sourcesOf(bundle);
  if (sources === undefined) return undefined;
  const folders = sources.flatMap(
    (source) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(source)?.[0] ?? [],
  );
  return [...new Set(folders)]
    .toSorted()
    .flatMap((folder) => manifestSchema.safeParse(readJson(join(folder, 'package.json'))).data ?? []);
}

/** The files that have bytes in a bundle. */
function sourcesOf({ path, root }: Bundle): readonly string[] | undefined {
  const folder = dirname(path);
  const name = basename(path);
  const format = { '.mjs': 'esm', '.cjs': 'cjs' }[extname(path)] ?? 'esm';
  for (const candidate of [`${name}.meta.json`, 'meta.json', `meta.${format}.json`]) {
    const read = metafileSchema.safeParse(readJson(join(folder, candidate))).data;
    const outputs = Object.entries(read?.outputs ?? {}).filter(([output]) => basename(output) === name);
    if (outputs.length > 0)
      return outputs.flatMap(([, { inputs }]) =>
        Object.entries(inputs).flatMap(([input, { bytesInOutput }]) =>
          bytesInOutput > 0 ? [resolve(root, input)] : [],
        ),
      );
  }
  const map = sourceMapSchema.safeParse(readJson(`${path}.map`)).data;
  return map?.sources.flatMap((source) =>
    source === null ? [] : [resolve(folder, map.sourceRoot ?? '', source)],
  );
}

function readJson(path: string): unknown {
  return parsedJson(textIfThere(path));
}
