/** The audio sensor before a server that does as the test says: signing in, listening, refusals, and every way to lose it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Activity, Sensor, SensorOptions } from '../../../src/core/sensor.js';
import { pulseAudioProbe } from '../../../src/sensors/pulse/audio.js';
import { cookieOf, socketsOf } from '../../../src/sensors/pulse/server.js';
import { TagWriter } from '../../../src/sensors/pulse/tagstruct.js';
import { FakeClock } from '../../fakes/clock.js';
import { COMMAND, FakePulseServer } from './pulse-fake.js';

const OPTIONS: SensorOptions = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};
const MEASURED = { ...OPTIONS, audioMeasureLevel: true };

let clock: FakeClock;
let server: FakePulseServer;
let sensor: Sensor | undefined;
let seen: Activity[];
let deaths: { reason: string; cure: string }[];

beforeEach(async () => {
  clock = new FakeClock();
  server = await FakePulseServer.start();
  seen = [];
  deaths = [];
  sensor = undefined;
});
afterEach(async () => {
  await sensor?.stop();
  await server.stop();
  expect(clock.pending).toBe(0);
});

const start = async (options = OPTIONS) => {
  sensor = await pulseAudioProbe({ clock, env: server.env }).start(options, {
    activity: (activity) => seen.push(activity),
    died: (reason, cure) => deaths.push({ reason, cure }),
  });
  return sensor;
};
/** Lets the socket's bytes come and go, without time going by, until it is so. */
const until = async (holds: () => boolean) => {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 100_000) throw new Error('waited in vain');
    await clock.flush();
  }
};
const sendsNonsense = () => {
  server.answers.set(COMMAND.streams, () => Buffer.from('x'.repeat(30)));
  server.client?.tellChange();
};
const asked = (command: number) => server.asked.filter((one) => one === command).length;

describe('signing in', () => {
  test('shows the cookie, asks for changes of streams and sinks, and leaves no timer', async () => {
    const cookie = Buffer.alloc(256, 9);
    await mkdir(join(server.env.HOME ?? '', '.config', 'pulse'), { recursive: true });
    await writeFile(join(server.env.HOME ?? '', '.config', 'pulse', 'cookie'), cookie);
    const signIn = server.answers.get(COMMAND.auth);
    let shown: Buffer | undefined;
    server.answers.set(COMMAND.auth, (request, client, body) => {
      shown = body;
      return signIn?.(request, client, body);
    });
    let mask = 0;
    server.answers.set(COMMAND.subscribe, (request) => {
      mask = request.u32();
      return Buffer.alloc(0);
    });
    await start();
    expect(shown).toEqual(new TagWriter().u32(20).arbitrary(cookie).bytes());
    expect(mask).toBe(0b101);
    expect(clock.pending).toBe(0);
  });

  test.each<[string, () => void, RegExp]>([
    ['that is too old', () => (server.version = 16), /too old: it speaks protocol version 16, not 20/],
    ['that lets us not in', () => server.answers.set(COMMAND.auth, (_, to) => to.refuse(1)), /access denied/],
    ['that hangs up', () => server.answers.set(COMMAND.auth, (_, to) => void to.hangUp()), /closed the conn/],
    [
      'that speaks another protocol',
      () =>
        server.answers.set(
          COMMAND.auth,
          (_, to) => void to.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n')),
        ),
      /nonsense/,
    ],
    [
      'that will not list',
      () => server.answers.set(COMMAND.streams, (_, to) => to.refuse(1)),
      /access denied/,
    ],
  ])('a server %s is unavailable, with a cure, and nothing stays open', async (_what, make, reason) => {
    make();
    await expect(start()).rejects.toMatchObject({
      name: 'Unavailable',
      message: expect.stringMatching(reason),
      cure: expect.stringMatching(/./),
    });
    await until(() => server.clients === 0);
    expect(deaths).toEqual([]);
  });

  test('a server that never answers is given up after five seconds', async () => {
    server.answers.delete(COMMAND.auth);
    const starting = expect(start()).rejects.toThrow(/does not answer/);
    await until(() => asked(COMMAND.auth) === 1);
    await clock.advance(5_000);
    await starting;
    await until(() => server.clients === 0);
  });
});

