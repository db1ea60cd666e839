import { choice, list, optionTable, path, text, toggle, whole } from '@tare/options';

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
      sbom: toggle({ description: 'Write sbom.cdx.json: what the image has in it.' }).default(true),
      out: path({ description: 'Folder for image.json, image.tar and sbom.cdx.json.' }),
      builder: choice(['auto', 'buildkit', 'legacy'], {
        description: 'auto: BuildKit, and the legacy builder on an engine without it.',
      }).default('auto'),
      probe,
      socket,
    },
  ),

  'docker-push': optionTable(
    {
      title: 'Push an image',
      description:
        'Pushes the saved image to a registry, named by its commit. Passwords come from the environment or docker login.',
    },
    {
      registry: text({
        what: 'a host such as ghcr.io',
        description: 'The registry: ghcr.io, docker.io, localhost:5000.',
        otherwise: 'DOCKER_REGISTRY',
      }).optional(),
      namespace: text({
        what: 'a path such as acme/team',
        description: "Path before the image's name: an organisation, a group.",
        otherwise: 'DOCKER_NAMESPACE, or none',
      }).optional(),
      image: text({
        what: 'a path such as shop/api',
        description: "The image's name, without registry, namespace and tag.",
        otherwise: "the project's name",
      }).optional(),
      tags: text({
        what: 'tags, separated by commas',
        description:
          'Tags, separated by commas: sha (12 and all digits of the commit), semver (of a v* tag), branch, latest, or words of your own. auto: sha, semver, branch, and latest on the default branch or for a version that is not a pre-release, unless the tree has uncommitted changes.',
      }).default('auto'),
      branch: text({
        what: 'the name of a branch',
        description: 'The branch, where none is checked out.',
        otherwise: 'the one that is checked out',
      }).optional(),
      username: text({
        what: 'a name',
        description: 'Who pushes; the password is in DOCKER_PASSWORD.',
        otherwise: 'DOCKER_USERNAME, or who is logged in with docker login',
      }).optional(),
      webhook: text({
        what: 'an address',
        description:
          'Address that gets an event for the push, signed with DEPLOY_WEBHOOK_SECRET if that is set.',
        otherwise: 'DEPLOY_WEBHOOK_URL, or none',
      }).optional(),
      webhookRequired: toggle({ description: 'Fail if the webhook does not accept it.' }).default(false),
      sbom: toggle({ description: 'Attach the SBOM of docker-build to the image.' }).default(true),
      dryRun: toggle({ description: 'Say what would be pushed, and send nothing.' }).default(false),
      out: path({ description: 'Folder with image.tar; push.json is written into it.' }),
    },
  ),

  'docker-run': optionTable(
    {
      title: 'Run an image',
      description: "Runs an app's image as it ships on a port of 127.0.0.1, until Ctrl-C.",
    },
    {
      port: whole({
        min: 0,
        max: 65_535,
        description: 'Port of 127.0.0.1; 0 for a free one.',
        otherwise: 'the port in the container',
      }).optional(),
      containerPort: whole({
        min: 1,
        max: 65_535,
        description:
          'Port in the container. If the image does not EXPOSE it, the app gets it in the variable PORT.',
        otherwise: 'the one that the image EXPOSEs, else 8080',
      }).optional(),
      health: text({
        what: 'a path',
        description: 'Path that answers 2xx when the service is up; none: wait for nothing.',
        otherwise: '/, with any answer',
      }).optional(),
      healthSeconds: whole({
        min: 1,
        max: 3600,
        unit: 'seconds',
        description: 'How long it may take to get up.',
      }).default(60),
      data: text({
        what: 'the name of a variable',
        description: 'Variable that tells the app where its data goes: a volume that is kept.',
        otherwise: 'no data is kept',
      }).optional(),
      volume: text({
        what: 'a path in the container',
        description: 'Where the volume is that is kept.',
        otherwise: '/data with --data, or none',
      }).optional(),
      env: list({
        description: 'Variables for the app: NAME=value, or NAME for the value that it has here.',
      }).default([]),
      out: path({ description: 'Folder with image.json and image.tar.' }),
      socket,
    },
  ),
};
