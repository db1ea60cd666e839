import { choice, optionTable, path, text } from '@tare/options';
import { probe, socket } from '../shared-options.ts';

export const options = optionTable(
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
);
