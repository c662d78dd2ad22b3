import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pack, type Packed } from './support/package.ts';

let packed: Packed;
beforeAll(() => {
  packed = pack();
});
afterAll(() => packed[Symbol.dispose]());

/** Where it is meant: `ROOMCAST_API_REPORT=write npm test -- api-report`, and the change is in the diff. */
const isWritten = process.env['ROOMCAST_API_REPORT'] === 'write';

it.each(['index', 'react', 'react-native'])('the public types of %s are those of its report', (entry) => {
  const name = `${entry}.api.md`;
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: packed.folder,
      mainEntryPointFilePath: join(packed.folder, 'dist', `${entry}.d.ts`),
      compiler: { overrideTsconfig: { compilerOptions: { module: 'NodeNext', lib: ['ES2022'], types: [] } } },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: resolve('client/api'),
        reportTempFolder: join(packed.folder, 'api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } } },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(packed.folder, 'package.json'),
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    messageCallback: (message) => (message.handled = true),
  });
  if (isWritten) copyFileSync(join(packed.folder, 'api', name), resolve('client/api', name));
  expect(isWritten || !apiReportChanged).toBe(true);
});
