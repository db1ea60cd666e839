/**
 * Spins for a share of every cycle, given as its argument. On the message "cpu" it pauses and reports its own CPU time
 * (getrusage); on any other message it goes on.
 */
const busyShare = Number(process.argv[2]);
const cycleMs = 20;

let cycleAt = performance.now();
let next: NodeJS.Timeout | undefined;
function cycle(): void {
  const until = cycleAt + busyShare * cycleMs;
  while (performance.now() < until);
  const now = performance.now();
  // after a pause of the host go on from now and do not catch up on lost cycles
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
