/**
 * Spins for a share of every cycle, given as its argument. Asked "cpu", it stands still and tells its own CPU time
 * (getrusage); asked anything else, it goes on.
 */
const busyShare = Number(process.argv[2]);
const cycleMs = 20;

let cycleAt = performance.now();
let next: NodeJS.Timeout | undefined;
function cycle(): void {
  const until = cycleAt + busyShare * cycleMs;
  while (performance.now() < until);
  const now = performance.now();
  // after a pause that the host made, go on from now: the lost cycles are not made up for
  cycleAt = Math.max(cycleAt + cycleMs, now - cycleMs);
  next = setTimeout(cycle, Math.max(0, cycleAt - now));
}

process.on('disconnect', () => process.exit(0));
process.on('message', (question) => {
  clearTimeout(next);
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
  if (question === 'cpu') return;
  cycleAt = performance.now();
  cycle();
});
cycle();
