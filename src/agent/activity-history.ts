/**
 * The history of activity and presence, for the timeline: collected in memory, joined into stretches, and written
 * seldom. That a sensor told activity, and when, is all there is to it. A crash loses a minute of activity, and of
 * presence at most half an hour; nothing is decided by it.
 */
import type { PresenceState } from '../core/control.js';
import { type Clock, type Instant, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import type { Ledger, Stretch } from '../core/ledger.js';
import type { Activity, SensorName } from '../core/sensor.js';
import type { Journal } from './journal.js';

/** A shorter pause does not end a stretch of activity: rows stay few, and a picture of a day shows no less. */
const PAUSE_MS = 60_000;
/** Activity is written at most this often. */
const WRITE_EVERY_MS = 60_000;
/** Presence that goes on as it is, is written at most this often. */
const PROLONG_EVERY_MS = 30 * 60_000;
/** Stretches kept while the ledger cannot be written. */
const MOST_UNWRITTEN = 1_000;

/** A stretch of activity that may go on; `lastAt`: the last of it, in `boot` milliseconds. */
interface Open extends Stretch {
  readonly lastAt: number;
}

export interface ActivityHistoryPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'markActivity'>;
  readonly journal: Pick<Journal, 'ledgerFailed'>;
}

export class ActivityHistory {
  readonly #ports: ActivityHistoryPorts;
  readonly #open = new Map<SensorName, Open>();
  #presence: Stretch | undefined;
  /** By what a row is known by: a stretch that grew before it was written is written once. */
  #unwritten = new Map<string, Stretch>();
  #isPresenceNew = false;
  #lastSeen: Instant;
  /** `boot` milliseconds. */
  #writtenAt: number;

  constructor(ports: ActivityHistoryPorts) {
    this.#ports = ports;
    this.#lastSeen = ports.clock.now();
    this.#writtenAt = this.#lastSeen.boot;
  }

  /** Takes note of an activity. */
  activity({ sensor, at, began }: Activity): void {
    const now = this.#goOn();
    const wallOf = (boot: number) => Math.round(now.wall - (now.boot - boot));
    const open = this.#open.get(sensor);
    const joins = open !== undefined && began <= open.lastAt + PAUSE_MS;
    const until = wallOf(at.boot);
    const grown: Open = joins
      ? { ...open, until: Math.max(open.until, until), lastAt: Math.max(open.lastAt, at.boot) }
      : { what: sensor, from: wallOf(began), until, lastAt: at.boot };
    this.#open.set(sensor, grown);
    this.#keep({ what: sensor, from: grown.from, until: grown.until });
  }

  /** Takes note of what presence is from now on. */
  presence(state: PresenceState): void {
    const now = this.#goOn();
    if (this.#presence?.what === state) return;
    this.#beginPresence(state, now);
    this.#isPresenceNew = true;
  }

  /**
   * Called now and then, while time goes by: presence goes on. Returns whether there is something to write, which is
   * seldom; see {@link write}.
   */
  isDue(): boolean {
    const waited = this.#goOn().boot - this.#writtenAt;
    if (this.#isPresenceNew) return true;
    if (this.#unwritten.size > 0) return waited >= WRITE_EVERY_MS;
    return this.#presence !== undefined && waited >= PROLONG_EVERY_MS;
  }

  /** Writes all there is up to now. What cannot be written is kept for the next time. Never throws. */
  write(): void {
    const { ledger, journal } = this.#ports;
    this.#writtenAt = this.#goOn().boot;
    this.#isPresenceNew = false;
    if (this.#presence) this.#keep(this.#presence);
    if (this.#unwritten.size === 0) return;
    try {
      ledger.markActivity([...this.#unwritten.values()]);
      this.#unwritten.clear();
    } catch (thrown) {
      journal.ledgerFailed(thrown);
      this.#unwritten = new Map([...this.#unwritten].slice(-MOST_UNWRITTEN));
    }
  }

  /**
   * Brings presence up to now. It did not go on through time in which the machine slept, and a stretch never spans a
   * change of the wall clock: what went before stays where it was, and another begins.
   */
  #goOn(): Instant {
    const before = this.#lastSeen;
    const now = this.#ports.clock.now();
    this.#lastSeen = now;
    const turned = now.wall - before.wall - (now.boot - before.boot);
    const isTurned = Math.abs(turned) > NOTICEABLE_SLEEP_MS;
    if (isTurned) this.#open.clear();
    if (this.#presence === undefined) return now;
    if (isTurned || sleptBetween(before, now) > NOTICEABLE_SLEEP_MS)
      this.#beginPresence(this.#presence.what, now);
    else this.#presence = { ...this.#presence, until: Math.round(now.wall) };
    return now;
  }

  #beginPresence(what: Stretch['what'], now: Instant): void {
    // An instant of it is nothing to look at: the machine woke, and presence was another by then.
    if (this.#presence && this.#presence.until > this.#presence.from) this.#keep(this.#presence);
    const wall = Math.round(now.wall);
    this.#presence = { what, from: wall, until: wall };
  }

  #keep(stretch: Stretch): void {
    this.#unwritten.set(`${stretch.what} ${stretch.from}`, stretch);
  }
}
