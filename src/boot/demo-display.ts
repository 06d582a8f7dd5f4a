/** Whether somebody at this machine can be watched, found out by trying. */
import type { Clock } from '../core/instant.js';
import type { SensorHealth, SensorName } from '../core/sensor.js';
import { createSenses } from '../sensors/index.js';

/**
 * Starts the mouse once and stops it again: without a display there may be a keyboard in a terminal, but what is
 * typed there shows too late for the demo. `why` is said when it cannot be watched.
 */
export async function canWatch(
  clock: Clock,
  env: NodeJS.ProcessEnv,
): Promise<{ watched: boolean; why: string }> {
  const health = new Map<SensorName, SensorHealth>();
  const senses = createSenses({ clock, env, platform: process.platform, log: () => {}, random: Math.random });
  await senses.start(
    {
      enabled: { keyboard: false, mouse: true, screen: false, window: false, audio: false },
      mouseMinDistancePx: 5,
      screenMinChangedPercent: 2,
      screenIntervalMs: 5_000,
      audioMinLevelDb: -60,
      audioMeasureLevel: false,
    },
    { activity: () => {}, health: (sensor, state) => health.set(sensor, state) },
  );
  await senses.stop();
  const states = [...health.values()];
  const unavailable = states.find((state) => state.state === 'unavailable');
  return {
    watched: states.some((state) => state.state === 'watching'),
    why: unavailable?.state === 'unavailable' ? unavailable.reason : 'there is no display',
  };
}
