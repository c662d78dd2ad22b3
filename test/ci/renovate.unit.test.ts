import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { oldestNode } from './manifest.ts';

const Rule = z.strictObject({
  description: z.string().optional(),
  matchManagers: z.array(z.string()).optional(),
  matchDepTypes: z.array(z.string()).optional(),
  matchUpdateTypes: z.array(z.string()).optional(),
  matchPackageNames: z.array(z.string()).optional(),
  groupName: z.string().optional(),
  allowedVersions: z.string().optional(),
  enabled: z.boolean().optional(),
});
const Renovate = z.strictObject({
  $schema: z.url(),
  extends: z.array(z.string()),
  enabledManagers: z.array(z.string()),
  kubernetes: z.strictObject({ managerFilePatterns: z.array(z.string()) }),
  schedule: z.array(z.string()),
  vulnerabilityAlerts: z.strictObject({ enabled: z.boolean(), schedule: z.array(z.string()) }),
  lockFileMaintenance: z.strictObject({ enabled: z.boolean(), schedule: z.array(z.string()) }),
  packageRules: z.array(Rule),
});
const renovate = Renovate.parse(JSON.parse(readFileSync('.github/renovate.json', 'utf8')));

/** A file of each manager's kind. */
const EXAMPLES: Readonly<Record<string, string>> = {
  npm: 'package-lock.json',
  nvm: '.nvmrc',
  dockerfile: 'Dockerfile',
  'docker-compose': 'docker-compose.yml',
  kubernetes: 'deploy/kubernetes/base/ingest.yaml',
  'github-actions': '.github/workflows/test.yml',
};

describe('the updates of dependencies', () => {
  it('cover packages, images, actions and Node, each of which is here', () => {
    expect([...renovate.enabledManagers].sort()).toEqual(Object.keys(EXAMPLES).sort());
    for (const file of Object.values(EXAMPLES)) expect(existsSync(file)).toBe(true);
  });

  it('come weekly, the lock file too', () => {
    const onMondays = [expect.stringMatching(/^\* \d+-\d+ \* \* 1$/)];
    expect(renovate.schedule).toEqual(onMondays);
    expect(renovate.lockFileMaintenance).toEqual({ enabled: true, schedule: renovate.schedule });
  });

  it('come at once where they mend a vulnerability', () => {
    expect(renovate.vulnerabilityAlerts).toEqual({ enabled: true, schedule: ['at any time'] });
  });

  it('pin each image to its digest, as actions are pinned to a commit', () => {
    expect(renovate.extends).toEqual(
      expect.arrayContaining(['docker:pinDigests', 'helpers:pinGitHubActionDigestsToSemver']),
    );
  });

  it('come in groups, whatever the manager', () => {
    const grouped = renovate.packageRules
      .filter(({ groupName }) => groupName !== undefined)
      .flatMap(({ matchManagers = [] }) => matchManagers);
    expect([...new Set(grouped)].sort()).toEqual([...renovate.enabledManagers].sort());
  });

  it('find every image that a Kubernetes file names', () => {
    const patterns = renovate.kubernetes.managerFilePatterns.map((text) => new RegExp(text.slice(1, -1)));
    const files = readdirSync('deploy/kubernetes', { recursive: true, encoding: 'utf8' })
      .map((name) => join('deploy/kubernetes', name))
      .filter((file) => /\.ya?ml$/.test(file) && /\bimage:/.test(readFileSync(file, 'utf8')));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(patterns.some((pattern) => pattern.test(file))).toBe(true);
  });

  it('leave the types at the oldest Node, and that to us', () => {
    expect(renovate.packageRules).toContainEqual(
      expect.objectContaining({
        matchPackageNames: ['@types/node'],
        allowedVersions: `<${oldestNode + 1}`,
      }),
    );
    expect(renovate.packageRules).toContainEqual(
      expect.objectContaining({ matchDepTypes: ['engines'], enabled: false }),
    );
  });
});
