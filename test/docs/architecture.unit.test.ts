import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  DEVICES,
  EXCHANGE,
  PUSH,
  PUSH_WAIT,
  HISTORY,
  INBOX,
  LEDGER,
  RECEIPTS,
  REJECTED,
  REVOCATIONS,
} from '../../shared/contract/topology.ts';

const page = readFileSync('docs/architecture.md', 'utf8');
/** A path from the root, or one that goes on from a service that the page names before. */
const ROOTS = ['', 'services/ingest/', 'services/delivery/', 'services/push/', 'docs/'];
const files = [...new Set([...page.matchAll(/`([\w./-]+\.(?:ts|js|md))`/g)].map(([, path = '']) => path))];

describe('the page about the architecture', () => {
  it.each(files)('names %s, which is there', (path) => {
    expect(ROOTS.some((root) => existsSync(root + path))).toBe(true);
  });

  it.each([EXCHANGE, HISTORY, INBOX, LEDGER, REJECTED, REVOCATIONS, RECEIPTS, DEVICES, PUSH, PUSH_WAIT])(
    'tells of %s',
    (name) => {
      expect(page).toContain(`\`${name}\``);
    },
  );

  it('has a drawing of each path', () => {
    expect(page.match(/```mermaid\nsequenceDiagram/g)).toHaveLength(4);
  });
});
