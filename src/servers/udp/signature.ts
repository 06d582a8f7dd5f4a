/**
 * Signed requests, the only ones that are served beyond loopback: HMAC-SHA256 in hex over `id`, `type`, `timestamp`
 * and `content`, joined by line ends; not older or newer than a minute; and each id once. Strings count by their
 * value, without quotes and escapes; numbers and the content as the very text they were sent as.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { rawMembers } from './raw-members.js';

/** How far a timestamp may be from our clock, milliseconds. */
const MAX_SKEW_MS = 60_000;
/**
 * Ids held at once. When it is full nothing more is served until some have run out: forgetting one early would
 * let it be played again. Only holders of the secret can fill it.
 */
const MAX_IDS = 65_536;

export class Signatures {
  readonly #secret: string;
  readonly #maxIds: number;
  /** Ids that were used, with the wall milliseconds from which their timestamp is too old anyway. */
  readonly #used = new Map<string, number>();

  constructor(secret: string, maxIds = MAX_IDS) {
    this.#secret = secret;
    this.#maxIds = maxIds;
  }

  /**
   * Whether a request is signed, timely and new, and if so its id is used up. The ids live in memory: after a
   * restart of the daemon one from the last minute would be taken again.
   * @param text the request; an object that JSON.parse accepts
   */
  accept(text: string, wallMs: number): boolean {
    const members = rawMembers(text);
    const id = unquoted(members.get('id'));
    const type = unquoted(members.get('type'));
    const timestamp = members.get('timestamp') ?? '';
    const signature = unquoted(members.get('signature')) ?? '';
    if (id === undefined || type === undefined) return false;
    const signed = [id, type, timestamp, members.get('content') ?? ''].join('\n');
    if (!this.#matches(signed, signature)) return false;
    const sentAt = Number(timestamp) * 1000;
    if (!(Math.abs(wallMs - sentAt) <= MAX_SKEW_MS)) return false;
    return this.#use(id, sentAt + MAX_SKEW_MS, wallMs);
  }

  #matches(signed: string, signature: string): boolean {
    const expected = createHmac('sha256', this.#secret).update(signed).digest();
    if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
    return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  }

  #use(id: string, until: number, wallMs: number): boolean {
    if ((this.#used.get(id) ?? Number.NEGATIVE_INFINITY) >= wallMs) return false;
    if (this.#used.size >= this.#maxIds)
      for (const [each, end] of this.#used) if (end < wallMs) this.#used.delete(each);
    if (this.#used.size >= this.#maxIds) return false;
    this.#used.set(id, until);
    return true;
  }
}

/** The value of a string, or the text of a number; undefined for anything else and for nothing. */
function unquoted(raw: string | undefined): string | undefined {
  if (raw === undefined || /^[[{tfn]/.test(raw)) return undefined;
  return raw.startsWith('"') ? String(JSON.parse(raw)) : raw;
}
