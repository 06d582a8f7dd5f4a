/**
 * When the agent takes a turn: at once when it is woken, and else at the next instant at which anything can change
 * by itself. Turns never overlap; one that is asked for during another follows it.
 */
import { messageOf } from '../core/errors.js';
import { type Clock, type Instant, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { ActivityHistory } from './activity-history.js';
import type { Journal } from './journal.js';

/** The loop wakes at least this often, to notice that the machine has slept. */
const HEARTBEAT_MS = 20_000;

export interface LoopPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly activityHistory: ActivityHistory;
  readonly log: Logger;
  /** One turn; `sleptMs`: how long the machine has slept since the last one began. */
  readonly turn: (now: Instant, sleptMs: number) => Promise<void>;
  /**
   * The next instant at which anything changes by itself, in `boot` milliseconds. `seen`: the clock as the last turn
   * saw it; what has come due since is still to be acted on.
   */
  readonly nextAt: (seen: number) => number;
}

export class Loop {
  readonly #ports: LoopPorts;
  #isRunning = false;
  /** The turn under way, and whether another is asked for. */
  #turn: Promise<void> | undefined;
  #again = false;
  #cancelTimer: () => void = () => {};
  #lastTurn: Instant;

  constructor(ports: LoopPorts) {
    this.#ports = ports;
    this.#lastTurn = ports.clock.now();
  }

  /** Takes the first turn. */
  start(): void {
    this.#isRunning = true;
    this.wake();
  }

  /** Takes no more turns; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancelTimer();
    await this.#turn;
  }

  /** Asks for a turn as soon as possible. Before the start it is passed over. */
  wake(): void {
    if (!this.#isRunning) return;
    if (this.#turn !== undefined) {
      this.#again = true;
      return;
    }
    this.#cancelTimer();
    this.#turn = this.#take().finally(() => {
      this.#turn = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      } else if (this.#isRunning) this.#beat(this.#ports.nextAt(this.#lastTurn.boot));
    });
  }

  async #take(): Promise<void> {
    const { activityHistory, clock, journal, log, turn } = this.#ports;
    try {
      const now = clock.now();
      const slept = sleptBetween(this.#lastTurn, now);
      this.#lastTurn = now;
      await turn(now, slept);
    } catch (thrown) {
      // A fault of ours must not end the daemon: it is shown, and the next turn starts from what is.
      journal.raise('internal', `An internal error: ${messageOf(thrown)}`, 'Please report it with the log.');
      log.error('a turn of the loop failed', { error: thrown });
    }
    if (activityHistory.isDue()) activityHistory.write();
    journal.flush();
  }

  /**
   * Sleeps until `next`. A heartbeat before costs a turn only when the machine has slept or something is to be written.
   */
  #beat(next: number): void {
    const { activityHistory, clock, journal } = this.#ports;
    this.#cancelTimer();
    const wait = Math.min(HEARTBEAT_MS, Math.max(0, next - clock.now().boot));
    this.#cancelTimer = clock.after(wait, () => {
      const now = clock.now();
      const hasSlept = sleptBetween(this.#lastTurn, now) > NOTICEABLE_SLEEP_MS;
      const isBehind = activityHistory.isDue() || journal.isBehind();
      if (hasSlept || now.boot >= next || isBehind) this.wake();
      else this.#beat(next);
    });
  }
}
