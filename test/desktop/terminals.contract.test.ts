/** The terminals keep the sensor contract, with a real one that is typed in. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { terminalProbes } from '../../src/sensors/terminals/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { openTerminal, TerminalPlaces } from './terminal.js';
import { desktopSkipped, waitUntil } from './xserver.js';

/** So that the tests need not wait ten seconds for each thing typed. */
const LOOK_EVERY_MS = 200;

async function harness(which: 'all' | 'remote'): Promise<SensorHarness> {
  const clock = systemClock();
  const places = await TerminalPlaces.make();
  const terminal = await openTerminal();
  await places.add(terminal);
  if (which === 'remote') {
    await places.record({ user: places.user, line: terminal.line, host: '192.0.2.7' });
  }
  return {
    probe: terminalProbes({
      clock,
      env: which === 'remote' ? { DISPLAY: ':0' } : {},
      places,
      lookEveryMs: LOOK_EVERY_MS,
    })[which],
    clock,
    // A second of the kernel's, and the look before.
    coarseMs: 1_000 + LOOK_EVERY_MS,
    hiddenPauseMs: 10_000,
    act: () => terminal.type(),
    actElsewhere: () => terminal.write(),
    endSource: () => rm(which === 'all' ? join(places.dev, 'pts') : places.utmp, { recursive: true }),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: async () => {
      await terminal.close();
      await places.remove();
    },
  };
}

describe.skipIf(desktopSkipped)('terminals', () => {
  sensorContract('all terminals', () => harness('all'));
  sensorContract('terminals of remote logins', () => harness('remote'));
});
