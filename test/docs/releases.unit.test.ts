import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { manifest } from '../ci/manifest.ts';

const headings = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## (.+)$/gm)].map(
  ([, text = '']) => text,
);
const released = headings.filter((heading) => heading !== 'Unreleased');
const versionOf = (heading: string) => heading.split(',')[0] ?? '';

describe('the changelog', () => {
  it('has a heading with a date for each release but the first', () => {
    for (const heading of released.slice(0, -1)) {
      expect(heading).toMatch(/^\d+\.\d+\.\d+, \d{4}-\d\d-\d\d$/);
    }
  });

  it('has what is unreleased above them, if anything', () => {
    expect(headings.indexOf('Unreleased')).toBeLessThanOrEqual(0);
  });

  it('begins with the version of package.json and goes back from there', () => {
    const versions = released.map(versionOf);
    const newestFirst = [...versions].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    expect(versions).toEqual(newestFirst);
    expect(versions[0]).toBe(manifest.version);
  });

  it('is that of the client too', () => {
    expect(JSON.parse(readFileSync('client/package.json', 'utf8'))).toMatchObject({
      version: manifest.version,
    });
  });
});

describe('the steps of a release', () => {
  const [, steps = ''] =
    /^## Releasing$[\s\S]*?^```sh\n([\s\S]*?)^```/m.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? [];

  it('give the image the labels that the Dockerfile has', () => {
    const args = [...steps.matchAll(/--build-arg (\w+)=/g)].map(([, name]) => name);
    expect(args).toEqual(['VERSION', 'REVISION']);
    for (const name of args) expect(readFileSync('Dockerfile', 'utf8')).toContain(`ARG ${name}=\n`);
  });
});