describe('watching', () => {
  test('a stream that begins and ends, and nothing of what it is called', async () => {
    await start();
    await clock.advance(1_000);
    server.streams = [{}];
    server.client?.tellChange();
    await until(() => seen.length === 1);
    await clock.advance(90_000);
    expect(clock.pending).toBe(0);
    server.streams = [];
    server.client?.tellChange();
    await until(() => seen.length === 2);
    expect(seen.map(({ began }) => began)).toEqual([seen[0]?.at.boot, seen[0]?.at.boot]);
    expect(Object.keys(seen[0] ?? {}).sort()).toEqual(['at', 'began', 'sensor']);
  });

  test.each<[string, () => void, RegExp]>([
    ['hangs up', () => server.client?.hangUp(), /closed the connection/],
    ['sends a message of four gigabytes', () => server.client?.send(Buffer.alloc(20, 0xff)), /nonsense/],
    ['sends a list that is none', () => sendsNonsense(), /nonsense/],
  ])('dies once when the server %s, and can then not be read', async (_what, make, reason) => {
    const running = await start();
    make();
    await until(() => deaths.length > 0);
    expect(deaths).toEqual([
      {
        reason: expect.stringMatching(reason),
        cure: 'none needed: it is tried again until the sound server answers',
      },
    ]);
    await expect(running.read()).rejects.toThrow();
    await until(() => server.clients === 0);
  });

  test('dies when the server answers no more, and rejects who reads it after that', async () => {
    const running = await start();
    server.answers.delete(COMMAND.streams);
    let deathsThen = -1;
    const reading = running.read().catch((error) => {
      deathsThen = deaths.length;
      throw error;
    });
    const rejected = expect(reading).rejects.toThrow(/does not answer/);
    await until(() => asked(COMMAND.sinks) === 2);
    await clock.advance(5_000);
    await rejected;
    expect(deathsThen).toBe(1);
  });

  test('survives any bytes a server may send, or dies once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 5 }),
        async (chunks) => {
          deaths = [];
          const running = await start();
          for (const chunk of chunks) server.client?.send(chunk);
          server.client?.hangUp();
          await until(() => deaths.length > 0);
          await running.stop();
          expect(deaths).toHaveLength(1);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('measuring', () => {
  const STREAM = 3;
  /** What the record stream delivers when it is opened. */
  const peaks = (...values: number[]) => {
    server.answers.set(COMMAND.deleteRecordStream, () => Buffer.alloc(0));
    server.answers.set(COMMAND.createRecordStream, (_request, client) => {
      setImmediate(() => client.sendPeaks(STREAM, values));
      return new TagWriter().u32(STREAM).bytes();
    });
  };
  const HALF_A_SECOND = 13;

  beforeEach(() => {
    server.streams = [{}];
  });

  test('opens no capture unless it is asked for', async () => {
    const running = await start(OPTIONS);
    await clock.advance(1_000);
    await running.read();
    expect(asked(COMMAND.createRecordStream)).toBe(0);
    expect(seen).toHaveLength(1);
  });

  test('one peak is enough, and the capture is closed', async () => {
    peaks(0, 0, -0.002);
    server.streams = [];
    const running = await start(MEASURED);
    await clock.advance(1_000);
    server.streams = [{}];
    await running.read();
    expect(seen).toHaveLength(1);
    expect(asked(COMMAND.createRecordStream)).toBe(1);
    expect(asked(COMMAND.deleteRecordStream)).toBe(1);
    // The next listening, which nobody has asked for.
    expect(clock.nextDueIn).toBe(30_000);
  });

  test('half a second of less than the level is silence, and the capture is closed', async () => {
    peaks(...Array.from({ length: HALF_A_SECOND }, () => 0.0009), Number.NaN);
    await start(MEASURED);
    expect(seen).toEqual([]);
    expect(asked(COMMAND.deleteRecordStream)).toBe(1);
  });

  test('what delivers nothing is silence after two and a half seconds', async () => {
    peaks();
    const starting = start(MEASURED);
    await until(() => asked(COMMAND.createRecordStream) === 1);
    await until(() => clock.nextDueIn === 2_500);
    await clock.advance(2_500);
    await starting;
    expect(seen).toEqual([]);
    expect(asked(COMMAND.deleteRecordStream)).toBe(1);
  });

  test('a stream that has ended meanwhile is silence', async () => {
    server.answers.set(COMMAND.createRecordStream, (_request, client) => client.refuse(5));
    await start(MEASURED);
    expect(seen).toEqual([]);
    expect(deaths).toEqual([]);
  });

  test('a server that lets nobody listen is told with its cure, and does not count as silence', async () => {
    server.streams = [];
    server.answers.set(COMMAND.createRecordStream, (_request, client) => client.refuse(1));
    await start(MEASURED);
    server.streams = [{}];
    server.client?.tellChange();
    await until(() => deaths.length > 0);
    expect(deaths).toEqual([
      { reason: expect.stringContaining('access denied'), cure: expect.stringContaining('measure_level') },
    ]);
  });

  test('is ended at once when the sensor is stopped', async () => {
    server.streams = [];
    peaks();
    const running = await start(MEASURED);
    server.streams = [{}];
    server.client?.tellChange();
    await until(() => clock.nextDueIn === 2_500);
    await running.stop();
    expect(clock.pending).toBe(0);
    await until(() => server.clients === 0);
    expect(deaths).toEqual([]);
  });
});

describe('where the server is', () => {
  test.each<[string, NodeJS.ProcessEnv, readonly string[]]>([
    ['PULSE_SERVER', { PULSE_SERVER: 'unix:/a/b', XDG_RUNTIME_DIR: '/run/user/7' }, ['/a/b']],
    ['a list of them', { PULSE_SERVER: '{0123abcd}unix:/a tcp:host:4713 /c' }, ['/a', '/c']],
    [
      'PULSE_RUNTIME_PATH',
      { PULSE_RUNTIME_PATH: '/p', XDG_RUNTIME_DIR: '/x' },
      ['/p/native', '/run/pulse/native'],
    ],
    ['XDG_RUNTIME_DIR', { XDG_RUNTIME_DIR: '/x' }, ['/x/pulse/native', '/run/pulse/native']],
    ['nothing', {}, [`/run/user/${process.getuid?.()}/pulse/native`, '/run/pulse/native']],
  ])('is told by %s', (_what, env, sockets) => {
    expect(socketsOf(env)).toEqual(sockets);
  });

  test('elsewhere is unavailable', () => {
    expect(() => socketsOf({ PULSE_SERVER: 'tcp:music.example:4713' })).toThrow(/no Unix socket: tcp:music/);
  });

  test('the cookie is the first that has its length', async () => {
    const home = await mkdtemp(join(tmpdir(), 'cloudnap-cookie-'));
    await mkdir(join(home, '.config', 'pulse'), { recursive: true });
    expect(await cookieOf({ HOME: home })).toEqual(new Uint8Array(256));
    await writeFile(join(home, '.pulse-cookie'), Buffer.alloc(256, 2));
    await writeFile(join(home, '.config', 'pulse', 'cookie'), 'short');
    expect((await cookieOf({ HOME: home }))[0]).toBe(2);
    await writeFile(join(home, '.config', 'pulse', 'cookie'), Buffer.alloc(256, 1));
    expect((await cookieOf({ HOME: home }))[0]).toBe(1);
    await writeFile(join(home, 'own'), Buffer.alloc(256, 3));
    expect((await cookieOf({ HOME: home, PULSE_COOKIE: join(home, 'own') }))[0]).toBe(3);
    await rm(home, { recursive: true });
  });
});
