/** Supervision: probe order, health, restarts with growing waits, and settings that restart only what changed. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../../src/core/errors.js';
import {
  type Activity,
  SENSORS,
  type SensesSettings,
  type SensorHealth,
  type SensorName,
  type SensorProbe,
  type SensorSink,
} from '../../../src/core/sensor.js';

import { createSenses } from '../../../src/sensors/index.js';
import { ScriptedPerson } from '../../../src/sensors/scripted.js';
import { type ProbeOrders, superviseSenses } from '../../../src/sensors/senses.js';
import { FakeClock } from '../../fakes/clock.js';

const SETTINGS: SensesSettings = {
  enabled: { keyboard: true, mouse: true, screen: false, window: true, audio: true },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

/** A mechanism that a test breaks and mends. */
class FakeMechanism {
  starts = 0;
  running = 0;
  /** Starting fails while this is set. */
  failure: Error | undefined;
  readError: Error | undefined;
  sink: SensorSink | undefined;
  readonly #name: SensorName;
  readonly #mechanism: string;

  constructor(name: SensorName, mechanism: string) {
    this.#name = name;
    this.#mechanism = mechanism;
  }

  get probe(): SensorProbe {
    const [name, mechanism] = [this.#name, this.#mechanism];
    return {
      name,
      mechanism,
      start: async (_options, sink) => {
        this.starts += 1;
        if (this.failure) throw this.failure;
        this.running += 1;
        this.sink = sink;
        let stopped = false;
        return {
          name,
          mechanism,
          read: async () => {
            if (this.readError) throw this.readError;
          },
          stop: async () => {
            if (!stopped) this.running -= 1;
            stopped = true;
          },
        };
      },
    };
  }
}

let clock: FakeClock;
let log: string[];
let seen: Activity[];
let told: [SensorName, SensorHealth][];
let first: FakeMechanism;
let second: FakeMechanism;

const healthOf = (name: SensorName) => told.filter(([sensor]) => sensor === name).map(([, health]) => health);
const sink = {
  activity: (activity: Activity) => void seen.push(activity),
  health: (sensor: SensorName, health: SensorHealth) => void told.push([sensor, health]),
};
const supervision = () => ({
  clock,
  log: (message: string) => void log.push(message),
  random: () => 0,
  backoff: { firstMs: 1_000, mostMs: 60_000 },
});
const none = { reason: 'there is none', cure: 'switch it off' };

beforeEach(() => {
  clock = new FakeClock();
  log = [];
  seen = [];
  told = [];
  first = new FakeMechanism('keyboard', 'the first');
  second = new FakeMechanism('keyboard', 'the second');
});

/** Senses whose keyboard has two mechanisms, and that have nothing else. */
const senses = () => {
  const nothing = { probes: [], none };
  const orders: ProbeOrders = {
    keyboard: { probes: [first.probe, second.probe], none },
    mouse: nothing,
    screen: nothing,
    window: nothing,
    audio: nothing,
  };
  return superviseSenses(orders, supervision());
};

describe('probing', () => {
  test('the first that works is used and named', async () => {
    await senses().start(SETTINGS, sink);
    expect(healthOf('keyboard')).toEqual([{ state: 'watching', mechanism: 'the first' }]);
    expect(second.starts).toBe(0);
  });

  test('one that cannot is passed over, and the log says why', async () => {
    first.failure = new Unavailable('no display', 'set DISPLAY');
    await senses().start(SETTINGS, sink);
    expect(healthOf('keyboard')).toEqual([
      {
        state: 'watching',
        mechanism: 'the second',
        passedOver: [{ mechanism: 'the first', reason: 'no display', cure: 'set DISPLAY' }],
      },
    ]);
    expect(log).toEqual(['keyboard: watching by the second; passed over the first: no display']);
  });

  test('all reasons and cures are told when none works', async () => {
    first.failure = new Unavailable('no display', 'set DISPLAY');
    second.failure = new Unavailable('no compositor', 'set WAYLAND_DISPLAY');
    await senses().start(SETTINGS, sink);
    expect(healthOf('keyboard')).toEqual([
      {
        state: 'unavailable',
        reason: 'the first: no display; the second: no compositor',
        cure: 'set DISPLAY; or set WAYLAND_DISPLAY',
        passedOver: [
          { mechanism: 'the first', reason: 'no display', cure: 'set DISPLAY' },
          { mechanism: 'the second', reason: 'no compositor', cure: 'set WAYLAND_DISPLAY' },
        ],
      },
    ]);
  });

  test('a fault in a mechanism harms nothing else', async () => {
    first.failure = new TypeError('undefined is not a function');
    await senses().start(SETTINGS, sink);
    expect(healthOf('keyboard')).toMatchObject([{ state: 'watching', mechanism: 'the second' }]);
  });

  test('every sensor is told of once: off, unavailable or watching', async () => {
    await senses().start(SETTINGS, sink);
    expect(new Set(told.map(([sensor]) => sensor))).toEqual(new Set(SENSORS));
    expect(told).toHaveLength(SENSORS.length);
    expect(healthOf('screen')).toEqual([{ state: 'off' }]);
    expect(healthOf('audio')).toEqual([{ state: 'unavailable', ...none }]);
  });
});

describe('a sensor that dies', () => {
  test('is unavailable, freed, and started again', async () => {
    const all = senses();
    await all.start(SETTINGS, sink);
    first.sink?.died('the server went away', 'wait');
    expect(healthOf('keyboard').at(-1)).toEqual({
      state: 'unavailable',
      reason: 'the server went away',
      cure: 'wait',
    });
    await clock.advance(499);
    expect([first.starts, first.running]).toEqual([1, 0]);
    await clock.advance(1);
    expect([first.starts, first.running]).toEqual([2, 1]);
    expect(healthOf('keyboard').at(-1)).toEqual({ state: 'watching', mechanism: 'the first' });
    await all.stop();
  });

  test('is tried ever more seldom, with one line in the log for what stays the same', async () => {
    first.failure = second.failure = new Unavailable('no display', 'set DISPLAY');
    await senses().start(SETTINGS, sink);
    const startsAfter = async (ms: number) => {
      const before = first.starts;
      await clock.advance(ms);
      return first.starts - before;
    };
    // With no jitter added, half of 1, 2, 4, … seconds, up to half a minute.
    expect(await startsAfter(500)).toBe(1);
    expect(await startsAfter(1_000)).toBe(1);
    expect(await startsAfter(2_000)).toBe(1);
    await clock.advance(60_000);
    expect(await startsAfter(300_000)).toBe(10);
    expect(log).toHaveLength(1);
    expect(healthOf('keyboard')).toHaveLength(1);
  });

  test('waits longer each time when it dies at once after each start', async () => {
    await senses().start(SETTINGS, sink);
    for (const waitMs of [500, 1_000, 2_000]) {
      first.sink?.died('it flaps', 'wait');
      const { starts } = first;
      await clock.advance(waitMs - 1);
      expect(first.starts).toBe(starts);
      await clock.advance(1);
      expect(first.starts).toBe(starts + 1);
    }
    // After a minute of watching it counts as mended.
    await clock.advance(60_000);
    first.sink?.died('once more', 'wait');
    const { starts } = first;
    await clock.advance(500);
    expect(first.starts).toBe(starts + 1);
  });

  test('is no longer heard', async () => {
    await senses().start(SETTINGS, sink);
    const old = first.sink;
    old?.died('the server went away', 'wait');
    await clock.advance(1_000);
    const before = told.length;
    old?.activity({ sensor: 'keyboard', at: clock.now(), began: clock.now().boot });
    old?.died('again', 'wait');
    expect(seen).toEqual([]);
    expect(told).toHaveLength(before);
  });

  test('that cannot be read is as good as dead', async () => {
    const all = senses();
    await all.start(SETTINGS, sink);
    first.readError = new Error('no answer');
    await all.read();
    expect(healthOf('keyboard').at(-1)).toMatchObject({ state: 'unavailable', reason: 'no answer' });
    first.readError = undefined;
    await clock.advance(1_000);
    await all.read();
    expect(healthOf('keyboard').at(-1)).toMatchObject({ state: 'watching' });
  });
});

describe('what watches beside a sensor', () => {
  const withBeside = () => {
    const nothing = { probes: [], none };
    return superviseSenses(
      {
        keyboard: { probes: [first.probe], none, beside: [second.probe] },
        mouse: nothing,
        screen: nothing,
        window: nothing,
        audio: nothing,
      },
      supervision(),
    );
  };

  test('adds its activity, and is told of once with the sensor', async () => {
    const all = withBeside();
    await all.start(SETTINGS, sink);
    expect(healthOf('keyboard')).toEqual([
      { state: 'watching', mechanism: 'the first', beside: [{ state: 'watching', mechanism: 'the second' }] },
    ]);
    const at = clock.now();
    second.sink?.activity({ sensor: 'keyboard', at, began: at.boot });
    expect(seen).toHaveLength(1);
    await all.stop();
    expect([first.running, second.running, clock.pending]).toEqual([0, 0, 0]);
  });

  test('never makes a sensor one that watches', async () => {
    first.failure = new Unavailable('no display', 'set DISPLAY');
    await withBeside().start(SETTINGS, sink);
    expect(healthOf('keyboard')).toMatchObject([
      { state: 'unavailable', beside: [{ state: 'watching', mechanism: 'the second' }] },
    ]);
  });

  test('says what is wrong with it, and dies and comes back on its own', async () => {
    second.failure = new Unavailable('no bus', 'start one');
    await withBeside().start(SETTINGS, sink);
    const told = () => {
      const health = healthOf('keyboard').at(-1);
      return health?.state === 'watching' ? health.beside : undefined;
    };
    expect(told()).toEqual([
      { state: 'unavailable', mechanism: 'the second', reason: 'no bus', cure: 'start one' },
    ]);
    second.failure = undefined;
    await clock.advance(1_000);
    expect(told()).toEqual([{ state: 'watching', mechanism: 'the second' }]);
    second.sink?.died('the bus went away', 'wait');
    expect(told()).toEqual([
      { state: 'unavailable', mechanism: 'the second', reason: 'the bus went away', cure: 'wait' },
    ]);
    expect(first.starts).toBe(1);
  });
});

describe('settings', () => {
  test('switch a sensor off and on', async () => {
    const all = senses();
    await all.start(SETTINGS, sink);
    await all.configure({ ...SETTINGS, enabled: { ...SETTINGS.enabled, keyboard: false } });
    expect(first.running).toBe(0);
    expect(healthOf('keyboard').at(-1)).toEqual({ state: 'off' });
    await all.configure(SETTINGS);
    expect(first.running).toBe(1);
    expect(healthOf('keyboard').at(-1)).toMatchObject({ state: 'watching' });
  });

  test('restart only the sensor whose own settings changed', async () => {
    const mouse = new FakeMechanism('mouse', 'a mouse');
    const nothing = { probes: [], none };
    const all = superviseSenses(
      {
        keyboard: { probes: [first.probe], none },
        mouse: { probes: [mouse.probe], none },
        screen: nothing,
        window: nothing,
        audio: nothing,
      },
      supervision(),
    );
    await all.start(SETTINGS, sink);
    await all.configure({ ...SETTINGS, mouseMinDistancePx: 20, audioMinLevelDb: -40 });
    expect([first.starts, mouse.starts]).toEqual([1, 2]);
    expect([first.running, mouse.running]).toEqual([1, 1]);
  });

  test('that switch off what has died end its restarts', async () => {
    const all = senses();
    await all.start(SETTINGS, sink);
    first.sink?.died('the server went away', 'wait');
    await all.configure({ ...SETTINGS, enabled: { ...SETTINGS.enabled, keyboard: false } });
    await clock.advance(600_000);
    expect(first.starts).toBe(1);
    expect(clock.pending).toBe(0);
  });
});

test('stopping frees everything, is silent, and lets it be started again', async () => {
  const all = senses();
  await all.start(SETTINGS, sink);
  const before = told.length;
  await all.stop();
  await all.stop();
  expect(first.running).toBe(0);
  expect(told).toHaveLength(before);
  expect(clock.pending).toBe(0);
  await all.start(SETTINGS, sink);
  expect(first.running).toBe(1);
  expect(told).toHaveLength(2 * before);
});

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
