#!/usr/bin/env node
import { runAsProcess } from './process.ts';

await runAsProcess(process.argv.slice(2), { env: process.env, folder: process.cwd() });
