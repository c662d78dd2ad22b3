import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { IngestVariables } from '../../services/ingest/config.ts';
import { PushVariables } from '../../services/push/config.ts';
import {
  deliveryQueueOf,
  DEVICES,
  HISTORY,
  INBOX,
  LEDGER,
  PUSH,
  PUSH_WAIT,
  RECEIPTS,
  REJECTED,
  REVOCATIONS,
} from '../../shared/contract/topology.ts';

const pages = ['.', '.github', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const security = readFileSync('SECURITY.md', 'utf8');

/** As the forge makes them of headings, and those that a page sets itself. */
function anchorsOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id)];
}

function brokenLinksOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
}

describe('a page', () => {
  it.each(pages)('%s has only links that lead somewhere', (page) => {
    expect(brokenLinksOf(page)).toEqual([]);
  });
});

describe('SECURITY.md', () => {
  const named = (pattern: RegExp) => [
    ...new Set([...security.matchAll(pattern)].map(([, name = '']) => name)),
  ];

  it('names only settings that there are', () => {
    const compose = readFileSync('docker-compose.yml', 'utf8');
    const settings = [DeliveryVariables, IngestVariables, PushVariables].flatMap(({ shape }) =>
      Object.keys(shape),
    );
    const unknown = named(/`([A-Z]+(?:_[A-Z]+)+)\b/g).filter(
      (name) => !settings.includes(name) && !compose.includes(`\${${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('names the tests that hold each row of its threat model', () => {
    const [, model = ''] = security.split('## Threat model');
    const [rows = ''] = model.split('What we trust');
    const actors = rows.split('\n').filter((line) => line.startsWith('| '));
    const [, , ...claims] = actors;
    expect(claims.length).toBeGreaterThan(5);
    for (const claim of claims) expect(claim).toMatch(/\]\(test\/[\w./-]+\.test\.ts\)/);
  });

  it('names every durable queue and stream, where personal data is', () => {
    const queues = [
      HISTORY,
      INBOX,
      REJECTED,
      LEDGER,
      REVOCATIONS,
      RECEIPTS,
      DEVICES,
      PUSH,
      PUSH_WAIT,
      deliveryQueueOf('…'),
    ];
    expect(named(/(appointments\.[a-z.…]+)`/g).sort()).toEqual(queues.sort());
  });

  it('takes reports by the forge, and knows no address that nobody reads', () => {
    expect(security).toContain('**Report a vulnerability**');
    expect(security).not.toMatch(/\S+@\S+\.\w+/);
  });
});
