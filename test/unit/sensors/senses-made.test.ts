/** The senses as they are made: of a scripted person, and of this machine where there is nothing to sense with. */
import { describe, expect, test } from 'vitest';
import { createSenses } from '../../../src/sensors/index.js';
import { ScriptedPerson } from '../../../src/sensors/scripted.js';
import { clock, SETTINGS, seen, sink, superviseEachTest, supervision, told } from './senses-bench.js';

superviseEachTest();

describe('a scripted person', () => {
  test('works, leaves and comes back', async () => {
    const person = new ScriptedPerson(clock);
    const all = person.senses(supervision());
    await all.start(SETTINGS, sink);
    const began = clock.now().boot;
    person.play([
      { afterMs: 1_000, sensor: 'keyboard', forMs: 30_000 },
      { afterMs: 90_000, sensor: 'mouse' },
    ]);
    await clock.advance(20_000);
    await all.read();
    await clock.advance(100_000);
    expect(seen.map(({ sensor, at, began: run }) => [sensor, at.boot - began, run - began])).toEqual([
      ['keyboard', 1_000, 1_000],
      ['keyboard', 20_000, 1_000],
      ['keyboard', 31_000, 1_000],
      ['mouse', 90_000, 90_000],
    ]);
  });

  test('who leaves does nothing more and keeps no timer', async () => {
    const person = new ScriptedPerson(clock);
    const all = person.senses(supervision());
    await all.start(SETTINGS, sink);
    person.play([
      { afterMs: 1_000, sensor: 'keyboard', forMs: 30_000 },
      { afterMs: 5_000, sensor: 'mouse' },
    ]);
    await clock.advance(2_000);
    person.leaves();
    expect(clock.pending).toBe(0);
    await all.read();
    expect(seen).toHaveLength(1);
  });
});

describe('the senses of this machine', () => {
  const unavailable = async (platform: NodeJS.Platform, env: NodeJS.ProcessEnv) => {
    const all = createSenses({ ...supervision(), platform, env });
    await all.start(SETTINGS, sink);
    await all.stop();
    return Object.fromEntries(
      told.flatMap(([name, health]) => (health.state === 'unavailable' ? [[name, health]] : [])),
    );
  };

  test('without a display the reason and the cure name it', async () => {
    // The keyboard may be that of this very terminal.
    const { mouse, window } = await unavailable('linux', {});
    for (const health of [mouse, window]) {
      expect(health?.reason).toContain('DISPLAY is not set');
      expect(health?.cure).toContain('DISPLAY');
    }
  });

  test('in a Wayland session its X server is not asked', async () => {
    const { keyboard } = await unavailable('linux', { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' });
    expect(keyboard?.reason).toContain('Wayland');
  });

  test('a display nobody serves is named', async () => {
    const { keyboard } = await unavailable('linux', { DISPLAY: ':54321' });
    expect(keyboard?.reason).toContain(':54321');
  });

  test.each(['darwin', 'win32'] as const)(
    '%s has no mechanism in this version, and says so',
    async (platform) => {
      const health = await unavailable(platform, {});
      expect(Object.keys(health).sort()).toEqual(['audio', 'keyboard', 'mouse', 'window']);
      expect(health.keyboard?.reason).toBe(
        `this version has no mechanism for the keyboard sensor on ${platform}`,
      );
      expect(health.keyboard?.cure).toBe('set activity_monitor.keyboard.enabled to false in settings.json');
    },
  );
});
