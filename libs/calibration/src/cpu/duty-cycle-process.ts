/** Spins for a share of every cycle, given as its argument, and tells its own CPU time (getrusage) when asked. */
const busyShare = Number(process.argv[2]);
const cycleMs = 20;

process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});

let cycleAt = performance.now();
function cycle(): void {
  const until = cycleAt + busyShare * cycleMs;
  while (performance.now() < until);
  const now = performance.now();
  // after a pause that the host made, go on from now: the lost cycles are not made up for
  cycleAt = Math.max(cycleAt + cycleMs, now - cycleMs);
  setTimeout(cycle, Math.max(0, cycleAt - now));
}
cycle();
