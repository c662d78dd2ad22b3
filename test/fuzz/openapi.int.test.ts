import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutables } from '../../tools/broker/executables.ts';
import { runCommand } from '../../tools/broker/processes.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { TEST_KEY, World } from '../support/world.ts';

const RUN_MS = scaledMs(4 * TEST_MS);
const MAX_EXAMPLES = '30';

const [schemathesis] = findExecutables('schemathesis');
const obstacle = schemathesis === undefined ? 'no schemathesis here; pipx install schemathesis' : undefined;

(obstacle === undefined ? describe : describe.skip)(`schemathesis${skippedFor(obstacle)}`, () => {
  /** It leaves a folder of its own where it runs. */
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'roomcast-schemathesis-'));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it(
    'finds no request that is answered otherwise than openapi.json says',
    async () => {
      await using world = await World.start({ deliveries: 0, env: { INGEST_RATE_LIMIT: '0' } });
      const [ingest] = world.ingests;
      const args = [
        ...['run', `http://127.0.0.1:${ingest?.httpPort ?? 0}/openapi.json`],
        ...['--header', `Authorization: Bearer ${TEST_KEY}`],
        // Rules between fields, such as rooms or a provider's id, are said in words there.
        ...['--exclude-checks', 'positive_data_acceptance'],
        ...['--max-examples', MAX_EXAMPLES, '--seed', '1', '--generation-database', 'none', '--no-color'],
      ];
      const { code, stdout, stderr } = await runCommand(schemathesis ?? '', args, { timeoutMs: RUN_MS, cwd });
      expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
    },
    RUN_MS,
  );
});
