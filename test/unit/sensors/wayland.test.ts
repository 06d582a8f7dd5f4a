/** The Wayland client and the input sensors on a compositor that does what no real one at hand does. */
import { afterEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../../src/core/errors.js';
import type { Activity, Sensor, SensorProbe } from '../../../src/core/sensor.js';

import { waylandProbes } from '../../../src/sensors/wayland/probes.js';
import { FakeClock } from '../../fakes/clock.js';
import { FakeCompositor, type Offer } from '../../fakes/wayland-compositor.js';

const OPTIONS = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};
const SEAT = { interface: 'wl_seat', version: 8 };
const IDLE_2 = { interface: 'ext_idle_notifier_v1', version: 2 };
const IDLE_1 = { interface: 'ext_idle_notifier_v1', version: 1 };
const WINDOWS = { interface: 'zwlr_foreign_toplevel_manager_v1', version: 3 };
const IDLED = 0;
const RESUMED = 1;

let compositor: FakeCompositor;
let clock: FakeClock;
let sensor: Sensor | undefined;
let seen: Activity[];
let deaths: string[];

afterEach(async () => {
  await sensor?.stop();
  sensor = undefined;
  await compositor.stop();
});

async function offering(...offers: readonly Offer[]): Promise<ReturnType<typeof waylandProbes>> {
  compositor = await FakeCompositor.start(offers);
  clock = new FakeClock();
  seen = [];
  deaths = [];
  return waylandProbes({ clock, env: compositor.env });
}

async function start(probe: SensorProbe | undefined): Promise<Sensor> {
  if (!probe) throw new Error('there is no such probe');
  sensor = await probe.start(OPTIONS, {
    activity: (activity) => seen.push(activity),
    died: (reason, cure) => deaths.push(`${reason} / ${cure}`),
  });
  // What comes in the moment of the start counts as before it.
  await clock.advance(1);
  return sensor;
}

async function refusal(probe: SensorProbe | undefined): Promise<Unavailable> {
  const error = await start(probe).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Unavailable);
  return error as Unavailable;
}

/** Turns of the event loop, until what was sent has come over the socket. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 10_000) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The notifications a client has asked for, by their rest in milliseconds, with the request's number. */
function notifications(): Map<number, { id: number; opcode: number }> {
  const notifier = compositor.bound.get('ext_idle_notifier_v1');
  const asked = compositor.requests.filter(({ object }) => object === notifier);
  return new Map(asked.map(({ opcode, words }) => [words[1] ?? -1, { id: words[0] ?? 0, opcode }]));
}

const idOf = (restMs: number) => notifications().get(restMs)?.id ?? 0;

