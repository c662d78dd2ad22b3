import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { manifest, nodeToWorkWith, oldestNode } from './manifest.ts';

describe('the version of Node to work with', () => {
  it('is the one of the image, and new enough', () => {
    const [, image] = /^ARG NODE_IMAGE=node:(\d+)/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
    expect(Number(image)).toBe(nodeToWorkWith);
    expect(nodeToWorkWith).toBeGreaterThanOrEqual(oldestNode);
  });

  it('may be old: the types are those of the oldest', () => {
    expect(manifest.devDependencies['@types/node']).toMatch(new RegExp(`^\\^${oldestNode}\\.`));
    expect(readFileSync('tools/bootstrap.mjs', 'utf8')).toContain(`const MIN_NODE = ${oldestNode};`);
  });
});
