import { choice, optionTable, path, text } from '@tare/options';

/** What the probe wrote. */
const probe = path({ description: 'What the target probe wrote.' }).default('dist/docker/probe.json');

const socket = text({
  what: 'a path',
  description: "Path of the engine's socket.",
  otherwise: "as the docker CLI: DOCKER_HOST, its context, the host's",
}).optional();

/** The options of each executor of this plugin. */
export const tables = {
  probe: optionTable(
    {
      title: 'Probe',
      description: 'Writes down which Docker engine the host has, or why it has none.',
    },
    {
      out: path({ description: 'File to write, from the workspace root.' }).default('dist/docker/probe.json'),
      socket,
    },
  ),

  base: optionTable(
    {
      title: 'Base of images',
      description: 'Makes the userland that images are built on, with the locked Node binary.',
    },
    {
      recipe: path({ description: 'The recipe, from the workspace root.' }),
      mode: choice(['auto', 'rootfs', 'registry'], {
        description:
          "rootfs: from Debian packages, fetched with apt; registry: from the recipe's image; auto: the first that works.",
      }).default('auto'),
      image: text({
        what: 'the name of an image',
        description: "Image of a registry to use in place of the recipe's.",
        otherwise: "the recipe's",
      }).optional(),
      probe,
      out: path({ description: 'Folder for rootfs.tar and base.json.' }).default('dist/docker/base'),
      socket,
    },
  ),

  'docker-build': optionTable(
    {
      title: 'Build an image',
      description: "Builds an app's image and saves it, so that the build can be cached.",
    },
    {
      dockerfile: path({
        description: 'The Dockerfile, from the workspace root.',
        otherwise: "the package's recipe",
      }).optional(),
      artifact: path({ description: "The app's bundle, in the context as folders/main.mjs." }).optional(),
      base: path({
        description:
          'Folder with rootfs.tar and base.json; in the context as rootfs.tar, with the build argument BASE.',
        otherwise: "made by the package's recipe, once on this host",
      }).optional(),
      context: path({
        description:
          'Folder that is the context, as docker build sends it: less what its .dockerignore names. Instead of artifact and base.',
      }).optional(),
      out: path({ description: 'Folder for image.json and image.tar.' }),
      builder: choice(['auto', 'buildkit', 'legacy'], {
        description: 'auto: BuildKit, and the legacy builder on an engine without it.',
      }).default('auto'),
      probe,
      socket,
    },
  ),
};
