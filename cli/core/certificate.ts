import type { Finding } from './examination.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A renewal by ACME comes 30 days before the end: two weeks are two that failed. */
const LEAST_LEFT_MS = 14 * DAY_MS;

const cures: readonly (readonly [RegExp, string])[] = [
  [/CERT_HAS_EXPIRED/, 'renew the certificate, and look why it was not renewed by itself'],
  [/ALTNAME/, 'get a certificate for this name, or use the name that it is for'],
  [
    /UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER/,
    'let the proxy send the whole chain: fullchain.pem instead of cert.pem',
  ],
  [
    /SELF_SIGNED/,
    'get one that phones trust; for an authority of your own, name its file in NODE_EXTRA_CA_CERTS',
  ],
];
const OTHER = 'get a certificate that phones trust';

/** Why clients would refuse a certificate, or will soon. */
export function certificateProblem(
  place: string,
  { error, endsAt }: { readonly error: string | undefined; readonly endsAt: Date },
  now: Date,
): Finding | undefined {
  if (error !== undefined) {
    const [, cure = OTHER] = cures.find(([pattern]) => pattern.test(error)) ?? [];
    return { problem: `the certificate of ${place} is not trusted: ${error}`, cure };
  }
  const leftMs = endsAt.getTime() - now.getTime();
  if (leftMs > LEAST_LEFT_MS) return undefined;
  return {
    problem: `the certificate of ${place} ends in ${Math.floor(leftMs / DAY_MS)} days`,
    cure: 'renew it now, and look why it was not renewed by itself',
  };
}
