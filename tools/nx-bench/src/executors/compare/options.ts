import { hidden, optionTable, text } from '@tare/options';
import { reportFlags } from '@tare/report';
import { measureOptions } from '../bench/options.ts';

export const options = optionTable(
  {
    title: 'Compare',
    description: 'Prepares, measures and reports: the options of measure, and some of report.',
  },
  {
    ...measureOptions,
    // what is not given is as the target says that it is passed on to
    outputPath: measureOptions.outputPath.unwrap().optional(),
    watch: measureOptions.watch.unwrap().optional(),
    ...reportFlags,
    png: reportFlags.png.unwrap().optional(),
    measureTarget: hidden(text({ description: 'Target of this project that measures.' })).default('measure'),
    reportTarget: hidden(text({ description: 'Target of this project that reports.' })).default('report'),
  },
);
