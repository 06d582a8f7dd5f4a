/** Reading a config file as text, without ever damaging what is not text. */
import { readFile } from 'node:fs/promises';

/** No honest config file is larger; a log file linked here by mistake is not read into memory as one. */
const MAX_BYTES = 1024 * 1024;

/** What is on disk: a text, no file at all, or something that cannot be read as text, and why. */
export type OnDisk =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads a file as strict UTF-8, byte order mark included. Never rejects. */
export async function readText(path: string): Promise<OnDisk> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'missing' };
    return {
      kind: 'unreadable',
      message: `found something that cannot be read (${code ?? message}), expected a file: see that the path is right and the file yours to read`,
    };
  }
  if (bytes.length > MAX_BYTES)
    return {
      kind: 'unreadable',
      message: `found ${bytes.length} bytes, expected at most ${MAX_BYTES}: put the right file here`,
    };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return {
      kind: 'unreadable',
      message: 'found bytes that are not UTF-8, expected UTF-8 text: save the file as UTF-8',
    };
  }
}
