import { readFileSync } from 'node:fs';
import { errorText } from './error-text.ts';

/** Variables whose value may stand in a file instead, as Docker and Kubernetes hand secrets over. */
export const secretVariables = [
  'JWT_SECRET',
  'INGEST_API_KEYS',
  'AMQP_URL',
  'RABBITMQ_MANAGEMENT_URL',
  'EASYAPPOINTMENTS_API_TOKEN',
] as const;

export interface SecretFiles {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}

/** The secrets among `wanted` that the environment gives as `NAME_FILE`, without the newline that editors end a file with. */
export function readSecretFiles(
  env: Readonly<Record<string, string | undefined>>,
  wanted: readonly string[],
): SecretFiles {
  const values: Record<string, string> = {};
  const problems: { name: string; message: string }[] = [];
  for (const name of secretVariables) {
    const path = env[`${name}_FILE`]?.trim() ?? '';
    if (path === '' || !wanted.includes(name)) continue;
    if ((env[name] ?? '').trim() !== '') {
      problems.push({ name, message: `${name}_FILE is set too: keep one of them` });
      continue;
    }
    try {
      const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
      if (text.trim() === '') problems.push({ name, message: `the file that ${name}_FILE names is empty` });
      else values[name] = text;
    } catch (error) {
      problems.push({
        name,
        message: `the file that ${name}_FILE names cannot be read: ${errorText(error)}`,
      });
    }
  }
  return { values, problems };
}
