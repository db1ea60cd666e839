import { metricCatalogue } from '@tare/results';
import type { MetricKey, RunFile } from '@tare/results';
import { summaryOf } from '../../metric-table.ts';
import { decimalsOf, meanText } from '../../number-text.ts';
import { directionText } from '../data/figure-text.ts';
import type { Subject, WorkloadSubjects } from '../data/page-subject.ts';
import { markup, nothing } from '../markup.ts';
import type { Html } from '../markup.ts';
import { colourVariable } from '../page-parts.ts';

type Weight = { readonly title: string; readonly key: MetricKey; readonly netKey?: MetricKey };

const weights: readonly Weight[] = [
  { title: 'Startup', key: 'startupMs' },
  { title: 'Restart', key: 'restartMs' },
  { title: 'Throughput', key: 'throughputRps' },
  { title: 'Latency p50', key: 'latencyP50Ms' },
  { title: 'Latency p95', key: 'latencyP95Ms' },
  { title: 'Latency p99', key: 'latencyP99Ms' },
  { title: 'CPU per request', key: 'cpuGrossMsPerRequest', netKey: 'cpuNetMsPerRequest' },
  { title: 'Memory', key: 'memoryGrossMiB', netKey: 'memoryNetMiB' },
];

/** An emulated bar that is longer than this share of the others' scale is broken off. */
const longestEmulated = 1;

/** Per workload and metric a bar per environment; CPU and memory in two parts, net and tare. Bars are text and boxes, so they fit any screen. */
export function weighInSection(run: RunFile, workloads: readonly WorkloadSubjects[]): Html {
  const parts = workloads.map(({ workload, key, subjects }) => {
    const blocks = weights.flatMap((weight) => blockOf(run, workload, subjects, weight) ?? []);
    return markup`<section>
      <h3 id="${key}-weigh">${workload}</h3>
      <div class="pairs">${blocks}</div>
    </section>`;
  });
  const hasEmulated = workloads.some(({ subjects }) => subjects.some(({ emulated }) => emulated));
  const emulatedNote = hasEmulated
    ? markup` Hatched bars are of emulated environments, whose figures weigh the emulator; one that would
      flatten the others is broken off and does not follow the scale.`
    : nothing;
  return markup`<section id="weigh-in" aria-labelledby="weigh-title">
    <h2 id="weigh-title">The weigh-in</h2>
    <p class="lead">Mean ± standard deviation over trials. Of a bar in two parts the full one is <span class="swatch"><i></i>net</span>, what the app itself uses, and the pale one <span class="swatch"><i class="tare"></i>tare</span>, what its environment adds.${emulatedNote}</p>
    ${parts}
  </section>`;
}

function blockOf(
  run: RunFile,
  workload: string,
  subjects: readonly Subject[],
  { title, key, netKey }: Weight,
): Html | null {
  const metric = metricCatalogue.find((each) => each.key === key);
  const bars = subjects.flatMap((subject) => {
    const summary = summaryOf(run, workload, subject.name, key);
    const net = netKey === undefined ? undefined : summaryOf(run, workload, subject.name, netKey);
    return summary === undefined ? [] : [{ subject, summary, net }];
  });
  if (metric === undefined || bars.length === 0) return null;
  const plain = bars.filter(({ subject }) => !subject.emulated);
  const longest = Math.max(...(plain.length === 0 ? bars : plain).map(({ summary }) => summary.mean));
  const rows = bars.map(({ subject, summary, net }) => {
    const share = longest > 0 ? summary.mean / longest : 0;
    const broken = subject.emulated && plain.length > 0 && share > longestEmulated;
    const width = (Math.min(share, 1) * 100).toFixed(2);
    // two meters are never read at the same instant: the net one may be ahead by a hair
    const tare = net === undefined ? 0 : Math.max(0, summary.mean - net.mean);
    const decimals = decimalsOf(summary.mean);
    const split =
      net === undefined
        ? nothing
        : markup`<small>net ${net.mean.toFixed(decimals)} + tare ${tare.toFixed(decimals)}</small>`;
    const classes = ['bar', ...(subject.emulated ? ['hatched'] : []), ...(broken ? ['broken'] : [])].join(
      ' ',
    );
    const colour = `--c:var(--${colourVariable(subject.colourIndex)})`;
    const netShare = net === undefined ? 100 : 100 - (100 * tare) / Math.max(summary.mean, Number.MIN_VALUE);
    const pieces = markup`<i style="width:${netShare.toFixed(2)}%;${colour}"></i>${tare > 0 ? markup`<i class="tare" style="${colour}"></i>` : nothing}`;
    const mark = subject.emulated ? markup` <small>emulated</small>` : nothing;
    return markup`<li><span>${subject.name}${mark}</span><div class="track"><div class="${classes}" style="width:${width}%">${pieces}</div></div><span>${meanText(summary)}${split}</span></li>
`;
  });
  return markup`<div class="block"><h4>${title} <small>${directionText(metric)}</small></h4><ul class="bars">
${rows}</ul></div>`;
}
