/** What the tests of supervised senses share: settings, what was seen and told, and a clock, anew for each test. */
import { beforeEach } from 'vitest';
import type { Activity, SensesSettings, SensorHealth, SensorName } from '../../../src/core/sensor.js';
import { FakeClock } from '../../fakes/clock.js';

export const SETTINGS: SensesSettings = {
  enabled: { keyboard: true, mouse: true, screen: false, window: true, audio: true },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

export let clock: FakeClock;
export let log: string[];
export let seen: Activity[];
export let told: [SensorName, SensorHealth][];

/** Begins each test with nothing seen or told. */
export function superviseEachTest(): void {
  beforeEach(() => {
    clock = new FakeClock();
    log = [];
    seen = [];
    told = [];
  });
}

export const sink = {
  activity: (activity: Activity) => void seen.push(activity),
  health: (sensor: SensorName, health: SensorHealth) => void told.push([sensor, health]),
};
export const supervision = () => ({
  clock,
  log: (message: string) => void log.push(message),
  random: () => 0,
  backoff: { firstMs: 1_000, mostMs: 60_000 },
});
