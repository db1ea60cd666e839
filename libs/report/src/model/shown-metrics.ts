import { metricCatalogue, type Metric, type MetricKey } from '@tare/results';

/** A chart of bars: one per environment. */
export type BarFigure = {
  readonly heading: string;
  /** The part that the app itself uses; the rest of the bar is tare. */
  readonly net?: MetricKey;
  /** A picture of it: the end of its file name, and its title. */
  readonly picture?: { readonly file: string; readonly title: string };
  /** Only a picture: the page shows the others of its kind. */
  readonly onlyPicture?: true;
};

type Shown = {
  /** Within a sentence: "net memory"; by default the label in lower case. */
  readonly noun?: string;
  /** What more and less of it are called; "higher" and "lower" by default. */
  readonly sides?: { readonly more: string; readonly less: string };
  readonly terminal?: true;
  readonly readme?: true;
  readonly bar?: BarFigure;
  /** Heading on the card. */
  readonly card?: string;
  /** Where a robust figure of it may decide. */
  readonly robust?: Robust;
};

/** What a robust figure is called, and what it is a part of. */
type Robust = {
  /** "typical slices". */
  readonly typical: string;
  /** "all slices". */
  readonly whole: string;
  /** Goes before the bounds of the whole: "all time counted". */
  readonly counted: string;
};

const byTare: Robust = {
  typical: 'tare',
  whole: 'gross figures',
  counted: 'the app’s own use counted',
};

const times = { more: 'longer', less: 'shorter' };

/**
 * What each metric is called, and where it is shown. A metric that is not listed is shown in `summary.md`, in `trials.csv` and,
 * trial by trial, on the page.
 */
const shown: Readonly<Partial<Record<MetricKey, Shown>>> = {
  startupMs: {
    sides: times,
    terminal: true,
    readme: true,
    bar: { heading: 'Startup', picture: { file: 'startup', title: 'startup time' } },
    card: 'startup',
    robust: { typical: 'typical start', whole: 'all starts', counted: 'all starts counted' },
  },
  restartMs: { sides: times, terminal: true, bar: { heading: 'Restart' } },
  throughputRps: {
    terminal: true,
    readme: true,
    bar: { heading: 'Throughput', picture: { file: 'throughput', title: 'throughput' } },
    card: 'throughput',
    robust: { typical: 'typical slices', whole: 'all slices', counted: 'all time counted' },
  },
  latencyMeanMs: {
    terminal: true,
    bar: {
      heading: 'Latency mean',
      picture: { file: 'latency-mean', title: 'mean latency' },
      onlyPicture: true,
    },
  },
  latencyP50Ms: {
    terminal: true,
    bar: { heading: 'Latency p50' },
    robust: { typical: 'typical request', whole: 'p50s', counted: 'the p50s themselves' },
  },
  latencyP95Ms: {
    terminal: true,
    bar: { heading: 'Latency p95', picture: { file: 'latency-p95', title: '95th percentile of latency' } },
    robust: {
      typical: 'typical slow request',
      whole: 'all slow requests',
      counted: 'all slow requests counted',
    },
  },
  latencyP99Ms: { terminal: true, bar: { heading: 'Latency p99' } },
  cpuNetPercent: { noun: 'net CPU', terminal: true },
  cpuGrossPercent: { noun: 'gross CPU', terminal: true },
  cpuNetMsPerRequest: { noun: 'net CPU per request', terminal: true, readme: true },
  cpuGrossMsPerRequest: {
    noun: 'gross CPU per request',
    terminal: true,
    bar: {
      heading: 'CPU per request',
      net: 'cpuNetMsPerRequest',
      picture: { file: 'cpu', title: 'CPU time per request' },
    },
    card: 'CPU per request',
    robust: byTare,
  },
  memoryNetMiB: { noun: 'net memory', terminal: true },
  memoryNetPeakMiB: { noun: 'peak net memory' },
  memoryGrossMiB: {
    noun: 'gross memory',
    terminal: true,
    readme: true,
    bar: { heading: 'Memory', net: 'memoryNetMiB', picture: { file: 'memory', title: 'memory' } },
    card: 'memory',
    robust: byTare,
  },
  errors: { terminal: true },
};

const ofKey: Readonly<Record<string, Shown | undefined>> = shown;

/** Where a metric is shown beside the places that have all of them. */
export function shownAs(key: string): Shown {
  return ofKey[key] ?? {};
}

/** What decides a metric that has a robust figure beside its own; of one that has none, its rounds. */
export function robustOf(key: string): Robust {
  return shownAs(key).robust ?? { typical: 'rounds', whole: 'rounds', counted: 'all rounds counted' };
}

/** A metric within a sentence: "throughput", "latency p95", "net CPU per request"; an unknown one by its key. */
export function metricNoun(key: string): string {
  return shownAs(key).noun ?? metricOf(key)?.label.toLowerCase() ?? key;
}

/** A metric by itself: "Throughput"; an unknown one by its key. */
export function metricLabel(key: string): string {
  return metricOf(key)?.label ?? key;
}

/** What more and less of a metric are called: a time is longer, a share is higher. */
export function sidesOf(key: string): { readonly more: string; readonly less: string } {
  return shownAs(key).sides ?? { more: 'higher', less: 'lower' };
}

/** The heading of a metric's row: "Startup, ms"; errors are summed over the trials. */
export function metricTitle({ key, label, unit }: Metric): string {
  if (key === 'errors') return `${label}, total`;
  return unit === '' ? label : `${label}, ${unit}`;
}

/** A metric of the catalogue; undefined for a key that this version does not know. */
export function metricOf(key: string): Metric | undefined {
  return metricCatalogue.find((metric) => metric.key === key);
}
