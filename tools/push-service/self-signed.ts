import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const DAY_MS = 86_400_000;
/** For clocks that differ a little. */
const LIFE_MS = { before: DAY_MS, after: 30 * DAY_MS };

const NAME = 'localhost';
const ADDRESS = Buffer.from([127, 0, 0, 1]);

/** Tags of DER (X.690), and those that X.509 gives to its own fields (RFC 5280, 4.1 and 4.2.1.6). */
const tag = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, text: 0x0c, time: 0x17 };
const SEQUENCE = 0x30;
const SET = 0x31;
const field = { version: 0xa0, extensions: 0xa3, dnsName: 0x82, ipAddress: 0x87 };

const oid = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
};

/** A key and a certificate for this machine that nobody trusts who is not told to; both are PEM. */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signedBy = der(SEQUENCE, idOf('ecdsaWithSha256'));
  const serial = randomBytes(8);
  // Of several that are trusted together one is found by its name.
  const commonName = Buffer.from(`${NAME} ${serial.toString('hex')}`);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, idOf('commonName'), der(tag.text, commonName))));
  const nowMs = Date.now();
  const content = der(
    SEQUENCE,
    der(field.version, der(tag.integer, Buffer.from([2]))),
    // The first byte makes it a positive number.
    der(tag.integer, Buffer.concat([Buffer.from([1]), serial])),
    signedBy,
    name,
    der(SEQUENCE, timeOf(nowMs - LIFE_MS.before), timeOf(nowMs + LIFE_MS.after)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(field.extensions, der(SEQUENCE, isItsOwnAuthority(), names())),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)]);
  const cert = der(SEQUENCE, content, signedBy, der(tag.bits, signature));
  const lines = cert.toString('base64').replaceAll(/.{1,64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
  };
}

function isItsOwnAuthority(): Buffer {
  const value = der(SEQUENCE, der(tag.boolean, Buffer.from([0xff])));
  return der(SEQUENCE, idOf('basicConstraints'), der(tag.octets, value));
}

function names(): Buffer {
  const value = der(SEQUENCE, der(field.dnsName, Buffer.from(NAME)), der(field.ipAddress, ADDRESS));
  return der(SEQUENCE, idOf('subjectAltName'), der(tag.octets, value));
}

function idOf(name: keyof typeof oid): Buffer {
  return der(tag.oid, Buffer.from(oid[name], 'hex'));
}

/** `YYMMDDhhmmssZ`. */
function timeOf(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '');
  return der(tag.time, Buffer.from(`${digits.slice(2, 14)}Z`));
}

/** Its tag, its length, and what is in it. */
function der(tagByte: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tagByte, ...lengthOf(value.byteLength)]), value]);
}

/** In as few bytes as it takes: there is one way to write it. */
function lengthOf(bytes: number): readonly number[] {
  if (bytes < 0x80) return [bytes];
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}
