import { readFileSync, statSync } from 'node:fs';

/** Variables whose value may stand in a file instead, as Docker and Kubernetes hand secrets over. */
const secretVariables = [
  'JWT_SECRET',
  'INGEST_API_KEYS',
  'ADMIN_API_KEYS',
  'AMQP_URL',
  'RABBITMQ_MANAGEMENT_URL',
  'EASYAPPOINTMENTS_API_TOKEN',
  'PUSH_VAPID_PRIVATE_KEY',
  'PUSH_FCM_ACCOUNT',
  'PUSH_APNS_KEY',
] as const;

export interface SecretFiles {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}

/** Far above several secrets, far below a disk that somebody mounted there. */
const MAX_BYTES = 64 * 1024;

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
    const read = readSecret(path);
    if ('text' in read) values[name] = read.text;
    else problems.push({ name, message: `the file that ${name}_FILE names ${read.problem}` });
  }
  return { values, problems };
}

/** The path is in no message: some put the secret itself there. */
function readSecret(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    if (statSync(path).size > MAX_BYTES) return { problem: 'is larger than 64 KiB: it holds something else' };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    if (text.includes('\0')) return { problem: NOT_TEXT };
    if (text.trim() === '') return { problem: 'is empty: put the secret there' };
    return { text: text.replace(/\r?\n$/, '') };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { problem: whyUnread[code] ?? `cannot be read (${code})` };
  }
}

const NOT_THERE = 'is not there: that variable takes a path, in a container the one inside it';
const NOT_TEXT = 'is not text: put the output of `openssl rand -hex 32` there';
const NO_RIGHT = 'must not be read by the user that this service runs as: give that user the right to';

const whyUnread: Readonly<Record<string, string>> = {
  ENOENT: NOT_THERE,
  ENOTDIR: NOT_THERE,
  ENAMETOOLONG: NOT_THERE,
  ERR_INVALID_ARG_VALUE: NOT_THERE,
  EISDIR: 'is a directory: name the file in it',
  EACCES: NO_RIGHT,
  EPERM: NO_RIGHT,
  ERR_ENCODING_INVALID_ENCODED_DATA: NOT_TEXT,
};
