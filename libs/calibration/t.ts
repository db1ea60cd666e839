import { planCpus } from '@tare/metrics';
import { checkCpu } from './src/cpu/check-cpu.ts';
import { checkMemory } from './src/memory/check-memory.ts';
import { checkStartup } from './src/startup/check-startup.ts';
const signal = new AbortController().signal; const cpus = planCpus(1)?.server;
const show = (c: any) => { console.log(c.title, c.passed); for (const i of c.items) console.log('  ', i.what, i.reported.toFixed(3), i.truth?.toFixed(3), i.errorText, i.limitText, i.passed); };
show(await checkCpu({ dutyPercents: [30,60,90], windowMs: 2000, cpus, signal }));
show(await checkMemory({ allocationsMiB: [64,256], cpus, signal }));
show(await checkStartup({ delaysMs: [0,50,200], repetitions: 10, cpus, signal }));
