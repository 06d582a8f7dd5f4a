/** The window sensor on KDE keeps the sensor contract on a real KWin. */
import { afterAll, describe } from 'vitest';
import { kdeProbes } from '../../src/sensors/kde/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { type KdeDesktop, startKdeDesktop } from './kde-desktop.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const WINDOWS = ['one', 'other'] as const;

/** KWin takes seconds to start: it serves one test after the other until one has killed it. */
let desktop: Promise<KdeDesktop> | undefined;
let active = 0;

async function ready(): Promise<KdeDesktop> {
  const started = await startKdeDesktop();
  for (const title of WINDOWS) await started.open(title);
  return started;
}

async function kwinHarness(): Promise<SensorHarness> {
  const clock = systemClock();
  desktop ??= ready();
  const kde = await desktop;
  await kde.activate(WINDOWS[0]);
  active = 0;
  return {
    probe: kdeProbes({ clock, env: kde.env }).window,
    clock,
    act: async () => {
      active = 1 - active;
      await kde.activate(WINDOWS[active] ?? '');
    },
    actElsewhere: async () => {
      await kde.kwin.pressKey();
      await kde.kwin.movePointer(12, 9);
      await kde.activate(WINDOWS[active] ?? '');
    },
    endSource: async () => {
      desktop = undefined;
      await kde.kwin.kill();
    },
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: async () => {
      if (desktop === undefined) await kde.stop();
    },
  };
}

describe.skipIf(desktopSkipped)('KDE', () => {
  afterAll(async () => (await desktop)?.stop());
  sensorContract('KWin window', kwinHarness);
});
