/** The X11 sensors keep the sensor contract on a real X server. */
import { describe } from 'vitest';
import type { SensorName } from '../../src/core/sensor.js';
import { x11Probes } from '../../src/sensors/x11/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { desktopSkipped, startXServer, waitUntil, type XServer } from './xserver.js';

type X11Sensor = Extract<SensorName, 'keyboard' | 'mouse' | 'screen' | 'window'>;

const X11_SENSORS = ['keyboard', 'mouse', 'screen', 'window'] as const;

async function x11Harness(name: X11Sensor): Promise<SensorHarness> {
  const clock = systemClock();
  const server = await startXServer({ windowManager: true });
  const use = await hands(server);
  return {
    probe: x11Probes({ clock, env: server.env })[name],
    clock,
    act: use[name],
    actElsewhere: async () => {
      for (const other of X11_SENSORS) if (other !== name) await use[other]();
    },
    endSource: () => server.kill(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: () => server.stop(),
  };
}

/** For each sensor what it alone must see. */
async function hands(server: XServer): Promise<Record<X11Sensor, () => Promise<void>>> {
  const picture = await server.openWindow({ at: { x: 800, y: 400 }, size: { width: 400, height: 300 } });
  // So small that it is no change of the screen when one comes before the other.
  const size = { width: 60, height: 40 };
  const windows = [await server.openWindow({ size }), await server.openWindow({ size })];
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
    screen: () => picture.draw(),
    window: async () => {
      active = 1 - active;
      await windows[active]!.activate();
    },
  };
}

describe.skipIf(desktopSkipped)('X11', () => {
  for (const name of X11_SENSORS) {
    sensorContract(`X11 ${name}`, () => x11Harness(name));
  }
});
