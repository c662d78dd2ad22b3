import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      /** For tools, and an optional one of the client's. */
      devOptional: z.boolean().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});
const Sbom = z.object({ components: z.array(z.object({ name: z.string(), version: z.string() })) });
const { packages } = Lock.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
const installed = Object.entries(packages)
  // Not ourselves, nor our workspace and the link to it.
  .filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true)
  .map(([path, entry]) => ({ name: path.split('node_modules/').at(-1) ?? path, ...entry }));
const isTool = ({ dev, devOptional }: (typeof installed)[number]) => dev === true || devOptional === true;
const shipped = installed.filter((entry) => !isTool(entry));

/** Of what is in the image: each may be given on with the MIT licence of this repository. */
const SHIPPED = ['MIT', 'ISC', 'BSD-3-Clause', 'Apache-2.0'];
/** Of what builds and tests besides: nothing of it is given on. */
const TOOLS = [
  ...['BSD-2-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense', 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0'],
  ...['Apache-2.0 AND MIT', '(MIT OR CC0-1.0)'],
];
/** Their package.json has the older `licenses`, which says MIT. */
const SAID_OTHERWISE = ['buildcheck', 'cpu-features', 'ssh2'];

describe('the licence of each package in the lock file', () => {
  it('is one that may be shipped where it is in the image', () => {
    expect(shipped.length).toBeGreaterThan(0);
    expect(shipped.filter(({ license = '' }) => !SHIPPED.includes(license))).toEqual([]);
  });

  it('is a free one where it only builds and tests', () => {
    const tools = installed.filter(isTool);
    const allowed = [...SHIPPED, ...TOOLS];
    const others = tools.filter(({ license = '' }) => !allowed.includes(license));
    expect(new Set(others.map(({ name }) => name))).toEqual(new Set(SAID_OTHERWISE));
  });
});

it('the lock file names no registry: everybody installs from their own', () => {
  expect(installed.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  expect(readFileSync('.npmrc', 'utf8')).toContain('omit-lockfile-registry-resolved=true');
});

it('npm run sbom lists what is shipped and nothing else', () => {
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8' });
  expect(status).toBe(0);
  const listed = Sbom.parse(JSON.parse(stdout)).components;
  const named = ({ name, version = '' }: { readonly name: string; readonly version?: string | undefined }) =>
    `${name}@${version}`;
  expect(new Set(listed.map(named))).toEqual(new Set(shipped.map(named)));
});
