/**
 * `on_suspend: nap`: before the machine sleeps, naps what can be reached in the time that it waits for us. Only a nap
 * that AWS has accepted by then is gone on with; everything else is decided anew after the machine has woken.
 */
import type { Clock } from '../core/instant.js';
import type { Settings } from '../core/settings.js';
import type { TargetId } from '../core/target.js';
import type { Attendant } from './attendant.js';
import type { Drops } from './drops.js';
import type { Journal } from './journal.js';
import type { LeaseBook } from './lease-book.js';

/** Before the machine sleeps every request must be off the wire: an answer that came after it would be years old. */
const MARGIN_MS = 500;

export interface SuspendNapPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly settings: () => Settings;
  readonly book: LeaseBook;
  readonly drops: Drops;
  readonly attendant: Attendant;
  /** Called when leases have been dropped: there is something to do at once. */
  readonly changed: () => void;
}

/** What is being napped before a sleep. */
interface UnderWay {
  readonly since: number;
  readonly ids: readonly TargetId[];
  readonly done: Promise<void>;
  readonly end: () => void;
}

export class SuspendNap {
  readonly #ports: SuspendNapPorts;
  #underWay: UnderWay | undefined;

  constructor(ports: SuspendNapPorts) {
    this.#ports = ports;
  }

  /**
   * The machine sleeps once this has resolved, or at `until` (`boot` milliseconds). With no time to wait in, and
   * while presence is unknown, nothing is napped and no lease is dropped.
   */
  before(until: number): Promise<void> {
    const { attendant, book, changed, clock, drops, journal, settings } = this.#ports;
    if (this.#underWay) return this.#underWay.done;
    const since = clock.now().boot;
    const left = until - MARGIN_MS - since;
    if (settings().onSuspend !== 'nap' || book.state() === 'unknown' || left <= 0) return Promise.resolve();
    const { dropped } = drops.drop({ by: 'suspend', at: since });
    const ids = dropped.filter((id) => attendant.mayNap(id));
    if (ids.length > 0)
      journal.tell('notice', `The machine is about to sleep: ${this.#names(ids)} is put to nap first.`);
    let resolve: () => void = () => {};
    const done = new Promise<void>((resolved) => {
      resolve = resolved;
    });
    const cancel = clock.after(left, () => this.over());
    this.#underWay = {
      since,
      ids,
      done,
      end: () => {
        cancel();
        resolve();
      },
    };
    changed();
    this.check();
    return done;
  }

  /** A look has ended: perhaps it was the last that was waited for. */
  check(): void {
    if (this.#underWay && this.#missing(this.#underWay).length === 0) this.over();
  }

  /** The time is up, everything is napped, or the machine is awake: from here on a nap needs its warning again. */
  over(): void {
    const { attendant, book, journal } = this.#ports;
    book.lapse('suspend');
    const underWay = this.#underWay;
    if (!underWay) return;
    this.#underWay = undefined;
    const missing = this.#missing(underWay);
    if (missing.length > 0) {
      attendant.abandonNaps();
      journal.tell('notice', `There was no time before the sleep to nap ${this.#names(missing)}.`, {
        level: 'warn',
      });
    }
    underWay.end();
  }

  #missing({ ids, since }: UnderWay): readonly TargetId[] {
    return ids.filter((id) => !this.#ports.attendant.hasSettled(id, since));
  }

  #names(ids: readonly TargetId[]): string {
    return ids.map((id) => this.#ports.journal.nameOf(id)).join(', ');
  }
}
