import { path, toggle } from '@tare/options';
import { z } from 'zod';

/** What may be asked of the report of a run, by flag. */
export const reportFlags = {
  readme: z
    .union([
      toggle({ description: 'Whether README.md gets the results.' }),
      path({ description: 'Markdown file that gets the results.' }),
    ])
    .meta({
      description:
        'Markdown file that gets the results, from the workspace root; false for none. A file that is named here and lacks the markers <!-- tare:results --> and <!-- /tare:results --> gets them at its end.',
      otherwise: 'README.md, if it has the markers',
    })
    .optional(),
  png: toggle({
    description: 'Make PNGs of the charts and the card; needs a Chrome or Chromium.',
  }).default(true),
};
