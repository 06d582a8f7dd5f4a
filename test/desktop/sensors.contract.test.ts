/** The X11 sensors keep the sensor contract on a real X server. */
import { describe } from 'vitest';
import type { SensorName } from '../../src/core/sensor.js';
import { x11Probes } from '../../src/sensors/x11/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { desktopSkipped, startXServer, waitUntil, type XServer } from './xserver.js';

type X11Sensor = Extract<SensorName, 'keyboard' | 'mouse' | 'window'>;

async function x11Harness(name: X11Sensor): Promise<SensorHarness> {
  const clock = systemClock();
  const server = await startXServer({ windowManager: true });
  const use = await hands(server);
  return {
    probe: x11Probes({ clock, env: server.env })[name],
    clock,
    act: use[name],
    actElsewhere: async () => {
      for (const other of ['keyboard', 'mouse', 'window'] as const) if (other !== name) await use[other]();
    },
    endSource: () => server.kill(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: () => server.stop(),
  };
}

/** For each sensor what it alone must see. */
async function hands(server: XServer): Promise<Record<X11Sensor, () => Promise<void>>> {
  const windows = [await server.openWindow(), await server.openWindow()];
  await windows[1]!.activate();
  // Round a square: neither one nor two steps lead back to where the pointer was.
  const steps = ['40 0', '0 40', '-40 0', '0 -40'].map((step) => step.split(' '));
  let step = 0;
  let active = 1;
  return {
    keyboard: async () => void (await server.xdotool('key', 'Shift_L')),
    mouse: async () => {
      await server.xdotool('mousemove_relative', '--', ...steps[step++ % steps.length]!);
    },
    window: async () => {
      active = 1 - active;
      await windows[active]!.activate();
    },
  };
}

describe.skipIf(desktopSkipped)('X11', () => {
  for (const name of ['keyboard', 'mouse', 'window'] as const) {
    sensorContract(`X11 ${name}`, () => x11Harness(name));
  }
});
