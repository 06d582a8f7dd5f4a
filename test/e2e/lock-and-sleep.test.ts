/** The built program in a login session that is locked and put to sleep: a private system bus with logind's stand-in. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type LoginBuses, startLoginBuses } from '../desktop/login.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { allNap, standing } from './fleet.js';
import { until } from './program.js';
import { type Scene, scene, told } from './scene.js';

/** A timeout so long that nothing naps by it. */
function session(monitor: object, play: (on: Scene & { buses: LoginBuses }) => Promise<void>) {
  return async () => {
    const buses = await startLoginBuses();
    try {
      const { PATH: _, ...env } = buses.env;
      await scene((on) => play({ ...on, buses }), {
        env,
        settings: { activity_monitor: { inactivity_timeout_minutes: 30, ...monitor } },
      });
    } finally {
      await buses.stop();
    }
  };
}

const isLocked = async ({ program }: Scene) => (await program.json('sensors')).locked;
const presence = async ({ program }: Scene) => (await program.json('status')).presence;
/** Whether logind is asked to wait for us before the machine sleeps. */
const holdsBack = async ({ login }: LoginBuses) => (await login.inhibitors()).includes('sleep delay');

/** More than the pause that ends a run of activity. */
const PAUSE_MS = 1_200;

/**
 * Presses a key now and then until all is as it was. The hand that locked the screen or closed the lid may still be
 * on the mouse: what begins within five seconds does not count, nor does what goes on from it without a pause.
 */
async function comeBack({ x, sandbox, before }: Scene): Promise<void> {
  await until('everything is back exactly', async () => {
    await x.xdotool('key', 'shift');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return isDeepStrictEqual(standing(sandbox), before);
  });
}

describe.skipIf(desktopSkipped).concurrent('a session', () => {
  it(
    'that is locked is away at once where that is set, and a key after it brings everything back',
    session({ lock_means_away: true }, async ({ buses, ...on }) => {
      await on.program.start();
      expect(await isLocked(on)).toBe(false);
      await on.x.xdotool('key', 'shift');
      await buses.c1.setLockedHint(true);
      await until('everything naps', () => allNap(on.sandbox));
      expect(await isLocked(on)).toBe(true);
      expect(await presence(on)).toBe('locked');
      expect(told(on.program, 'unless somebody is there')).toBe(0);
      await buses.c1.setLockedHint(false);
      await until('it is unlocked', async () => (await isLocked(on)) === false);
      await comeBack(on);
    }),
  );

  it(
    'that is locked is nothing where that is not set',
    session({}, async ({ buses, ...on }) => {
      await on.program.start();
      await buses.c1.setLockedHint(true);
      await until('it is known', async () => (await isLocked(on)) === true);
      const [step] = (await on.program.json<{ plan: { action: string; at: string }[] }>('plan')).plan;
      expect(step?.action).toBe('nap');
      expect(Date.parse(step?.at ?? '') - Date.now()).toBeGreaterThan(20 * 60_000);
      expect(on.sandbox.journal.entries()).toEqual([]);
    }),
  );

  it(
    'that is put to sleep naps first where that is set; waking up restores nothing, a key does',
    session({ on_suspend: 'nap' }, async ({ buses, ...on }) => {
      await on.program.start();
      await until('sleep waits for it', () => holdsBack(buses));
      await on.x.xdotool('key', 'shift');
      await buses.login.prepareForSleep(true);
      await until('everything is told to nap', () => on.sandbox.journal.entries().length >= 4);
      await until('sleep may go on', async () => !(await holdsBack(buses)));
      await buses.login.prepareForSleep(false);
      await until('the next sleep waits for it', () => holdsBack(buses));
      await until('everything naps', () => allNap(on.sandbox));
      const calls = on.sandbox.journal.entries().length;
      await on.program.json('status');
      expect(on.sandbox.journal.entries()).toHaveLength(calls);
      await comeBack(on);
    }),
  );
});
