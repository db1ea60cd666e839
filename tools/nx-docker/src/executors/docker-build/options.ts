import { choice, optionTable, path } from '@tare/options';
import { probe, socket } from '../shared-options.ts';

export const options = optionTable(
  {
    title: 'Build an image',
    description: "Builds an app's image and saves it, so that the build can be cached.",
  },
  {
    dockerfile: path({ description: 'The Dockerfile, from the workspace root.' }),
    artifact: path({ description: "The app's bundle, in the context as main.mjs." }).optional(),
    base: path({
      description:
        'Folder with rootfs.tar and base.json; in the context as rootfs.tar, with the build argument BASE.',
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
);
