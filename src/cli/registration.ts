/** What every command's file exports as `register`. */
import type { Command } from 'commander';
import type { Cli } from './cli.js';

/** Adds one command, with its help and its action, to the program. */
export type Registration = (program: Command, cli: Cli) => void;
