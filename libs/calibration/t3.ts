import { simulateShares } from './src/simulation/simulate-shares.ts';
const signal = new AbortController().signal;
for (const design of [{kind:'fixed',rounds:12},{kind:'pilot',pilot:6,max:30}] as const)
for (const slowdownPercent of [0,2,5,10]) {
 const t=performance.now();
 const s = await simulateShares({design, slowdownPercent, margin:0.02, runs: 2000, seed: 1, signal});
 console.log(s[0].design, slowdownPercent, s.map(x=>`${x.outcome} ${x.percent.toFixed(1)} [${x.ci95.map(v=>v.toFixed(1))}]`).join('  '), ((performance.now()-t)/1000).toFixed(1)+'s');
}
