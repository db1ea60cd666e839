import { isAbsolute, normalize } from 'node:path';
import { parseRunFile, type RunFile } from '@tare/results';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { hostileText, tries } from '../../../properties.shared.ts';
import { exampleCapacity } from '@tare/results/fixtures';
import { exampleGate } from '../fixtures/example-gate.ts';
import { exampleHistory } from '../fixtures/example-history.ts';
import { exampleRun } from '../fixtures/example-run.ts';
import { capacityModel } from './charts/capacity.ts';
import { chartFiles } from './charts/run-charts.ts';
import { reportModel } from './model/report-model.ts';
import { renderMessagePage, renderPage } from './page/page.ts';
import { summaryCard } from './pictures/card.ts';
import { pictureOf } from './plot/chart.ts';
import { capacityPictures, renderCapacityMarkdown, renderCapacityTerminal } from './text/capacity.ts';
import { exportFiles } from './text/exports.ts';
import { gateJunit, gateMarkdown, gateText } from './text/gate.ts';
import { trialsCsv, verdictsJunit } from './text/interchange.ts';
import { renderReadmeBlock, replaceReadmeBlock } from './text/readme.ts';
import { renderStepSummary, renderSummary } from './text/summary.ts';
import { renderTerminal } from './text/terminal.ts';
import { otavaFiles } from './trend/otava.ts';
import { renderTrend } from './trend/trend.ts';

/** The members of a file that others write: names of things, and what programs and people said. */
const written = new Set([
  ...['reason', 'remedy', 'message', 'code', 'note', 'problem', 'subject', 'ref', 'text', 'title', 'notMetered'],
  ...['cpuModel', 'kernel', 'os', 'virtualised', 'node', 'kind', 'requestPath', 'healthPath', 'path'],
]); // prettier-ignore
const names = ['native', 'namespace', 'docker', 'vagrant', 'podman', 'jail', 'native:control', 'primes', 'grocery', 'new', 'grocery:view', 'native (control)']; // prettier-ignore
const free = new Set(['facts', 'options', 'parameters']);

/** A file in which every text that comes from elsewhere is a hostile one; equal names stay equal. */
function hostile<T>(file: T, texts: readonly string[]): T {
  const taken = new Map(names.map((name, place) => [name, `${texts[place % texts.length] ?? ''}${place}`]));
  let next = 0;
  const text = (): string => (texts[next++ % texts.length] ?? '').replace(/^\s*$/, 'a');
  const visit = (value: unknown, member = '', isFree = false): unknown => {
    if (typeof value === 'string')
      return taken.get(value) ?? (isFree || (written.has(member) && !isKept(member, value)) ? text() : value);
    if (Array.isArray(value)) return value.map((each) => visit(each, member, isFree));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        isFree ? `${text()}${next}` : (taken.get(key) ?? key),
        visit(each, key, free.has(key)),
      ]),
    );
  };
  return visit(file) as T;
}

/** Of an environment `kind` is anybody's word, elsewhere it is ours. */
function isKept(member: string, value: string): boolean {
  return member === 'kind' && ['cold', 'restart', 'fixed', 'looks', 'pilot'].includes(value);
}

const texts = fc.array(hostileText, { minLength: 5, maxLength: 12 });

