/** What the session's signals promise, run against each adapter: the one on a real message bus, and the fake. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock, Instant } from '../../src/core/instant.js';
import type { SensorHealth } from '../../src/core/sensor.js';
import { type SessionSignals, SIGNALS, type SignalName } from '../../src/core/session-signals.js';

/** Signals of a session and a machine that a test plays. */
export interface SignalsHarness {
  readonly signals: SessionSignals;
  readonly clock: Clock;
  /** How long the machine waits for who holds sleep back. */
  readonly delayMaxMs: number;
  /** Locks or unlocks the session; resolved when it has been done. */
  lock(locked: boolean): Promise<void>;
  /** Announces that the machine sleeps, or that it is awake again. */
  sleep(begins: boolean): Promise<void>;
  /** Whether the machine would wait, or waits, before it sleeps. */
  isHeldBack(): Promise<boolean>;
  /** Takes away what the signals come from, and brings it back with the session as it is by default: unlocked. */
  endSource(): Promise<void>;
  restoreSource(): Promise<void>;
  /** Lets `ms` go by. */
  pass(ms: number): Promise<void>;
  /** Lets time go by until `holds`; fails, saying `what`, when that takes too long. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  dispose(): Promise<void>;
}

/** Long enough for what must not happen to happen. */
const WHILE_MS = 300;

/** What was told, in its order. */
type Told =
  | { readonly what: 'locked'; readonly locked: boolean; readonly at: Instant }
  | { readonly what: 'suspending'; readonly until: number; readonly at: Instant }
  | { readonly what: 'resumed' };

/** Runs the suite against the signals that `makeHarness` sets up, anew for each test. */
export function signalsContract(name: string, makeHarness: () => Promise<SignalsHarness>): void {
  describe(`session signals contract: ${name}`, () => {
    let harness: SignalsHarness;
    let told: Told[];
    let healths: { signal: SignalName; health: SensorHealth }[];
    /** Lets the machine sleep. */
    let ready: () => void;

    beforeEach(async () => {
      harness = await makeHarness();
      told = [];
      healths = [];
      ready = () => {};
    });
    afterEach(async () => {
      ready();
      await harness.signals.stop();
      await harness.dispose();
    });

    const start = (delaySuspend = false) =>
      harness.signals.start(
        { delaySuspend },
        {
          locked: (locked, at) => told.push({ what: 'locked', locked, at }),
          suspending: (until) => {
            told.push({ what: 'suspending', until, at: harness.clock.now() });
            return new Promise((resolve) => {
              ready = resolve;
            });
          },
          resumed: () => told.push({ what: 'resumed' }),
          health: (signal, health) => healths.push({ signal, health }),
        },
      );
    const whats = () => told.map((one) => (one.what === 'locked' ? `locked ${one.locked}` : one.what));
    const untilTold = (...expected: string[]) =>
      harness
        .until(`${expected.join(', ')}`, () => whats().length >= expected.length)
        .then(() => {
          expect(whats()).toEqual(expected);
        });
    const stateOf = (signal: SignalName) =>
      healths.filter((one) => one.signal === signal).at(-1)?.health.state;
    const untilAll = (state: SensorHealth['state']) =>
      harness.until(`all are ${state}`, () => SIGNALS.every((signal) => stateOf(signal) === state));

    test('tells the health of each signal once at the start, and of no lock when there is none', async () => {
      await start();
      expect(healths.map(({ signal, health }) => `${signal} ${health.state}`)).toEqual([
        'lock watching',
        'suspend watching',
      ]);
      await harness.pass(WHILE_MS);
      expect(whats()).toEqual([]);
    });

    test('tells at the start that the session is locked', async () => {
      await harness.lock(true);
      await start();
      expect(whats()).toEqual(['locked true']);
    });

    test('tells each lock and unlock once, when it happens', async () => {
      await start();
      const before = harness.clock.now();
      await harness.lock(true);
      await untilTold('locked true');
      const after = harness.clock.now();
      const [first] = told;
      if (first?.what !== 'locked') throw new Error('unreachable');
      expect(first.at.boot).toBeGreaterThanOrEqual(before.boot);
      expect(first.at.boot).toBeLessThanOrEqual(after.boot);
      await harness.lock(true);
      await harness.lock(false);
      await untilTold('locked true', 'locked false');
      await harness.lock(true);
      await untilTold('locked true', 'locked false', 'locked true');
    });

    test('tells of sleep that is not held back as one to come at once', async () => {
      await start();
      expect(await harness.isHeldBack()).toBe(false);
      await harness.sleep(true);
      await untilTold('suspending');
      const [first] = told;
      if (first?.what !== 'suspending') throw new Error('unreachable');
      expect(first.until).toBeLessThanOrEqual(first.at.boot);
      await harness.sleep(false);
      await untilTold('suspending', 'resumed');
    });

    test('holds sleep back until it may begin, for as long as the machine waits', async () => {
      await start(true);
      expect(await harness.isHeldBack()).toBe(true);
      const before = harness.clock.now();
      await harness.sleep(true);
      await untilTold('suspending');
      const [first] = told;
      if (first?.what !== 'suspending') throw new Error('unreachable');
      expect(first.until).toBeGreaterThanOrEqual(before.boot + harness.delayMaxMs);
      expect(first.until).toBeLessThanOrEqual(first.at.boot + harness.delayMaxMs);
      await harness.pass(WHILE_MS);
      expect(await harness.isHeldBack()).toBe(true);
      ready();
      await harness.until('it may sleep', async () => !(await harness.isHeldBack()));
    });

    test('holds back the next sleep too', async () => {
      await start(true);
      await harness.sleep(true);
      await untilTold('suspending');
      ready();
      await harness.until('it may sleep', async () => !(await harness.isHeldBack()));
      await harness.sleep(false);
      await untilTold('suspending', 'resumed');
      await harness.until('the next is held back', () => harness.isHeldBack());
      await harness.sleep(true);
      await untilTold('suspending', 'resumed', 'suspending');
      const last = told.at(-1);
      if (last?.what !== 'suspending') throw new Error('unreachable');
      expect(last.until).toBeGreaterThan(last.at.boot);
    });

    test('goes on holding sleep back when the sleep announced was called off', async () => {
      await start(true);
      await harness.sleep(true);
      await untilTold('suspending');
      await harness.sleep(false);
      await untilTold('suspending', 'resumed');
      ready();
      await harness.pass(WHILE_MS);
      expect(await harness.isHeldBack()).toBe(true);
    });

    test('begins and ends holding sleep back as it is configured', async () => {
      await start();
      await harness.signals.configure({ delaySuspend: true });
      expect(await harness.isHeldBack()).toBe(true);
      await harness.signals.configure({ delaySuspend: false });
      await harness.until('it lets go', async () => !(await harness.isHeldBack()));
    });

    test('lets go of sleep, and says nothing more, once stopped; and may be stopped again', async () => {
      await start(true);
      await harness.signals.stop();
      await harness.until('it lets go', async () => !(await harness.isHeldBack()));
      const before = healths.length;
      await harness.lock(true);
      await harness.sleep(true);
      await harness.pass(WHILE_MS);
      await harness.signals.stop();
      expect(whats()).toEqual([]);
      expect(healths).toHaveLength(before);
    });

    test('withdraws a lock whose source has gone, and says that nothing can be told', async () => {
      await harness.lock(true);
      await start();
      await harness.endSource();
      await untilTold('locked true', 'locked false');
      await untilAll('unavailable');
    });

    test('recovers when its source comes back', async () => {
      await start(true);
      await harness.endSource();
      await untilAll('unavailable');
      await harness.restoreSource();
      await untilAll('watching');
      await harness.until('sleep is held back', () => harness.isHeldBack());
      await harness.lock(true);
      await untilTold('locked true');
      await harness.sleep(true);
      await untilTold('locked true', 'suspending');
    });

    test('can be started again', async () => {
      await start();
      await harness.signals.stop();
      await harness.lock(true);
      await start();
      expect(whats()).toEqual(['locked true']);
      expect(healths).toHaveLength(2 * SIGNALS.length);
    });
  });
}
