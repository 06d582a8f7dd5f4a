/** The signals of Linux keep the contract, on private message buses with a stand-in for logind. */
import { describe } from 'vitest';
import { LinuxSignals } from '../../src/sensors/signals/linux.js';
import { systemClock } from '../../src/system/clock.js';
import { type SignalsHarness, signalsContract } from '../contracts/session-signals.contract.js';
import { startBus } from './bus.js';
import { DELAY_MAX_MS, startLogin, startLoginBuses } from './login.js';
import { desktopSkipped, waitUntil } from './xserver.js';

async function linuxHarness(): Promise<SignalsHarness> {
  const clock = systemClock();
  const buses = await startLoginBuses();
  let { system, login, c1 } = buses;
  return {
    signals: new LinuxSignals({
      clock,
      env: buses.env,
      log: () => {},
      random: Math.random,
      backoff: { firstMs: 50, mostMs: 200 },
    }),
    clock,
    delayMaxMs: DELAY_MAX_MS,
    lock: (locked) => c1.setLockedHint(locked),
    sleep: (begins) => login.prepareForSleep(begins),
    isHeldBack: async () => (await login.inhibitors()).includes('sleep delay'),
    endSource: () => system.kill(),
    restoreSource: async () => {
      await system.stop();
      system = await startBus({ address: system.address });
      login = await startLogin(system);
      c1 = await login.addSession('c1');
    },
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: async () => {
      await system.stop();
      await buses.stop();
    },
  };
}

describe.skipIf(desktopSkipped)('Linux', () => {
  signalsContract('logind', linuxHarness);
});
