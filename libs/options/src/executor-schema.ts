import { z } from 'zod';
import type { About } from './option.ts';

/** One option for a person who looks it up. */
export type OptionRow = {
  readonly name: string;
  readonly description: string;
  /** "whole number from 1 to 1000", "true or false", "auto, kvm or tcg", "text". */
  readonly values: string;
  /** What applies when it is not given, in words; undefined where it must be given. */
  readonly otherwise: string | undefined;
};

type Json = z.core.JSONSchema.JSONSchema;
type Known = Partial<About> & { readonly unit?: string; readonly hidden?: boolean };

/**
 * The `schema.json` of an executor, which Nx checks options with and prints for `--help`. Numbers and switches may be texts:
 * what is wrong with one is then said by `readOptions`, with its bounds.
 */
export function executorSchema(table: z.ZodObject): object {
  const { $schema, properties = {}, title, description, ...rest } = jsonOf(table);
  return {
    $schema: 'https://json-schema.org/schema',
    version: 2,
    title,
    description,
    ...rest,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, json]) => [name, nxProperty(json as Json & Known)]),
    ),
  };
}

function nxProperty(property: Json & Known): object {
  const { type, description = '', otherwise, formerly, unit, minLength, anyOf, ...json } = property;
  const types = typesOf(property);
  const sentences = [
    description,
    ...(types.includes('number') || types.includes('integer') ? [sentence(valuesOf(property))] : []),
    ...(json.default === undefined && otherwise !== undefined ? [`By default ${otherwise}.`] : []),
  ].join(' ');
  return {
    ...(types.length > 0 && { type: types.length === 1 ? types[0] : types }),
    description: sentences,
    ...json,
    ...(formerly !== undefined && { aliases: [formerly] }),
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A number or a switch may be a text, too; of alternatives, any. */
function typesOf({ type, anyOf }: Json): readonly string[] {
  if (anyOf !== undefined) return [...new Set(anyOf.flatMap((each) => typesOf(each)))];
  if (typeof type !== 'string') return [];
  return ['number', 'integer', 'boolean'].includes(type) ? [type, 'string'] : [type];
}

/**
 * The options of a table that a user may give, in its order; those of an object within it by their path: "load.connections".
 */
export function optionRows(table: z.ZodObject): readonly OptionRow[] {
  return rowsOf(jsonOf(table), '');
}

function rowsOf({ properties = {}, required = [] }: Json, place: string): readonly OptionRow[] {
  return Object.entries(properties).flatMap<OptionRow>(([key, property]) => {
    const json = property as Json & Known;
    const name = `${place}${key}`;
    if (json.hidden === true) return [];
    const objects = [json, ...(json.anyOf ?? [])].filter((each) => each.properties !== undefined);
    const within = objects.flatMap((each) => rowsOf(each, `${name}.`));
    const leaf = json.anyOf?.find((each) => each.description !== undefined);
    if (within.length > 0) return [...(leaf === undefined ? [] : [rowOf(leaf)]), ...within];
    return [rowOf(json)];

    function rowOf(own: Json & Known): OptionRow {
      const usual = own.default === undefined ? (own.otherwise ?? 'not set') : shownDefault(own);
      const otherwise = required.includes(key) ? undefined : usual;
      return { name, description: own.description ?? '', values: valuesOf(own), otherwise };
    }
  });
}

/** What may be given, in words. */
function valuesOf(json: Json & Known): string {
  if (json.anyOf !== undefined) return json.anyOf.map((each) => valuesOf(each)).join(', ');
  if (json.enum !== undefined) return json.enum.join(', ');
  if (json.type === 'boolean') return 'true, false';
  if (json.type === 'array') return 'a list';
  if (json.type === 'object') return 'an object';
  if (json.type !== 'number' && json.type !== 'integer') return 'text';
  const { minimum, maximum = Number.MAX_SAFE_INTEGER, unit } = json;
  const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum} to ${maximum}`;
  return `${range}${unit === undefined ? '' : ` ${unit}`}${json.type === 'integer' ? ', whole' : ''}`;
}

function shownDefault({ default: value }: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonOf(table: z.ZodObject): Json {
  return z.toJSONSchema(table, { io: 'input', unrepresentable: 'any' });
}
