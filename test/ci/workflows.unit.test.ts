import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { manifest, nodeToWorkWith, oldestNode, scriptsCalledIn } from './manifest.ts';

const FOLDER = '.github/workflows';
const files = readdirSync(FOLDER);
const textOf = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

const Step = z.strictObject({
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  run: z.string().optional(),
});
const Workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    push: z.strictObject({ branches: z.array(z.string()) }),
    pull_request: z.null(),
  }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      'runs-on': z.string().regex(/-\d/, 'an image that changes under us'),
      'timeout-minutes': z.int(),
      strategy: z
        .strictObject({ 'fail-fast': z.boolean(), matrix: z.strictObject({ node: z.array(z.int()) }) })
        .optional(),
      steps: z.array(Step),
    }),
  ),
});

const workflowOf = (file: string) => Workflow.parse(parse(textOf(file)));
const jobsOf = (file: string) => Object.values(workflowOf(file).jobs);
const stepsOf = (file: string) => jobsOf(file).flatMap(({ steps }) => steps);

describe('the workflows of the forge', () => {
  it('run all tests on pushes to main and on pull requests', () => {
    expect(files.flatMap((file) => stepsOf(file)).map(({ run }) => run)).toEqual(
      expect.arrayContaining(['npm test', 'npm run coverage', 'npm run test:docker']),
    );
    for (const file of files)
      expect(workflowOf(file).on).toEqual({ push: { branches: ['main'] }, pull_request: null });
  });

  it('look for known vulnerabilities of what is shipped, where a registry that knows none would fail', () => {
    const audits = files.flatMap(stepsOf).filter(({ run }) => run?.startsWith('npm audit'));
    expect(audits).toEqual([{ run: 'npm audit --omit=dev --audit-level=high' }]);
  });

  it('call only scripts of package.json', () => {
    for (const { run = '' } of files.flatMap(stepsOf)) {
      for (const script of scriptsCalledIn(run)) expect(Object.keys(manifest.scripts)).toContain(script);
    }
  });

  it('pin each action to one commit, and say which version that is', () => {
    const uses = files.flatMap((file) =>
      [...textOf(file).matchAll(/uses: (.*)$/gm)].map(([, text = '']) => text),
    );
    expect(uses.length).toBe(files.flatMap(stepsOf).filter((step) => step.uses !== undefined).length);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('set Node up with a cache of npm, and leave no credentials in the checkout', () => {
    for (const { steps } of files.flatMap(jobsOf)) {
      const inputs = (action: string) =>
        steps.find(({ uses }) => uses?.startsWith(`actions/${action}@`))?.with;
      expect(inputs('checkout')).toMatchObject({ 'persist-credentials': false });
      expect(inputs('setup-node')).toMatchObject({ cache: 'npm' });
    }
  });

  it('test on the oldest Node of `engines` and on the one of .nvmrc', () => {
    const matrices = files
      .flatMap(jobsOf)
      .flatMap(({ strategy }) => (strategy ? [strategy.matrix.node] : []));
    expect(matrices).toEqual([[oldestNode, nodeToWorkWith]]);
    const chosen = files.flatMap(stepsOf).flatMap((step) => step.with?.['node-version-file'] ?? []);
    expect(new Set(chosen)).toEqual(new Set(['.nvmrc']));
  });
});
