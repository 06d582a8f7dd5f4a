/**
 * The file of saved keys: its format and nothing else. JSON, so that it can be recognised; the keys in it are sealed
 * with AES-256-GCM under a key that is not in it. Everything the reader relies on before it can decrypt (version, how
 * the key is come by, its parameters) is bound to the sealed data, so it cannot be exchanged unnoticed.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { type EnteredKeys, KeyStoreError } from '../core/sign-in.js';

/** Bytes of an AES-256 key. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;
const TAG_BYTES = 16;

/**
 * What one guess costs: OWASP's advice for scrypt at 32 MB, about a third of a second. More memory at once would be
 * seen in a daemon that is to stay small. The bounds keep a file that somebody else made from costing gigabytes.
 */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
const MOST = { N: 2 ** 18, r: 32, p: 16 } as const;
/** scrypt works in 128 * N * r bytes; Node refuses to go beyond this. */
const MOST_MEMORY = 512 * 1024 * 1024;

const base64 = (bytes?: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((data) => bytes === undefined || data.length === bytes);

const sealedBy = z.discriminatedUnion('by', [
  /** The key is in the system's keyring. */
  z.strictObject({ by: z.literal('keyring') }),
  z.strictObject({
    by: z.literal('passphrase'),
    kdf: z.literal('scrypt'),
    N: z.int().min(2).max(MOST.N),
    r: z.int().min(1).max(MOST.r),
    p: z.int().min(1).max(MOST.p),
    salt: z.base64(),
  }),
]);
/** How the key to a file is come by. */
export type SealedBy = z.output<typeof sealedBy>;

const fileSchema = z.strictObject({
  format: z.literal('cloudnap-keys'),
  version: z.literal(1),
  sealed: sealedBy,
  nonce: base64(NONCE_BYTES),
  data: base64(),
  tag: base64(TAG_BYTES),
  /** SHA-256 over the rest: tells a file that rotted from a passphrase that is wrong. It protects nothing. */
  checksum: base64(32),
});

const keysSchema = z.strictObject({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string().optional(),
  region: z.string().optional(),
});

/** A file that was read and is what was written, still sealed. */
export interface SealedFile {
  readonly sealed: SealedBy;
  /** @throws KeyStoreError `damaged` when the key is not the one it was sealed with. */
  open(key: Uint8Array): EnteredKeys;
}

/** How a new file is to be sealed for a passphrase: today's cost and a salt of its own. */
export function newPassphraseSeal(): Extract<SealedBy, { by: 'passphrase' }> {
  return { by: 'passphrase', kdf: 'scrypt', ...COST, salt: randomBytes(SALT_BYTES).toString('base64') };
}

/** The key that a passphrase gives, off the main thread. The same text typed on another keyboard gives the same key. */
export function keyOf(passphrase: string, seal: Extract<SealedBy, { by: 'passphrase' }>): Promise<Buffer> {
  const { N, r, p, salt } = seal;
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: MOST_MEMORY };
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** The text of a file that keeps `keys`. */
export function sealKeys(keys: EnteredKeys, key: Uint8Array, sealed: SealedBy): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(sealed));
  const plain = JSON.stringify(keysSchema.parse(keys));
  const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  const parts = { sealed, nonce, data, tag: cipher.getAuthTag() };
  const shown = {
    format: 'cloudnap-keys',
    version: 1,
    sealed,
    nonce: nonce.toString('base64'),
    data: data.toString('base64'),
    tag: parts.tag.toString('base64'),
    checksum: checksumOf(parts).toString('base64'),
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** Reads a file's text. @throws KeyStoreError `damaged` when it is not what {@link sealKeys} wrote. */
export function readSealed(text: string, path: string): SealedFile {
  const parsed = fileSchema.safeParse(jsonOf(text));
  if (!parsed.success || !checksumOf(parsed.data).equals(parsed.data.checksum)) throw damaged(path);
  const { sealed, nonce, data, tag } = parsed.data;
  return {
    sealed,
    open(key) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(sealed)).setAuthTag(tag);
        const plain = Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8');
        return keysSchema.parse(JSON.parse(plain));
      } catch {
        // No cause: what a parser complains of may quote what was decrypted.
        throw damaged(path);
      }
    },
  };
}

function damaged(path: string): KeyStoreError {
  return new KeyStoreError('damaged', `The file of saved keys is damaged: ${path}`, {
    hint: 'Enter the keys again to replace it; `cloudnap logout` removes it.',
  });
}

function boundTo(sealed: SealedBy): Buffer {
  return Buffer.from(JSON.stringify(['cloudnap-keys', 1, ...Object.entries(sealed).sort().flat()]));
}

function checksumOf(parts: { sealed: SealedBy; nonce: Buffer; data: Buffer; tag: Buffer }): Buffer {
  const hash = createHash('sha256').update(boundTo(parts.sealed));
  for (const part of [parts.nonce, parts.data, parts.tag]) hash.update(`${part.length}:`).update(part);
  return hash.digest();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
