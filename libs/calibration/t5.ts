import { planCpus, pinRunning } from '@tare/metrics';
import { checkLatency } from './src/latency/check-latency.ts';
const signal = new AbortController().signal;
const plan = planCpus(1);
pinRunning(process.pid, plan!.generator);
const show = (c: any) => {
  console.log(c.title, c.passed, c.notes);
  for (const i of c.items)
    console.log('  ', i.what, i.reported.toFixed(3), i.truth?.toFixed(3), i.errorText, i.limitText, i.passed);
};
show(await checkLatency({ windowMs: 1500, stalls: 2, cpus: plan, seed: 1, signal }));
