/** What every sensor promises, run against each of them: the scripted one and those of real desktops. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/instant.js';
import type { Activity, Sensor, SensorOptions, SensorProbe } from '../../src/core/sensor.js';

/** One sensor on a source that a test plays. */
export interface SensorHarness {
  readonly probe: SensorProbe;
  readonly clock: Clock;
  /** How much earlier than it happened something may be told, where the source is coarser than most; milliseconds. */
  readonly coarseMs?: number;
  /** The longest pause that the source may not show, where that is more than the second of the promise. */
  readonly hiddenPauseMs?: number;
  /** Does what the sensor is there for, once; resolved when it has been done. */
  act(): Promise<void>;
  /** Does what other sensors are there for, all of it. */
  actElsewhere(): Promise<void>;
  /** Ends the source, as when an X server is killed. */
  endSource(): Promise<void>;
  /** Lets `ms` go by. */
  pass(ms: number): Promise<void>;
  /** Lets time go by until `holds`; fails, saying `what`, when that takes too long. */
  until(what: string, holds: () => boolean): Promise<void>;
  dispose(): Promise<void>;
}

const OPTIONS: SensorOptions = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

/** A sensor's pause between two runs is over a second; an act may itself take some time. */
const LONG_PAUSE_MS = 1_500;

/** Runs the suite against the sensor that `makeHarness` sets up, anew for each test. */
export function sensorContract(name: string, makeHarness: () => Promise<SensorHarness>): void {
  describe(`sensor contract: ${name}`, () => {
    let harness: SensorHarness;
    let sensor: Sensor | undefined;
    let seen: Activity[];
    let deaths: string[];

    beforeEach(async () => {
      harness = await makeHarness();
      seen = [];
      deaths = [];
    });
    afterEach(async () => {
      await sensor?.stop();
      sensor = undefined;
      await harness.dispose();
    });

    const start = async () => {
      sensor = await harness.probe.start(OPTIONS, {
        activity: (activity) => seen.push(activity),
        died: (reason, cure) => deaths.push(`${reason} / ${cure}`),
      });
      return sensor;
    };
    const seenAfter = (count: number) => harness.until(`activity after ${count}`, () => seen.length > count);

    test('says what it is', async () => {
      const running = await start();
      expect(running.name).toBe(harness.probe.name);
      expect(running.mechanism).toBe(harness.probe.mechanism);
    });

    test('reports what happens as its own, at the time it happens', async () => {
      await start();
      const before = harness.clock.now();
      await harness.act();
      await seenAfter(0);
      const after = harness.clock.now();
      const [first] = seen;
      expect(first?.sensor).toBe(harness.probe.name);
      // Idle counters and the boot clock are each good to some 10 ms.
      const { coarseMs = 0 } = harness;
      expect(first?.at.mono).toBeGreaterThanOrEqual(before.mono - 20 - coarseMs);
      expect(first?.at.mono).toBeLessThanOrEqual(after.mono);
      expect(first?.at.boot).toBeGreaterThanOrEqual(before.boot - 40 - coarseMs);
      expect(first?.at.wall).toBeGreaterThanOrEqual(before.wall - 40 - coarseMs);
    });

    test('reports nothing that happened before it started', async () => {
      await harness.act();
      await harness.pass(LONG_PAUSE_MS);
      const running = await start();
      await running.read();
      expect(seen).toEqual([]);
    });

    test("reports nothing while nothing happens, and nothing that is another sensor's", async () => {
      const running = await start();
      await running.read();
      await harness.actElsewhere();
      await running.read();
      expect(seen).toEqual([]);
      await harness.act();
      await seenAfter(0);
    });

    test('goes forward in time, and a run begins no later than what belongs to it', async () => {
      const running = await start();
      for (let i = 0; i < 4; i++) {
        const count = seen.length;
        await harness.act();
        await running.read();
        await seenAfter(count);
        await harness.pass(200);
      }
      for (const [i, { at, began }] of seen.entries()) {
        expect(began).toBeLessThanOrEqual(at.boot);
        expect(at.mono).toBeGreaterThanOrEqual(seen[i - 1]?.at.mono ?? 0);
        expect(at.boot).toBeGreaterThanOrEqual(seen[i - 1]?.at.boot ?? 0);
      }
    });

    test('gives one beginning to what follows without a pause, another after a pause', async () => {
      const running = await start();
      for (let i = 0; i < 3; i++) {
        await harness.act();
        await harness.pass(200);
        await running.read();
      }
      await seenAfter(0);
      const [first] = seen;
      await harness.pass(LONG_PAUSE_MS + (harness.hiddenPauseMs ?? 0));
      await running.read();
      expect(new Set(seen.map(({ began }) => began))).toEqual(new Set([first?.began]));

      const count = seen.length;
      await harness.act();
      await seenAfter(count);
      expect(seen.at(-1)?.began).toBeGreaterThan(seen[count - 1]?.at.boot ?? Number.POSITIVE_INFINITY);
    });

    test('is up to date when it has been read', async () => {
      const running = await start();
      await harness.act();
      await harness.pass(400);
      await harness.act();
      const latest = harness.clock.now();
      await running.read();
      expect(seen.at(-1)?.at.mono).toBeGreaterThanOrEqual(latest.mono - 200 - (harness.coarseMs ?? 0));
    });

    test('is silent once stopped, and may be stopped again', async () => {
      const running = await start();
      await running.stop();
      await harness.act();
      await harness.pass(LONG_PAUSE_MS);
      await running.stop();
      expect(seen).toEqual([]);
      expect(deaths).toEqual([]);
    });

    test('dies once when its source ends, and can then not be read', async () => {
      const running = await start();
      await harness.endSource();
      await harness.until('it has died', () => deaths.length > 0);
      await expect(running.read()).rejects.toThrow();
      await harness.pass(LONG_PAUSE_MS);
      await running.stop();
      expect(deaths).toHaveLength(1);
    });

    test('does not die of being stopped before its source ends', async () => {
      const running = await start();
      await running.stop();
      await harness.endSource();
      await harness.pass(LONG_PAUSE_MS);
      expect(deaths).toEqual([]);
    });

    test('can be started again', async () => {
      await (await start()).stop();
      await start();
      await harness.act();
      await seenAfter(0);
    });
  });
}