describe('input on Wayland', () => {
  test('asks version 2 for input apart from inhibitors, version 1 for what it has', async () => {
    const two = await offering(SEAT, IDLE_2);
    const getIdle = 1;
    const getInputIdle = 2;
    await start(two.keyboard[0]);
    expect([...notifications()].map(([restMs, { opcode }]) => [restMs, opcode])).toEqual([
      [0, getInputIdle],
      [1_000, getInputIdle],
    ]);
    await sensor?.stop();
    await compositor.stop();

    const one = await offering(SEAT, IDLE_1);
    const { message } = await refusal(one.keyboard[0]);
    expect(message).toContain('only in version 1, not 2');
    await start(one.keyboard[1]);
    expect([...notifications()].map(([restMs, { opcode }]) => [restMs, opcode])).toEqual([
      [0, getIdle],
      [1_000, getIdle],
    ]);
  });

  test('a touch is reported at once, the end of a run a second after it', async () => {
    const { mouse } = await offering(SEAT, IDLE_2);
    const running = await start(mouse[0]);
    compositor.send(idOf(0), IDLED);
    await clock.advance(1_000);
    compositor.send(idOf(1_000), IDLED);
    await running.read();
    expect(seen).toEqual([]);

    await clock.advance(60_000);
    const first = clock.now();
    compositor.send(idOf(1_000), RESUMED);
    await until(() => seen.length > 0);
    await clock.advance(30_000);
    const last = clock.now();
    await clock.advance(1_000);
    compositor.send(idOf(1_000), IDLED);
    await until(() => seen.length > 1);
    expect(seen).toEqual([
      { sensor: 'mouse', at: first, began: first.boot },
      { sensor: 'mouse', at: last, began: first.boot },
    ]);
  });

  test('the first touch is told before there has been a second of rest', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    await start(keyboard[0]);
    compositor.send(idOf(0), IDLED);
    await clock.advance(300);
    compositor.send(idOf(0), RESUMED);
    await until(() => seen.length > 0);
    expect(seen[0]?.at).toEqual(clock.now());
    // It has done its work: the compositor is told so, and need not wake anybody again.
    const first = idOf(0);
    await until(() => compositor.requests.some(({ object }) => object === first));
  });

  test('somebody busy at the start is no activity until known', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    const running = await start(keyboard[0]);
    await clock.advance(400);
    await running.read();
    compositor.send(idOf(1_000), IDLED);
    await running.read();
    expect(seen).toEqual([]);
  });

  test('a read in the middle of a run brings it up to date, in the middle of a rest it does not', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    const running = await start(keyboard[0]);
    compositor.send(idOf(1_000), IDLED);
    await running.read();
    expect(seen).toEqual([]);
    compositor.send(idOf(1_000), RESUMED);
    await until(() => seen.length > 0);
    await clock.advance(20_000);
    await running.read();
    expect(seen.map(({ at }) => at.mono).at(-1)).toBe(clock.now().mono);
    expect(new Set(seen.map(({ began }) => began)).size).toBe(1);
  });

  test('waking up is no activity: what was in use when the machine fell asleep was used before', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    const running = await start(keyboard[0]);
    compositor.send(idOf(1_000), IDLED);
    await running.read();
    compositor.send(idOf(1_000), RESUMED);
    await until(() => seen.length > 0);
    const asleep = clock.now();
    clock.sleepMachine(3_600_000);
    await running.read();
    expect(seen.at(-1)?.at.boot).toBeLessThanOrEqual(asleep.boot + 100);
    await clock.advance(1_000);
    compositor.send(idOf(1_000), IDLED);
    await running.read();
    expect(seen.at(-1)?.at.boot).toBeLessThanOrEqual(asleep.boot + 100);
  });

  test('a compositor without a seat is told as such', async () => {
    const { keyboard } = await offering(IDLE_2);
    expect((await refusal(keyboard[0])).message).toContain('no seat');
  });

  test('a seat that is taken away ends it', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    await start(keyboard[0]);
    compositor.withdraw(0);
    await until(() => deaths.length > 0);
    expect(deaths[0]).toContain('the compositor no longer offers wl_seat');
  });
});

describe('windows on Wayland', () => {
  const TITLE = 0;
  const STATE = 4;
  const DONE = 5;
  const CLOSED = 6;
  const [editor, browser] = [0xff000000, 0xff000001];
  const manager = () => compositor.bound.get(WINDOWS.interface) ?? 0;
  const activate = (from: number | undefined, to: number) => {
    // An array counts its bytes; 2 is `activated`.
    if (from !== undefined)
      for (const [opcode, ...words] of [[STATE, 0], [DONE]]) compositor.send(from, opcode!, ...words);
    for (const [opcode, ...words] of [[STATE, 4, 2], [DONE]]) compositor.send(to, opcode!, ...words);
  };

  test('a switch counts; a title, the same window again and none at all do not', async () => {
    const { window } = await offering(WINDOWS);
    compositor.onRequest = ({ object }) => {
      if (object === manager()) return;
      compositor.onRequest = () => {};
      for (const id of [editor, browser]) compositor.send(manager(), 0, id);
      activate(undefined, editor);
    };
    const running = await start(window);
    await running.read();
    expect(seen).toEqual([]);

    compositor.send(editor, TITLE, 'a secret');
    compositor.send(editor, DONE);
    activate(editor, editor);
    await running.read();
    expect(seen).toEqual([]);

    activate(editor, browser);
    await running.read();
    expect(seen).toHaveLength(1);
    compositor.send(browser, CLOSED);
    await running.read();
    expect(seen).toHaveLength(1);
  });

  test('a compositor that ends announcing them ends it', async () => {
    const { window } = await offering(WINDOWS);
    await start(window);
    compositor.send(manager(), 1);
    await until(() => deaths.length > 0);
    expect(deaths).toEqual([
      'the compositor no longer announces its windows / none needed: it is tried again until the compositor answers',
    ]);
  });
});

