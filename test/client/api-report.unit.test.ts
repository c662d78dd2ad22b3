import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pack, type Packed } from './support/package.ts';

let packed: Packed;
let folder: string;
beforeAll(() => {
  packed = pack();
  // What lies in node_modules counts as somebody else's: its types would be named and not written out.
  folder = join(packed.app, 'package');
  cpSync(packed.folder, folder, { recursive: true });
});
afterAll(() => packed[Symbol.dispose]());

/** Where it is meant: `ROOMCAST_API_REPORT=write npm test -- api-report`, and the change is in the diff. */
const isWritten = process.env['ROOMCAST_API_REPORT'] === 'write';

it.each(['index', 'push', 'react', 'react-native'])(
  'the public types of %s are those of its report',
  (entry) => {
    const name = `${entry}.api.md`;
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: join(folder, 'dist', `${entry}.d.ts`),
        compiler: {
          overrideTsconfig: { compilerOptions: { module: 'NodeNext', lib: ['ES2022'], types: [] } },
        },
        apiReport: {
          enabled: true,
          reportFileName: name,
          reportFolder: resolve('client/api'),
          reportTempFolder: join(folder, 'api'),
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } } },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, 'package.json'),
    });
    const { apiReportChanged } = Extractor.invoke(config, {
      messageCallback: (message) => (message.handled = true),
    });
    if (isWritten) copyFileSync(join(folder, 'api', name), resolve('client/api', name));
    expect(isWritten || !apiReportChanged).toBe(true);
    // Each type of ours is written out.
    expect(readFileSync(join('client/api', name), 'utf8')).not.toContain("from './");
  },
);
