#!/usr/bin/env node
import { runCommand } from './command-line.ts';
import { commands } from './commands.ts';

process.exitCode = await runCommand(process.argv.slice(2), commands, process.cwd());