describe('the connection to a compositor', () => {
  test.each([
    ['WAYLAND_DISPLAY', { XDG_RUNTIME_DIR: '/nowhere' }],
    ['XDG_RUNTIME_DIR', { WAYLAND_DISPLAY: 'wayland-0' }],
  ])('without %s it says so', async (name, env) => {
    await offering();
    const { window } = waylandProbes({ clock, env });
    expect((await refusal(window)).message).toContain(`${name} is not set`);
  });

  test.each(['window', 'screen'] as const)(
    'where nobody listens the %s sensor names the place',
    async (name) => {
      await offering();
      const probes = waylandProbes({ clock, env: { WAYLAND_DISPLAY: '/nowhere/wayland-0' } });
      const error = await refusal(probes[name]);
      expect(error.message).toContain('/nowhere/wayland-0');
      expect(error.message).toContain('ENOENT');
    },
  );

  test.each(['window', 'screen'] as const)(
    'what is not offered makes the %s unavailable, with a cure',
    async (name) => {
      const probes = await offering(SEAT);
      const error = await refusal(probes[name]);
      expect(error.message).toContain('this compositor does not offer zwlr_');
      expect(error.cure).toContain(`activity_monitor.${name}.enabled`);
      await until(() => compositor.clients === 0);
    },
  );

  test('a compositor that hangs is given up', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    const running = await start(keyboard[0]);
    compositor.answers = false;
    const read = running.read().catch((error: Error) => error.message);
    await clock.advance(5_000);
    expect(await read).toBe('the compositor does not answer');
    expect(deaths).toHaveLength(1);
    await until(() => compositor.clients === 0);
  });

  test('one that hangs from the start is unavailable', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    compositor.answers = false;
    const error = refusal(keyboard[0]);
    await until(() => compositor.clients === 1 && clock.pending > 0);
    await clock.advance(5_000);
    expect((await error).message).toContain('the compositor does not answer');
    expect(clock.pending).toBe(0);
  });

  test('a refused request ends it, with what was refused', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    await start(keyboard[0]);
    compositor.refuse(compositor.bound.get('ext_idle_notifier_v1') ?? 0, 7, 'no such thing');
    await until(() => deaths.length > 0);
    expect(deaths[0]).toContain('refused a request to ext_idle_notifier_v1 (7): no such thing');
  });

  test.each([
    ['a message shorter than its head', Buffer.from([1, 0, 0, 0, 0, 0, 4, 0])],
    ['a message of odd length', Buffer.from([1, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0])],
    [
      'an error whose text is longer than it',
      Buffer.from([1, 0, 0, 0, 0, 0, 20, 0, 1, 0, 0, 0, 1, 0, 0, 0, 255, 0, 0, 0]),
    ],
  ])('%s ends it and nothing else', async (_what, bytes) => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    await start(keyboard[0]);
    compositor.sendBytes(bytes);
    await until(() => deaths.length > 0);
    expect(deaths[0]).toContain('the compositor sent what makes no sense');
  });

  test('events may come in any pieces, for objects nobody knows too', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    const running = await start(keyboard[0]);
    compositor.send(0xff0000ff, 3, 1, 2, 3);
    compositor.send(idOf(1_000), 9);
    const id = idOf(1_000);
    for (const byte of [id & 255, id >> 8, 0, 0, RESUMED, 0, 8, 0]) compositor.sendBytes(Uint8Array.of(byte));
    await until(() => seen.length > 0);
    await running.read();
    expect(deaths).toEqual([]);
  });

  test('numbers of objects are used again, so that neither side keeps ever more', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    const running = await start(keyboard[0]);
    for (let i = 0; i < 50; i++) await running.read();
    await running.stop();
    const again = await start(keyboard[0]);
    for (let i = 0; i < 50; i++) await again.read();
    expect(Math.max(...[...compositor.bound.values()])).toBeLessThan(10);
    expect(idOf(1_000)).toBeLessThan(12);
  });

  test('a closed sensor leaves no timer and no connection', async () => {
    const { keyboard } = await offering(SEAT, IDLE_2);
    await (await start(keyboard[0])).stop();
    await until(() => compositor.clients === 0);
    expect(clock.pending).toBe(0);
    expect(deaths).toEqual([]);
  });
});