// what a terminal obeys, and what directs text
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function expectNeutralTerminal(text: string): void {
  expect(control.exec(text)?.[0]).toBeUndefined();
  expect(/^\s*::[a-z].*/im.exec(text)?.[0]).toBeUndefined();
  expect(/##(\[|vso\[|teamcity\[)/i.exec(text)?.[0]).toBeUndefined();
  expect(text.isWellFormed()).toBe(true);
}

const markdown = new MarkdownIt('default', { html: true });

// how many there are follows from the codes of what a run noticed, too
const varying = ['list_item_open', 'paragraph_open'];

/** How often each kind of block comes, and where links and pictures lead. */
function shapeOf(text: string) {
  const tokens = markdown.parse(text, {});
  const inline = tokens.flatMap(({ children }) => children ?? []);
  const blocks = tokens.filter(({ nesting, type }) => nesting >= 0 && type !== 'inline' && !varying.includes(type)).map(({ type }) => type);
  const count = (type: string) => blocks.filter((each) => each === type).length;
  return {
    blocks: Object.fromEntries([...new Set(blocks)].sort().map((type) => [type, count(type)])),
    html: [...new Set(inline.filter(({ type }) => type === 'html_inline').map(({ content }) => content))],
    targets: inline.flatMap((token) => token.attrGet('href') ?? token.attrGet('src') ?? []),
  };
} // prettier-ignore

function expectNeutralMarkdown(text: string, calm: string): void {
  const [found, expected] = [shapeOf(text), shapeOf(calm)];
  expect(control.exec(text)?.[0]).toBeUndefined();
  expect(found.blocks).toEqual(expected.blocks);
  expect(found.html.filter((tag) => tag !== '<br>')).toEqual([]);
  expect(found.targets.filter((target) => !/^((reports\/latest\/)?charts|capacity|reports\/latest)?\/?[\w.%-]+$/.test(String(target)))).toEqual([]);
  expect(found.targets).toHaveLength(expected.targets.length);
} // prettier-ignore

/** The names of elements and attributes of well-formed XML. */
function wordsOfXml(...texts: readonly string[]): ReadonlySet<string> {
  if (texts.length > 1) return new Set(texts.flatMap((text) => [...wordsOfXml(text)]));
  const words = new Set<string>();
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    for (const word of [name, ...Object.keys(attributes)]) words.add(word);
  });
  parser.write(texts[0] ?? '').close();
  return words;
}

/** @param calm words of XML of the same kind. */
function expectNeutralXml(text: string, calm: ReadonlySet<string>): void {
  expect(control.exec(text)?.[0]).toBeUndefined();
  expect([...wordsOfXml(text)].filter((word) => !calm.has(word))).toEqual([]);
}

