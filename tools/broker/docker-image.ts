import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DEFAULT_IMAGE = 'rabbitmq:4-management';

/** The image that docker-compose.yml runs, also as the default of a `${VARIABLE:-…}`. */
export function rabbitImage(root: string): string {
  try {
    const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
    return /^\s*image:.*?\b(rabbitmq:[\w.-]+)/m.exec(compose)?.[1] ?? DEFAULT_IMAGE;
  } catch {
    return DEFAULT_IMAGE;
  }
}
