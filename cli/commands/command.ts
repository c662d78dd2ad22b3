import type { Command } from 'commander';
import type { Context } from '../context.ts';

/** Adds a command to the program; its action ends with the exit code. */
export type AddCommand = (program: Command, context: Context, exit: (code: number) => void) => void;
