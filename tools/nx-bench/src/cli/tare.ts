#!/usr/bin/env node
import { runCommand } from './command-line.ts';
import { commands } from './commands.ts';

// `tare … | head` stops reading: what is under way still ends as it should, its files included
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = await runCommand(process.argv.slice(2), commands, process.cwd());
