import { planCpus, pinRunning } from '@tare/metrics';
import { checkStartup } from './src/startup/check-startup.ts';
const signal = new AbortController().signal; const plan = planCpus(1);
const show = (c: any) => { console.log(c.title, c.passed); for (const i of c.items) console.log('  ', i.what, i.reported.toFixed(3), i.truth?.toFixed(3), i.errorText, i.limitText, i.passed); };
show(await checkStartup({ delaysMs: [0,50,200], repetitions: 10, cpus: plan?.server, signal }));
pinRunning(process.pid, plan!.generator);
show(await checkStartup({ delaysMs: [0,50,200], repetitions: 10, cpus: plan?.server, signal }));
