/** All five senses in the built program, on a real X server and a real sound server: switched while it runs, and weak. */
import { describe, expect, it } from 'vitest';
import { SENSORS, type SensorName } from '../../src/core/sensor.js';
import { type SoundServer, startSoundServer } from '../desktop/pulseserver.js';
import { desktopSkipped, type XServer } from '../desktop/xserver.js';
import { allNap } from './fleet.js';
import { type Program, until } from './program.js';
import { bringBack, conditions, type Scene, scene } from './scene.js';
import { heard, type Look, lookAt } from './senses.js';

const ALL_ON = {
  keyboard: { enabled: true },
  mouse: { enabled: true },
  screen: { enabled: true, interval_seconds: 0.2 },
  window: { enabled: true },
  audio: { enabled: true },
};
const TONE = { ms: 400, db: -12 };
/** Of the quick settings. */
const TIMEOUT_MS = 3_000;
const EXTENDS_MS = 4_800;
/** By so much the same moment may differ each time it is told by the wall clock. */
const HAIR_MS = 50;

/** What each sensor sees, done once. */
async function hands(x: XServer, sound: SoundServer): Promise<Record<SensorName, () => Promise<unknown>>> {
  const small = { size: { width: 60, height: 40 } };
  const picture = await x.openWindow({ at: { x: 700, y: 300 }, size: { width: 500, height: 400 } });
  const windows = [await x.openWindow(small), await x.openWindow(small)];
  let turn = 0;
  return {
    keyboard: () => x.xdotool('key', 'shift'),
    mouse: async () => x.xdotool('mousemove_relative', '--', turn++ % 2 === 0 ? '60' : '-60', '0'),
    screen: () => picture.draw(),
    window: async () => windows[turn++ % 2]?.activate(),
    audio: async () => (await sound.play(TONE)).ended,
  };
}

/** A scene with sound, all sensors on and hands for each. */
function sensing(
  monitor: object,
  play: (on: Scene, act: Record<SensorName, () => Promise<unknown>>) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const sound = await startSoundServer();
    try {
      const env = { PULSE_SERVER: sound.env.PULSE_SERVER };
      await scene(async (on) => play(on, await hands(on.x, sound)), {
        windowManager: true,
        env,
        settings: { activity_monitor: { ...ALL_ON, ...monitor } },
      });
    } finally {
      await sound.stop();
    }
  };
}

describe.skipIf(desktopSkipped).concurrent('a person at a desk with sound', () => {
  it(
    'switches each sensor off and on while it runs, and it sees nothing and all again',
    sensing({ inactivity_timeout_minutes: 30 }, async ({ program }, act) => {
      const set = (sensors: object) =>
        program.write(
          'settings.json',
          program.settings({ activity_monitor: { inactivity_timeout_minutes: 30, ...ALL_ON, ...sensors } }),
        );
      const is = (name: SensorName, state: Look['state']) =>
        until(`${name} is ${state}`, async () => (await lookAt(program))[name].state === state);
      const seen = async (name: SensorName, after: string | null) =>
        until(`${name} is seen`, async () => {
          await act[name]();
          return heard((await lookAt(program))[name]) > heard({ last: after }) + HAIR_MS;
        });
      await program.start();
      for (const name of SENSORS) await is(name, 'watching');
      for (const name of SENSORS) {
        set({ [name]: { ...ALL_ON[name], enabled: false } });
        await is(name, 'off');
        const before = await lookAt(program);
        await act[name]();
        // Seen after it, by another sensor: what the one that is off could have told would have been told by then.
        const witness = name === 'keyboard' ? 'mouse' : 'keyboard';
        await seen(witness, before[witness].last);
        const since = await sawFor(program, name, before);
        expect(Math.abs(since), `${name} while it is off`).toBeLessThan(HAIR_MS);
        set({});
        await is(name, 'watching');
        await seen(name, before[name].last);
      }
      expect(await conditions(program)).not.toHaveProperty('presence-unknown');
    }),
  );

  it.each(['screen', 'window', 'audio'] as const)(
    'has a film on that only the %s sees: it extends presence for as long as is set, and wakes nothing',
    (name) =>
      sensing(
        { [name]: { ...ALL_ON[name], extends_for_minutes: EXTENDS_MS / 60_000 } },
        async ({ sandbox, program, ...on }, act) => {
          await program.start();
          await act.keyboard();
          const running = film(act[name]);
          try {
            await until('everything naps', () => allNap(sandbox));
            const [first] = sandbox.journal.entries();
            const typed = heard((await lookAt(program)).keyboard);
            expect(typed).toBeGreaterThan(0);
            expect((first?.at ?? 0) - typed).toBeGreaterThanOrEqual(EXTENDS_MS + TIMEOUT_MS);
            const during = await lookAt(program);
            expect(heard(during[name]), 'the film goes on').toBeGreaterThan(typed + EXTENDS_MS);
            // Whatever is seen of it from now on brings nothing back, either.
            await until('more of the film', async () => (await sawFor(program, name, during)) > TIMEOUT_MS);
            expect(allNap(sandbox)).toBe(true);
            expect(await program.json('status')).toMatchObject({ presence: 'away' });
          } finally {
            await running.stop();
          }
          await bringBack({ sandbox, ...on });
        },
      )(),
  );
});

/** Does something again and again, a tenth of a second apart, until it is stopped. */
function film(act: () => Promise<unknown>): { stop(): Promise<void> } {
  let on = true;
  const playing = (async () => {
    while (on) {
      await act();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    stop: async () => {
      on = false;
      await playing;
    },
  };
}

/** For how long, in milliseconds, a sensor has seen more since an earlier look. */
async function sawFor(program: Program, name: SensorName, since: Record<SensorName, Look>): Promise<number> {
  return heard((await lookAt(program))[name]) - heard(since[name]);
}
