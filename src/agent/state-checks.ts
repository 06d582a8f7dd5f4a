/** Reads the real states once in a while although nothing has happened: others act on them, too. */
import type { Clock } from '../core/instant.js';
import type { Registered } from '../core/registry.js';
import type { Accounts } from './accounts.js';
import type { Attendant } from './attendant.js';
import type { Entries } from './entries.js';

/** How often it is looked whether the account is signed in that something is to be restored in. */
const SIGN_IN_MS = 15_000;

export interface StateChecksPorts {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly entries: Entries;
  readonly attendant: Attendant;
  readonly registered: () => readonly Registered[];
  readonly intervalMs: () => number;
}

export class StateChecks {
  readonly #ports: StateChecksPorts;
  /** When something was last asked because of the time that had gone by, and when the states will be; `boot`. */
  #checkedAt: number;
  #nextAt: number;

  constructor(ports: StateChecksPorts) {
    this.#ports = ports;
    this.#checkedAt = ports.clock.now().boot;
    this.#nextAt = this.#checkedAt;
  }

  /** Has the states read at the next turn. */
  soon(): void {
    this.#nextAt = this.#ports.clock.now().boot;
  }

  /** When something is to be asked next, in `boot` milliseconds. */
  at(): number {
    const { accounts, entries } = this.#ports;
    const account = accounts.known();
    // Sooner where something is to be restored in another account: its owner waits, and may sign in any moment.
    const isAwaited = entries.all().some((open) => open.calledBy && open.account !== account);
    return isAwaited ? Math.min(this.#nextAt, this.#checkedAt + SIGN_IN_MS) : this.#nextAt;
  }

  /** Asks for looks at everything when it is time. */
  run(signal: AbortSignal): void {
    const { accounts, attendant, clock, entries, intervalMs, registered } = this.#ports;
    const now = clock.now().boot;
    if (now < this.at()) return;
    this.#checkedAt = now;
    if (now < this.#nextAt) {
      // Asks nothing of AWS but who we are; that it is somebody else by now is told by `switched`. Rejected only
      // when aborted by the end of the daemon.
      accounts.current(signal).catch(() => {});
      return;
    }
    this.#nextAt = now + intervalMs();
    const ids = [...registered().map((entry) => entry.id), ...entries.all().map((entry) => entry.targetId)];
    for (const id of ids) {
      attendant.freshen(id);
      attendant.lookSoon(id);
    }
  }
}
