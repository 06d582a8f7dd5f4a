/** The Wayland sensors keep the sensor contract on real compositors. */
import { afterAll, describe } from 'vitest';
import type { SensorProbe } from '../../src/core/sensor.js';
import { waylandProbes } from '../../src/sensors/wayland/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { type Compositor, type KWin, type Sway, startKWin, startSway } from './compositors.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const clock = systemClock();

/** One compositor for many tests, started anew for the first after it was killed. */
class Shared<C extends Compositor> {
  readonly #start: (options: { insteadOf?: C }) => Promise<C>;
  #current: C | undefined;
  #killed = false;

  constructor(start: (options: { insteadOf?: C }) => Promise<C>) {
    this.#start = start;
  }

  async get(): Promise<C> {
    if (this.#current && !this.#killed) return this.#current;
    const before = this.#current;
    this.#current = await this.#start(before ? { insteadOf: before } : {});
    this.#killed = false;
    return this.#current;
  }

  async kill(): Promise<void> {
    this.#killed = true;
    await this.#current?.kill();
  }

  async stop(): Promise<void> {
    await this.#current?.stop();
  }
}

interface Played {
  readonly probe: SensorProbe | undefined;
  act(): Promise<void>;
  actElsewhere(): Promise<void>;
}

/** Runs the suite on a compositor; `play` says what to do on it. */
function contractOn<C extends Compositor>(
  name: string,
  on: Shared<C>,
  play: (c: C) => Promise<Played>,
): void {
  sensorContract(name, async (): Promise<SensorHarness> => {
    const { probe, ...played } = await play(await on.get());
    if (!probe) throw new Error('there is no such probe');
    return {
      ...played,
      probe,
      clock,
      endSource: () => on.kill(),
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      until: waitUntil,
      dispose: async () => {},
    };
  });
}

/** What the keyboard and the mouse must not see: another window is the active one, another is there at all. */
async function lookRound(sway: Sway): Promise<void> {
  const windows = [await sway.openWindow(), await sway.openWindow()];
  for (const window of windows) await sway.focus(window);
  for (const window of windows) await window.close();
}

describe.skipIf(desktopSkipped)('Sway', () => {
  const shared = new Shared<Sway>(startSway);
  afterAll(() => shared.stop());

  contractOn('org_kde_kwin_idle, mouse', shared, async (sway) => ({
    probe: waylandProbes({ clock, env: sway.env }).mouse[2],
    act: () => sway.movePointer(7, 0),
    actElsewhere: () => lookRound(sway),
  }));

  contractOn('wlr-foreign-toplevel-management, window', shared, async (sway) => {
    const windows = [await sway.openWindow(), await sway.openWindow()];
    let active = 1;
    return {
      probe: waylandProbes({ clock, env: sway.env }).window,
      act: async () => {
        active = 1 - active;
        await sway.focus(windows[active]!);
      },
      actElsewhere: async () => {
        await sway.pressKey();
        await sway.movePointer(3, 3);
        await sway.swaymsg('splitv');
      },
    };
  });
});

describe.skipIf(desktopSkipped)('screen of Sway', () => {
  const shared = new Shared<Sway>(startSway);
  afterAll(() => shared.stop());

  contractOn('wlr-screencopy, screen', shared, async (sway) => {
    // A terminal over the whole screen, and an empty workspace to turn to.
    await sway.swaymsg('workspace', '1');
    await sway.openWindow();
    let workspace = 1;
    return {
      probe: waylandProbes({ clock, env: sway.env }).screen,
      act: async () => {
        workspace = 3 - workspace;
        await sway.swaymsg('workspace', String(workspace));
      },
      actElsewhere: async () => {
        await sway.pressKey();
        await sway.movePointer(3, 3);
      },
    };
  });
});

describe.skipIf(desktopSkipped)('KWin', () => {
  const shared = new Shared<KWin>(startKWin);
  afterAll(() => shared.stop());

  contractOn('ext-idle-notify 1, keyboard', shared, async (kwin) => ({
    probe: waylandProbes({ clock, env: kwin.env }).keyboard[1],
    act: () => kwin.pressKey(),
    // The mouse is heard together with the keyboard, and this KWin has no windows.
    actElsewhere: async () => {},
  }));
});
