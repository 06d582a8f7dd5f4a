/**
 * One output's changes: the compositor is asked to copy its picture once there is damage, and says how much. The copy
 * goes into memory that this process cannot read.
 */
import type { Clock } from '../../core/instant.js';
import type { WaylandConnection } from './connection.js';
import type { LendMemory } from './descriptors.js';
import type { WaylandObject } from './object.js';
import {
  WL_BUFFER,
  type WL_OUTPUT,
  type WL_SHM,
  WL_SHM_POOL,
  WLR_SCREENCOPY_FRAME,
  type WLR_SCREENCOPY_MANAGER,
} from './protocols.js';

/** An output draws within a few refreshes; one that is off says so at once. */
const DRAWN_WITHIN_MS = 1_000;

/** An output that is off is asked ever more seldom. */
const MOST_SELDOM_MS = 60_000;

export interface OutputWatchOptions {
  readonly connection: Pick<WaylandConnection, 'lose'>;
  readonly clock: Clock;
  readonly manager: WaylandObject<typeof WLR_SCREENCOPY_MANAGER>;
  readonly shm: WaylandObject<typeof WL_SHM>;
  readonly output: WaylandObject<typeof WL_OUTPUT>;
  readonly lend: LendMemory;
  /** The wait after a change until the next is looked at. */
  readonly intervalMs: number;
  /** Something has changed: this share of the output at most, from 0 to 1. */
  readonly changed: (share: number) => void;
}

/** How a picture lies in memory. */
type Layout = readonly [format: number, width: number, height: number, stride: number];

type Outcome = { readonly share: number } | 'failed';

export class OutputWatch {
  readonly #options: OutputWatchOptions;
  #buffer: { readonly layout: Layout; readonly object: WaylandObject<typeof WL_BUFFER> } | undefined;
  /** Set while nothing is asked of the compositor. */
  #cancelRest: (() => void) | undefined;
  /** The first copy, and the first after a failure, is what later ones differ from. */
  #first = true;
  #waitMs: number;
  #stopped = false;

  constructor(options: OutputWatchOptions) {
    this.#options = options;
    this.#waitMs = options.intervalMs;
  }

  /** Begins; resolves once changes are told from what is on the screen now, or it is off. */
  start(): Promise<void> {
    return this.#withinReason((done) => this.#await(done));
  }

  /** Resolves when what has changed until now is told. */
  look(): Promise<void> {
    if (this.#cancelRest) {
      this.#cancelRest();
      this.#await();
    }
    // A copy of whatever is there comes with the next drawing, after the copy that waits for a change.
    return this.#withinReason((done) => this.#copy('copy', done));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRest?.();
    this.#buffer?.object.destroy();
    this.#buffer = undefined;
  }

  /** Waits for the next change; `then` is called when it has been dealt with. */
  #await(then: () => void = () => {}): void {
    this.#cancelRest = undefined;
    this.#copy('copy_with_damage', (outcome) => {
      this.#dealWith(outcome);
      then();
    });
  }

  #dealWith(outcome: Outcome): void {
    if (outcome === 'failed') {
      // Switched off, or resized in this moment.
      this.#first = true;
      this.#rest(this.#waitMs);
      this.#waitMs = Math.max(this.#waitMs, Math.min(2 * this.#waitMs, MOST_SELDOM_MS));
      return;
    }
    this.#waitMs = this.#options.intervalMs;
    if (this.#first) {
      this.#first = false;
      this.#await();
      return;
    }
    this.#options.changed(outcome.share);
    this.#rest(this.#waitMs);
  }

  #rest(ms: number): void {
    this.#cancelRest = this.#options.clock.after(ms, () => this.#await());
  }

  #copy(request: 'copy' | 'copy_with_damage', done: (outcome: Outcome) => void): void {
    const { manager, output, connection } = this.#options;
    const withoutCursor = 0;
    const frame = manager.create('capture_output', WLR_SCREENCOPY_FRAME, withoutCursor, output);
    let pixels = 0;
    let changed = 0;
    const end = (outcome: Outcome) => {
      frame.destroy();
      if (!this.#stopped) done(outcome);
    };
    frame.on('buffer', (...layout) => {
      if (this.#stopped) return frame.destroy();
      pixels = layout[1] * layout[2];
      try {
        frame.send(request, this.#bufferFor(layout));
      } catch (error) {
        connection.lose(`no memory for the screen: ${error instanceof Error ? error.message : error}`);
      }
    });
    frame.on('damage', (_x, _y, width, height) => {
      changed += width * height;
    });
    frame.on('ready', () => end({ share: pixels > 0 ? Math.min(1, changed / pixels) : 0 }));
    frame.on('failed', () => end('failed'));
  }

  /** One buffer for all copies, made anew when the output has another size. */
  #bufferFor(layout: Layout): WaylandObject<typeof WL_BUFFER> {
    const before = this.#buffer;
    if (before && layout.every((value, i) => value === before.layout[i])) return before.object;
    before?.object.destroy();
    const [format, width, height, stride] = layout;
    const size = stride * height;
    const { shm, lend } = this.#options;
    let object: WaylandObject<typeof WL_BUFFER> | undefined;
    lend(size, (descriptor) => {
      const pool = shm.create('create_pool', WL_SHM_POOL, descriptor, size);
      object = pool.create('create_buffer', WL_BUFFER, 0, width, height, stride, format);
      pool.destroy();
    });
    if (!object) throw new Error('it was not lent');
    this.#buffer = { layout, object };
    return object;
  }

  #withinReason(begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(DRAWN_WITHIN_MS, resolve);
      begin(() => {
        cancel();
        resolve();
      });
    });
  }
}
