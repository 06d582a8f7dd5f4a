/** The audio sensor on real servers, PulseAudio and PipeWire: what counts as playback, and what happens when the server goes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Activity, Sensor, SensorHealth } from '../../src/core/sensor.js';
import { pulseAudioProbe } from '../../src/sensors/pulse/audio.js';
import { superviseSenses } from '../../src/sensors/senses.js';
import { systemClock } from '../../src/system/clock.js';
import { PausingPlayer } from './pulse-player.js';
import { pipeWire, pulseAudio, type SoundServer, startSoundServer } from './pulseserver.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const clock = systemClock();
const TONE = { ms: 400, db: -6 };
const LONG_TONE = { ms: 20_000, db: -6 };
const OPTIONS = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

for (const [name, launch] of [
  ['PulseAudio', pulseAudio],
  ['PipeWire', pipeWire],
] as const) {
  describe.skipIf(desktopSkipped)(`playback on ${name}`, () => {
    let server: SoundServer;
    let sensor: Sensor | undefined;
    let seen: Activity[];
    let deaths: string[];

    beforeAll(async () => {
      server = await startSoundServer(launch);
    });
    afterAll(() => server.stop());
    afterEach(async () => {
      await sensor?.stop();
      sensor = undefined;
      expect(deaths).toEqual([]);
    });

    const start = async (more: Partial<typeof OPTIONS> = {}) => {
      seen = [];
      deaths = [];
      sensor = await pulseAudioProbe({ clock, env: server.env }).start(
        { ...OPTIONS, ...more },
        { activity: (activity) => seen.push(activity), died: (reason) => deaths.push(reason) },
      );
      return sensor;
    };
    const playToItsEnd = async (sound: Parameters<SoundServer['play']>[0], ...args: string[]) =>
      (await server.play(sound, ...args)).ended;
    /** Two reports of one moment are told as one. */
    const apart = () => new Promise((resolve) => setTimeout(resolve, 100));

    test('counts from its begin to its end, and is known to go on in between', async () => {
      const running = await start();
      const film = await server.play(LONG_TONE);
      await waitUntil('it is told of', () => seen.length > 0);
      // Longer than the pause that would end a run.
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      const before = clock.now();
      await running.read();
      expect(seen.at(-1)?.at.boot).toBeGreaterThanOrEqual(before.boot - 20);
      const told = seen.length;
      await apart();
      await film.stop();
      await waitUntil('its end is told of', () => seen.length > told);
      expect(new Set(seen.map(({ began }) => began)).size).toBe(1);
      expect(new Set(seen.map(({ sensor }) => sensor))).toEqual(new Set(['audio']));

      const after = seen.length;
      await running.read();
      expect(seen.length).toBe(after);
    });

    test('what plays already when it starts is activity from then on', async () => {
      const film = await server.play(LONG_TONE);
      await waitUntil('it plays', async () => {
        await start();
        if (seen.length > 0) return true;
        await sensor?.stop();
        return false;
      });
      await film.stop();
    });

    test('the sound of an event is nobody', async () => {
      const running = await start();
      await playToItsEnd(TONE, '--property=media.role=event');
      const before = clock.now();
      await playToItsEnd(TONE);
      await running.read();
      expect(seen.length).toBeGreaterThan(0);
      expect(seen[0]?.began).toBeGreaterThanOrEqual(before.boot - 20);
    });

    test('a muted stream is silence, and one without volume', async () => {
      // By a name of its own: a session manager gives the next stream of that name the same volume.
      const film = await server.play(LONG_TONE, '--client-name=hushed');
      const streams = () => server.pactl('list', 'short', 'sink-inputs');
      await waitUntil('it is there', async () => (await streams()) !== '');
      const stream = (await streams()).split('\t')[0]!;
      await server.pactl('set-sink-input-mute', stream, '1');
      const running = await start();
      await running.read();
      expect(seen).toEqual([]);
      await server.pactl('set-sink-input-volume', stream, '0');
      await server.pactl('set-sink-input-mute', stream, '0');
      await running.read();
      expect(seen).toEqual([]);
      await server.pactl('set-sink-input-volume', stream, '100%');
      await waitUntil('it is told of', () => seen.length > 0);
      await film.stop();
    });

    test('what plays into a muted sink is silence until it is unmuted', async () => {
      await server.pactl('set-sink-mute', '@DEFAULT_SINK@', '1');
      const running = await start();
      const film = await server.play(LONG_TONE);
      await waitUntil('it is there', async () => (await server.pactl('list', 'short', 'sink-inputs')) !== '');
      await running.read();
      expect(seen).toEqual([]);
      await server.pactl('set-sink-mute', '@DEFAULT_SINK@', '0');
      await waitUntil('it is told of', () => seen.length > 0);
      await film.stop();
    });

    test('a paused stream is silence until it goes on, and again when it is paused', async () => {
      const running = await start();
      const player = await PausingPlayer.open(server.socket);
      await running.read();
      expect(seen).toEqual([]);
      await player.resume();
      await waitUntil('it is told of', () => seen.length > 0);
      await apart();
      const count = seen.length;
      await player.pause();
      await waitUntil('its end is told of', () => seen.length > count);
      const after = seen.length;
      await running.read();
      expect(seen.length).toBe(after);
      player.close();
    });

    test('no capture is ever opened when loudness does not matter', async () => {
      const captures = await server.countCaptures();
      const running = await start();
      const film = await server.play(LONG_TONE);
      await waitUntil('it is told of', () => seen.length > 0);
      for (let i = 0; i < 5; i++) await running.read();
      await playToItsEnd({ ms: 300 });
      await film.stop();
      expect(await captures.soFar()).toBe(0);
    });

    test('measured, only what is loud counts, and nothing captures afterwards', async () => {
      const captures = await server.countCaptures();
      await start({ audioMeasureLevel: true });
      for (const quiet of [{ ms: 1_200 }, { ms: 1_200, db: -75 }]) await playToItsEnd(quiet);
      expect(await captures.soFar()).toBeGreaterThan(0);
      expect(seen).toEqual([]);

      const film = await server.play({ ms: 20_000, db: -45 });
      await waitUntil('it is told of', () => seen.length > 0);
      await waitUntil('nothing captures', async () => (await server.captures()) === 0);
      await film.stop();
    });
  });
}

