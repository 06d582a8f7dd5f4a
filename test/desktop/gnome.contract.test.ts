/** The sensors on Mutter's idle monitor keep the sensor contract on a real Mutter. */
import { describe } from 'vitest';
import { gnomeProbes } from '../../src/sensors/gnome/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { startMutter } from './mutter.js';
import { desktopSkipped, waitUntil } from './xserver.js';

async function mutterHarness(name: 'keyboard' | 'mouse'): Promise<SensorHarness> {
  const clock = systemClock();
  const mutter = await startMutter();
  return {
    probe: gnomeProbes({ clock, env: mutter.env })[name],
    clock,
    act: name === 'keyboard' ? mutter.pressKey : mutter.movePointer,
    // Keyboard and mouse cannot be told apart here: what is left is the window.
    actElsewhere: () => mutter.openWindow(),
    endSource: () => mutter.kill(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: () => mutter.stop(),
  };
}

describe.skipIf(desktopSkipped)('Mutter', () => {
  for (const name of ['keyboard', 'mouse'] as const) {
    sensorContract(`Mutter ${name}`, () => mutterHarness(name));
  }
});
