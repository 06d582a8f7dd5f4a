/** The idle inhibitors keep the sensor contract, on private message buses. */
import { describe } from 'vitest';
import { inhibitorProbe } from '../../src/sensors/inhibitors/probe.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { startBus } from './bus.js';
import { type Inhibitor, loginInhibitor, startInhibitor } from './inhibitors.js';
import { startLogin } from './login.js';
import { desktopSkipped, waitUntil } from './xserver.js';

/** As short as a person's player could be. */
const ACT_MS = 20;

const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function harness(where: 'logind' | 'gnome'): Promise<SensorHarness> {
  const clock = systemClock();
  const bus = await startBus();
  const inhibitor: Inhibitor =
    where === 'logind' ? loginInhibitor(await startLogin(bus)) : await startInhibitor(bus, where);
  const [used, missing] =
    where === 'logind'
      ? ['DBUS_SYSTEM_BUS_ADDRESS', 'DBUS_SESSION_BUS_ADDRESS']
      : ['DBUS_SESSION_BUS_ADDRESS', 'DBUS_SYSTEM_BUS_ADDRESS'];
  return {
    probe: inhibitorProbe({ clock, env: { [used!]: bus.address, [missing!]: 'unix:path=/nowhere' } }),
    clock,
    act: async () => {
      await inhibitor.idle(true);
      await pass(ACT_MS);
      await inhibitor.idle(false);
    },
    actElsewhere: async () => {
      await inhibitor.other(true);
      await inhibitor.other(false);
    },
    endSource: () => bus.kill(),
    pass,
    until: waitUntil,
    dispose: () => bus.stop(),
  };
}

describe.skipIf(desktopSkipped)('idle inhibitors', () => {
  for (const where of ['logind', 'gnome'] as const)
    sensorContract(`inhibitors, ${where}`, () => harness(where));
});
