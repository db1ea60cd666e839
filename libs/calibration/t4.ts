import { simulateShares } from './src/simulation/simulate-shares.ts';
const signal = new AbortController().signal;
for (const [seed,runs] of [[1,2000],[5000,2000],[20000,10000]] as const)
for (const design of [{kind:'fixed',rounds:12},{kind:'pilot',pilot:6,max:30},{kind:'fixed',rounds:30}] as const) {
 if (design.kind==='fixed' && design.rounds===30 && runs===10000) continue;
 const s = await simulateShares({design, slowdownPercent:0, margin:0.02, runs: design.kind==='pilot'?Math.min(runs,6000):runs, seed, signal});
 console.log(seed, s[0].design, s.map(x=>`${x.outcome} ${x.percent.toFixed(1)} [${x.ci95.map(v=>v.toFixed(1))}]`).join('  '));
}