const tag = /<\/?([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi;

/** The names of the elements and attributes of a page; all that is no element has no angle bracket. */
function wordsOfPage(page: string): ReadonlySet<string> {
  const rest = page.replace('<!doctype html>', '').replaceAll(/<(style|script)>[^]*?<\/\1>/g, '');
  expect(/.{0,30}[<>].{0,30}/.exec(rest.replaceAll(tag, ''))?.[0]).toBeUndefined();
  const attributes = [...rest.matchAll(tag)].flatMap(([, name = '', given = '']) => [
    name,
    ...[...given.replaceAll(/="[^"]*"/g, '').matchAll(/[\w:-]+/g)].map(([word]) => word),
  ]);
  return new Set(attributes);
}

/** @param known words of a page of the same kind. */
function expectNeutralPage(page: string, known: ReadonlySet<string>): void {
  expect(control.exec(page)?.[0]).toBeUndefined();
  expect([...wordsOfPage(page)].filter((word) => !known.has(word))).toEqual([]);
  expect([...page.matchAll(/ href="([^"]*)"/g)].filter(([, target = '']) => !/^#[\w.-]+$/.test(target))).toEqual([]);
} // prettier-ignore

/** Fields of RFC 4180. */
function rowsOf(csv: string): readonly (readonly string[])[] {
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  const rows: string[][] = [[]];
  let end = 0;
  for (const [whole, given = '', separator] of csv.matchAll(field)) {
    end += whole.length;
    rows.at(-1)?.push(given.startsWith('"') ? given.slice(1, -1).replaceAll('""', '"') : given);
    if (separator !== ',') rows.push([]);
  }
  expect(end).toBe(csv.length);
  return rows.slice(0, -1);
}

function expectNeutralCsv(csv: string): void {
  expect(control.exec(csv.replaceAll('\r\n', '\n'))?.[0]).toBeUndefined();
  const rows = rowsOf(csv);
  expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
  const cells = rows.flat().flatMap((cell) => cell.split(/[;|\t]/));
  expect(cells.filter((cell) => /^\s*[=+\-@＝＋－＠]/.test(cell) && Number.isNaN(Number(cell)))).toEqual([]);
}

function expectSafePaths(paths: readonly string[]): void {
  const unsafe = paths.filter((path) => isAbsolute(path) || normalize(path) !== path || !/^(\w[\w.-]*\/)*\w[\w.-]*$/.test(path)); // prettier-ignore
  expect(unsafe).toEqual([]);
  expect(new Set(paths).size).toBe(paths.length);
}

describe('names and words of others are nothing but text', () => {
  const calmRun = exampleRun(2);
  const calm = reportModel(calmRun);
  const terminal = { columns: 100, colour: false };
  const chartsPath = 'reports/latest/charts';
  const ofRun = (check: (report: ReturnType<typeof reportModel>, run: RunFile) => void, few = 12): void => {
    fc.assert(
      fc.property(texts, (all) => {
        const run = parseRunFile(JSON.stringify(hostile(calmRun, all)), 'run.json');
        check(reportModel(run), run);
      }),
      tries(few),
    );
  };

  test('in a terminal and in the log of a CI service', () => {
    ofRun((report) => {
      expectNeutralTerminal(renderTerminal(report, terminal));
    });
  });

  test('in Markdown: summary, page of a CI job, README', () => {
    ofRun((report) => {
      expectNeutralMarkdown(renderSummary(report), renderSummary(calm));
      expectNeutralMarkdown(renderStepSummary(report), renderStepSummary(calm));
      const block = renderReadmeBlock(report, { chartsPath });
      expectNeutralMarkdown(block, renderReadmeBlock(calm, { chartsPath }));
      const once = replaceReadmeBlock(Buffer.from('# A\n'), block);
      expect(replaceReadmeBlock(once, block).equals(once)).toBe(true);
    });
  });

  test('in the command that repeats a run, for a shell', () => {
    ofRun(({ repeatCommand }) => {
      const unquoted = repeatCommand.replaceAll(/'[^']*'|\\'/g, '');
      expect(unquoted).toMatch(/^[\w.,:/@%+= -]*$/);
    });
  });

  test('on the page', () => {
    const page = wordsOfPage(renderPage(calm, capacityModel(exampleCapacity()).workloads));
    const told = wordsOfPage(renderMessagePage({ heading: 'A', message: 'b' }));
    ofRun((report) => {
      const capacities = capacityModel(hostile(exampleCapacity(), [report.id, ...report.workloadNames]));
      expectNeutralPage(renderPage(report, capacities.workloads), page);
      const [heading = '', message = ''] = report.workloadNames;
      expectNeutralPage(renderMessagePage({ heading, message }), told);
    }, 8);
  });

  test('in JUnit XML and in pictures', () => {
    const picture = wordsOfXml(...chartFiles(calm).map((file) => pictureOf(file.chart, file)));
    const card = wordsOfXml(summaryCard(calm));
    const junit = wordsOfXml(verdictsJunit(calm));
    ofRun((report) => {
      expectNeutralXml(verdictsJunit(report), junit);
      expectNeutralXml(summaryCard(report), card);
      const files = chartFiles(report);
      for (const file of files) expectNeutralXml(pictureOf(file.chart, file), picture);
      expectSafePaths(files.map(({ fileName }) => fileName));
    });
  });

  test('in CSV and in the formats of other tools', () => {
    ofRun((report) => {
      expectNeutralCsv(trialsCsv(report));
      const files = exportFiles(report, ['bencher', 'hgrm', 'hlog']);
      expectSafePaths(files.map(({ path }) => path));
      const textOf = (name: string) => String(files.find(({ path }) => path === name)?.text);
      const benchmarks = JSON.parse(textOf('bencher.json')) as object;
      expect(Object.keys(benchmarks)).toHaveLength(Object.keys(JSON.parse(String(exportFiles(calm, ['bencher'])[0]?.text)) as object).length);
      const lines = textOf('latencies.hlog').split('\n').filter((line) => line.startsWith('Tag='));
      expect(lines).toHaveLength(report.workloads.flatMap(({ subjects }) => subjects.flatMap(({ trials }) => trials)).length);
      expect(lines.filter((line) => line.split(',').length !== 5)).toEqual([]);
      expect(control.exec(textOf('latencies.hlog'))).toBeNull();
    });
  }); // prettier-ignore

  test('of a gate', () => {
    const calmGate = exampleGate();
    const junit = wordsOfXml(gateJunit(calmGate));
    fc.assert(
      fc.property(texts, (all) => {
        const gate = hostile(calmGate, all);
        expectNeutralTerminal(gateText(gate));
        expectNeutralMarkdown(gateMarkdown(gate), gateMarkdown(calmGate));
        expectNeutralXml(gateJunit(gate), junit);
      }),
      tries(50),
    );
  });

  test('of a search for capacity', () => {
    const calmCapacity = exampleCapacity();
    const calmModel = capacityModel(calmCapacity);
    const picture = wordsOfXml(...capacityPictures(calmModel).map(({ svg }) => svg));
    fc.assert(
      fc.property(texts, (all) => {
        const capacity = hostile(calmCapacity, all);
        const model = capacityModel(capacity);
        expectNeutralTerminal(renderCapacityTerminal(capacity, terminal));
        expectNeutralMarkdown(renderCapacityMarkdown(model), renderCapacityMarkdown(calmModel));
        const pictures = capacityPictures(model);
        for (const { svg } of pictures) expectNeutralXml(svg, picture);
        expectSafePaths(pictures.map(({ fileName }) => fileName));
      }),
      tries(30),
    );
  });

  test('of a trend', () => {
    const calmLines = exampleHistory(3);
    const calmTrend = renderTrend(calmLines);
    const picture = wordsOfXml(...calmTrend.pictures.map(({ svg }) => svg));
    fc.assert(
      fc.property(texts, (all) => {
        const trend = renderTrend(hostile(calmLines, all));
        expectNeutralTerminal(trend.text(terminal));
        expectNeutralMarkdown(trend.markdown, calmTrend.markdown);
        for (const { svg } of trend.pictures) expectNeutralXml(svg, picture);
        const files = otavaFiles(trend.groups);
        expectSafePaths([...files, ...trend.pictures.map(({ fileName: path }) => ({ path }))].map(({ path }) => path));
        for (const { path, text } of files) {
          if (path.endsWith('.csv')) expectNeutralCsv(String(text).replaceAll('\n', '\r\n'));
          else expect(Object.keys(parseYaml(String(text)) as object)).toEqual(['tests', 'test_groups']);
        }
      }),
      tries(10),
    );
  }); // prettier-ignore
});

test('a number agrees with its noun: a run of one round on one core, a gate, a search and a history of one', () => {
  const run = exampleRun(1);
  const { config, host } = run;
  const ofOne: RunFile = {
    ...run,
    host: { ...host, cores: 1 },
    config: {
      ...config,
      rounds: 1,
      retries: 1,
      load: { ...config.load, connections: 1, requests: 1, durationMs: null },
      guards: { ...config.guards, foreignCpus: 1 },
    },
  };
  const report = reportModel(ofOne);
  const gate = exampleGate({ run: { id: '20260102-030405-abcdef', seed: 7, rounds: 1 } });
  const capacity = exampleCapacity();
  const model = capacityModel(capacity);
  const trend = renderTrend(exampleHistory(1));
  const terminal = { columns: 100, colour: false };
  const texts = [
    renderTerminal(report, terminal),
    renderSummary(report),
    renderStepSummary(report),
    renderReadmeBlock(report, { chartsPath: 'charts' }),
    renderPage(report, model.workloads),
    verdictsJunit(report),
    trialsCsv(report),
    summaryCard(report),
    ...chartFiles(report).map((file) => pictureOf(file.chart, file)),
    ...exportFiles(report, ['bencher', 'hgrm', 'hlog']).map(({ text }) => String(text)),
    ...[gateText, gateMarkdown, gateJunit].map((render) => render(gate)),
    renderCapacityTerminal(capacity, terminal),
    renderCapacityMarkdown(model),
    trend.text(terminal),
    trend.markdown,
  ];
  const plurals = texts.flatMap((text) => [...text.replaceAll(/<[^>]+>/g, '').matchAll(/.{0,30}(?<![\w.,×−-])1 (?!ms\b)[A-Za-z]+s\b.{0,20}/g)]);
  expect(plurals.map(([words]) => words)).toEqual([]);
}); // prettier-ignore