describe.skipIf(desktopSkipped)('a sound server that goes', () => {
  test('and comes back is watched again, and was lost once', async () => {
    const server = await startSoundServer();
    const probes = [pulseAudioProbe({ clock, env: server.env })];
    const none = { probes: [], none: { reason: 'not tested here', cure: 'none' } };
    const senses = superviseSenses(
      { keyboard: none, mouse: none, screen: none, window: none, audio: { ...none, probes } },
      { clock, log: () => {}, random: () => 0, backoff: { firstMs: 100, mostMs: 200 } },
    );
    const healths: SensorHealth[] = [];
    let activities = 0;
    const off = { keyboard: false, mouse: false, screen: false, window: false };
    await senses.start(
      { ...OPTIONS, enabled: { ...off, audio: true } },
      {
        activity: () => {
          activities += 1;
        },
        health: (sensor, health) => {
          if (sensor === 'audio') healths.push(health);
        },
      },
    );
    const lastState = () => healths.at(-1)?.state;
    expect(lastState()).toBe('watching');

    await server.kill();
    await waitUntil('it is unavailable', () => lastState() === 'unavailable');
    await server.restart();
    await waitUntil('it watches again', () => lastState() === 'watching');
    expect(healths.filter(({ state }) => state === 'watching')).toHaveLength(2);
    await (await server.play(TONE)).ended;
    await waitUntil('it hears', () => activities > 0);
    await senses.stop();
    await server.stop();
  });

  test('or was never there is named with what can be done', async () => {
    const env = { HOME: '/nowhere', XDG_RUNTIME_DIR: '/nowhere' };
    const sink = { activity: () => {}, died: () => {} };
    await expect(pulseAudioProbe({ clock, env }).start(OPTIONS, sink)).rejects.toMatchObject({
      name: 'Unavailable',
      message: expect.stringContaining('neither PulseAudio nor PipeWire answers at /nowhere/pulse/native'),
      cure: expect.stringContaining('start PulseAudio'),
    });
  });
});
