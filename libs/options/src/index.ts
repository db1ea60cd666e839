export { executorSchema, optionRows, type OptionRow } from './executor-schema.ts';
export {
  choice,
  hidden,
  list,
  number,
  optionTable,
  path,
  text,
  toggle,
  whole,
  type About,
  type Range,
} from './option.ts';
export { readOptions, type GivenOptions, type OptionsOf } from './read-options.ts';
