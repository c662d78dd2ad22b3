import { writeFileSync } from 'node:fs';
import { LIMITS_PAGE, limitsPage, missingFromLimits } from './page.ts';

/** `npm run docs:limits` */
writeFileSync(LIMITS_PAGE, limitsPage('.'));
console.log(`${LIMITS_PAGE} is written.`);
const missing = missingFromLimits('.');
if (missing.length > 0) {
  console.error(`It is not whole:\n${missing.map((problem) => `  ${problem}`).join('\n')}`);
  process.exitCode = 1;
}
