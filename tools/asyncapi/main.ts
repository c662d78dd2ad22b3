import { writeFileSync } from 'node:fs';
import { ASYNCAPI_PAGE, asyncApiPage } from './page.ts';

/** `npm run docs:asyncapi` */
writeFileSync(ASYNCAPI_PAGE, asyncApiPage());
console.log(`${ASYNCAPI_PAGE} is written.`);
