/** A connection to a bus that is made again, with growing waits, whenever there is none. */
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';
import type { BusKind } from './address.js';
import { type BusConnection, CURE_BUS_LOST, connectBus } from './bus.js';

export interface KeptBusOptions {
  readonly bus: BusKind;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** The wait before the first new attempt, doubled with each up to the longest; some of it is left to chance. */
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Begins what is to be done on it; rejected, it is closed and tried again. */
  readonly up: (bus: BusConnection) => Promise<void>;
  /** There is none; told again for each attempt. */
  readonly down: (reason: string, cure: string) => void;
}

export class KeptBus {
  readonly #options: KeptBusOptions;
  #bus: BusConnection | undefined;
  #wanted = false;
  #failures = 0;
  #upSince = 0;
  #cancelRetry: () => void = () => {};
  #attempt: Promise<void> = Promise.resolve();

  constructor(options: KeptBusOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt. Never rejects. */
  async start(): Promise<void> {
    this.#wanted = true;
    this.#failures = 0;
    await this.#connect();
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#cancelRetry();
    this.#close();
    await this.#attempt;
    this.#close();
  }

  #connect(): Promise<void> {
    this.#attempt = this.#tryToConnect();
    return this.#attempt;
  }

  async #tryToConnect(): Promise<void> {
    const { up, clock } = this.#options;
    let bus: BusConnection | undefined;
    let lost: string | undefined;
    try {
      bus = await connectBus({
        ...this.#options,
        onLost: (reason) => {
          lost = reason;
          if (this.#bus !== bus) return;
          this.#bus = undefined;
          // One that goes soon after each start must not be connected to ever again at once.
          if (clock.now().mono - this.#upSince >= this.#options.backoff.mostMs) this.#failures = 0;
          this.#failed(reason, CURE_BUS_LOST);
        },
      });
      await up(bus);
      if (lost !== undefined) throw new Unavailable(lost, CURE_BUS_LOST);
      if (!this.#wanted) return bus.close();
      this.#bus = bus;
      this.#upSince = clock.now().mono;
    } catch (error) {
      bus?.close();
      const reason = lost ?? (error instanceof Error ? error.message : String(error));
      this.#failed(reason, error instanceof Unavailable ? error.cure : CURE_BUS_LOST);
    }
  }

  #failed(reason: string, cure: string): void {
    if (!this.#wanted) return;
    const { backoff, random, clock, down } = this.#options;
    const full = Math.min(backoff.firstMs * 2 ** this.#failures, backoff.mostMs);
    this.#failures += 1;
    this.#cancelRetry = clock.after(full * (0.5 + random() / 2), () => void this.#connect());
    down(reason, cure);
  }

  #close(): void {
    this.#bus?.close();
    this.#bus = undefined;
  }
}
