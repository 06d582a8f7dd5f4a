/**
 * So many requests in any one second for each peer, counted exactly. Runs on the time it is handed, which the
 * libraries for this do not, and holds a bounded number of peers.
 */

const WINDOW_MS = 1_000;
/** Peers remembered; beyond it the one that asked longest ago is forgotten. */
const MAX_PEERS = 1_024;

export class RateLimit {
  readonly #perSecond: number;
  /** When each peer's last requests were let through, `mono` milliseconds; the peers in order of their last. */
  readonly #peers = new Map<string, number[]>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether a peer may ask at `now`; asking too often does not itself count. */
  take(peer: string, now: number): boolean {
    const recent = (this.#peers.get(peer) ?? []).filter((at) => at > now - WINDOW_MS);
    if (recent.length >= this.#perSecond) return false;
    this.#peers.delete(peer);
    this.#peers.set(peer, [...recent, now]);
    for (const oldest of this.#peers.keys()) {
      if (this.#peers.size <= MAX_PEERS) break;
      this.#peers.delete(oldest);
    }
    return true;
  }
}
