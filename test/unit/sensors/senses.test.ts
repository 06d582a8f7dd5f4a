/** Supervision: probe order, health, restarts with growing waits, and settings that restart only what changed. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../../src/core/errors.js';
import { SENSORS, type SensorName, type SensorProbe, type SensorSink } from '../../../src/core/sensor.js';
import { type ProbeOrders, superviseSenses } from '../../../src/sensors/senses.js';
import { clock, log, SETTINGS, seen, sink, superviseEachTest, supervision, told } from './senses-bench.js';

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

let first: FakeMechanism;
let second: FakeMechanism;

const healthOf = (name: SensorName) => told.filter(([sensor]) => sensor === name).map(([, health]) => health);
const none = { reason: 'there is none', cure: 'switch it off' };

superviseEachTest();
beforeEach(() => {
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
