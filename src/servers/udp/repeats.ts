/**
 * The first replies of the last minute, so that a request that is sent again is answered again and acted on once.
 * Bounded in number and in bytes; what is oldest goes first.
 */

/** How long a first reply is given again, milliseconds. */
const KEPT_MS = 60_000;

interface Kept {
  /** A byte a character: a small Buffer would keep alive the whole block of memory that it is a slice of. */
  readonly reply: readonly string[];
  readonly bytes: number;
  /** `mono` milliseconds. */
  readonly until: number;
}

export class Repeats {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  /** Oldest first, and so the first to end. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(bounds: { readonly maxCount: number; readonly maxBytes: number }) {
    this.#maxCount = bounds.maxCount;
    this.#maxBytes = bounds.maxBytes;
  }

  /** How many replies are held. */
  get size(): number {
    return this.#kept.size;
  }

  /** The first reply to this request, if it was given less than a minute ago. */
  find(key: string, now: number): readonly Buffer[] | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.until <= now) return undefined;
    return kept.reply.map((part) => Buffer.from(part, 'latin1'));
  }

  /** Remembers a first reply. One that is larger than the whole store is not kept. */
  keep(key: string, reply: readonly Buffer[], now: number): void {
    // A character of a key takes at most two bytes.
    const bytes = reply.reduce((sum, part) => sum + part.length, 2 * key.length);
    if (bytes > this.#maxBytes) return;
    this.#forget(key);
    this.#kept.set(key, { reply: reply.map((part) => part.toString('latin1')), bytes, until: now + KEPT_MS });
    this.#bytes += bytes;
    for (const [oldest, { until }] of this.#kept) {
      if (until > now && this.#kept.size <= this.#maxCount && this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
