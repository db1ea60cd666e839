/** On request, allocates and touches the memory that its argument gives in MiB, and keeps it. */
const wantedMiB = Number(process.argv[2]);
const kept: Buffer[] = [];

process.on('disconnect', () => process.exit(0));
process.on('message', (question) => {
  if (question === 'allocate') kept.push(Buffer.alloc(wantedMiB * 2 ** 20, 1));
  process.send?.({ heldMiB: kept.reduce((sum, { length }) => sum + length, 0) / 2 ** 20 });
});
