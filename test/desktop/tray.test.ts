/** The tray icon on a real message bus: seen as a panel sees it, with a stand-in for the panel's watcher and with waybar. */
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Variant } from '@jellybrick/dbus-next';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LinuxTray } from '../../src/desktop/tray-linux.js';
import { trayIn } from '../../src/desktop/words.js';
import { systemClock } from '../../src/system/clock.js';
import { type BusConnection, connectBus } from '../../src/system/dbus/bus.js';
import { type MockService, startBus, type TestBus } from './bus.js';
import { startSway } from './compositors.js';
import { desktopSkipped, end, waitUntil } from './xserver.js';

const run = promisify(execFile);

const WATCHER = 'org.kde.StatusNotifierWatcher';
const ITEM = { path: '/StatusNotifierItem', interface: 'org.kde.StatusNotifierItem' };
const MENU = { path: '/MenuBar', interface: 'com.canonical.dbusmenu' };
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const DAEMON = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
const MOCK = { interface: 'org.freedesktop.DBus.Mock' };

const HERE = {
  state: 'present',
  presence: 'present',
  napping: 0,
  troubles: 0,
  nextNapAt: undefined,
} as const;

describe.skipIf(desktopSkipped)('the tray icon', () => {
  let bus: TestBus;
  let tray: LinuxTray;
  let chosen: string[];

  beforeEach(async () => {
    bus = await startBus();
    chosen = [];
    tray = new LinuxTray({
      clock: systemClock(),
      env: { DBUS_SESSION_BUS_ADDRESS: bus.address },
      random: () => 0,
      onCommand: (command) => chosen.push(command),
      onOpening: () => chosen.push('(opening)'),
    });
    tray.show(trayIn('en', HERE));
  });
  afterEach(async () => {
    await tray.stop();
    await bus.stop();
  });

  const watcher = (): Promise<MockService> =>
    bus.mock({
      name: WATCHER,
      path: '/StatusNotifierWatcher',
      interface: WATCHER,
      methods: [['RegisterStatusNotifierItem', 's', '', '']],
    });
  const registered = async (service: MockService) => {
    const [calls] = await service.call('GetMethodCalls', 's', ['RegisterStatusNotifierItem'], MOCK);
    return (calls as [bigint, Variant[]][]).map(([, args]) => args[0]?.value);
  };
  const property = async (name: string, key: string) => {
    const at = { path: ITEM.path, interface: PROPERTIES };
    const [value] = await bus.call(name, at, 'Get', 'ss', [ITEM.interface, key]);
    return (value as Variant).value;
  };
  /** Who has the icon: a watcher takes it from the sender of the registration. */
  const owner = async (): Promise<string | undefined> => {
    const [names] = await bus.call('org.freedesktop.DBus', DAEMON, 'ListNames');
    for (const name of (names as string[]).filter((each) => each.startsWith(':')))
      if ((await property(name, 'Id').catch(() => undefined)) === 'cloudnap') return name;
    return undefined;
  };
  const icon = async (): Promise<string> => {
    const name = await owner();
    if (name === undefined) throw new Error('nobody has the icon');
    return name;
  };
  type Row = [number, Record<string, Variant>, Variant[]];
  const menu = async (name: string): Promise<{ revision: number; rows: Row[] }> => {
    const [revision, root] = await bus.call(name, MENU, 'GetLayout', 'iias', [0, -1, []]);
    return { revision: Number(revision), rows: (root as Row)[2].map(({ value }) => value as Row) };
  };
  const labels = async (name: string) =>
    (await menu(name)).rows.map(([, { label, type }]) => label?.value ?? type?.value);

  test('registers with the watcher, and has what a panel asks for', async () => {
    const service = await watcher();
    await tray.start();
    await waitUntil('it is registered', async () => (await registered(service)).length > 0);
    expect(await registered(service)).toEqual(['/StatusNotifierItem']);
    await waitUntil('that is known', () => tray.health().state === 'working');
    const name = await icon();
    const [all] = await bus.call(name, { path: ITEM.path, interface: PROPERTIES }, 'GetAll', 's', [
      ITEM.interface,
    ]);
    expect(all).toMatchObject({
      Category: new Variant('s', 'ApplicationStatus'),
      Status: new Variant('s', 'Active'),
      Title: new Variant('s', 'Cloudnap'),
      Menu: new Variant('o', '/MenuBar'),
      ItemIsMenu: new Variant('b', false),
      ToolTip: new Variant('(sa(iiay)ss)', ['', [], 'Cloudnap', 'You are here']),
    });
    const pixmaps = (await property(name, 'IconPixmap')) as [number, number, Buffer][];
    expect(pixmaps.map(([width, height, pixels]) => [width, height, pixels.length])).toEqual([
      [22, 22, 22 * 22 * 4],
      [32, 32, 32 * 32 * 4],
      [48, 48, 48 * 48 * 4],
    ]);
    // The lower left is the light face of the moon, the corner is nothing at all: first how opaque, then the colour.
    const [, , pixels] = pixmaps[1] ?? [0, 0, Buffer.alloc(0)];
    expect([...pixels.subarray((20 * 32 + 10) * 4, (20 * 32 + 10) * 4 + 4)]).toEqual([255, 243, 245, 250]);
    expect([...pixels.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
  });

  test('has a menu that opens, keeps, naps and stops', async () => {
    await tray.start();
    const name = await icon();
    expect(await labels(name)).toEqual([
      ...['You are here', 'separator', 'Open dashboard', 'separator'],
      ...['Keep awake for 30 min', 'Keep awake for 2 h', 'Keep awake until tomorrow 9:00', 'End keep-awake'],
      ...['separator', 'Nap now', 'separator', 'Stop Cloudnap'],
    ]);
    const { rows } = await menu(name);
    expect(rows[0]?.[1].enabled).toEqual(new Variant('b', false));
    const click = (id: number, event = 'clicked') =>
      bus.call(name, MENU, 'Event', 'isvu', [id, event, new Variant('i', 0), 0]);
    for (const [id] of rows) await click(id);
    await click(99);
    await click(3, 'hovered');
    await bus.call(name, ITEM, 'Activate', 'ii', [1, 2]);
    await bus.call(name, MENU, 'AboutToShow', 'i', [0]);
    await bus.call(name, MENU, 'EventGroup', 'a(isvu)', [[[10, 'clicked', new Variant('i', 0), 0]]]);
    expect(chosen).toEqual([
      ...['open', 'keep-30', 'keep-120', 'keep-morning', 'release', 'nap', 'stop'],
      ...['open', '(opening)', 'nap'],
    ]);
    const [[first, second]] = (await bus.call(name, MENU, 'GetGroupProperties', 'aias', [[2, 3], []])) as [
      Row[],
    ];
    expect([first?.[0], first?.[1], second?.[1]]).toEqual([
      2,
      { type: new Variant('s', 'separator') },
      { label: new Variant('s', 'Open dashboard') },
    ]);
  });

  test('tells what changes, and nothing that does not', async () => {
    await tray.start();
    const name = await icon();
    const panel: BusConnection = await connectBus({
      bus: 'session',
      clock: systemClock(),
      env: { DBUS_SESSION_BUS_ADDRESS: bus.address },
      onLost: () => {},
    });
    const heard: unknown[] = [];
    for (const member of ['NewIcon', 'NewStatus', 'NewToolTip'])
      await panel.onSignal({ from: name, ...ITEM, member }, (args) => heard.push([member, ...args]));
    await panel.onSignal({ from: name, ...MENU, member: 'LayoutUpdated' }, ([revision]) =>
      heard.push(['LayoutUpdated', revision]),
    );
    const { revision } = await menu(name);
    tray.show(trayIn('en', HERE));
    const at = new Date(2026, 0, 5, 14, 32).getTime();
    tray.show(trayIn('en', { ...HERE, nextNapAt: at }));
    tray.show(trayIn('ko', { ...HERE, state: 'napping', presence: 'away', napping: 3 }));
    tray.show(trayIn('en', { ...HERE, state: 'trouble', presence: 'away', troubles: 1 }));
    await waitUntil('it is told', () => heard.length >= 9);
    expect(heard).toEqual([
      ['LayoutUpdated', revision + 1],
      ...[['NewIcon'], ['NewStatus', 'Active'], ['NewToolTip'], ['LayoutUpdated', revision + 2]],
      ...[['NewIcon'], ['NewStatus', 'NeedsAttention'], ['NewToolTip'], ['LayoutUpdated', revision + 3]],
    ]);
    expect((await labels(name))[0]).toBe('You are away · 1 thing needs you');
    tray.show(trayIn('ko', { ...HERE, state: 'napping', presence: 'away', napping: 3, nextNapAt: at }));
    expect((await labels(name))[0]).toBe('자리를 비웠습니다 · 3개 자는 중 · 다음 재우기 14:32');
    panel.close();
  });

  test('registers with a watcher that comes late, and with one that takes its place', async () => {
    await tray.start();
    expect(tray.health()).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('no panel'),
    });
    const first = await watcher();
    await waitUntil('it is registered', async () => (await registered(first)).length === 1);
    await first.stop();
    await waitUntil('that is noticed', () => tray.health().state === 'unavailable');
    const second = await watcher();
    await waitUntil('it is registered again', async () => (await registered(second)).length === 1);
  });

  test('is back after the bus is, and gone once it was stopped', async () => {
    await tray.start();
    const { address } = bus;
    await bus.kill();
    await waitUntil('that is noticed', () => tray.health().state === 'unavailable');
    await bus.stop();
    bus = await startBus({ address });
    const service = await watcher();
    await waitUntil('it is registered', async () => (await registered(service)).length === 1, 20_000);
    expect(await owner()).toBeDefined();
    await tray.stop();
    expect(await owner()).toBeUndefined();
  });

  test('is shown by waybar on Sway, in the colour of its state', async () => {
    const sway = await startSway();
    const env = { ...sway.env, DBUS_SESSION_BUS_ADDRESS: bus.address };
    const config = join(sway.folder, 'bar.json');
    const style = join(sway.folder, 'bar.css');
    writeFileSync(config, '{"height": 30, "modules-left": ["tray"], "tray": {"icon-size": 22}}');
    writeFileSync(style, 'window { background: #222; }');
    const bar = spawn('waybar', ['-c', config, '-s', style], { env, stdio: 'ignore' });
    /** How many pixels of the bar are of a colour. */
    const pixels = async (colour: readonly number[]) => {
      const shot = await run('grim', ['-t', 'ppm', '-g', '0,0 40x30', '-'], { env, encoding: 'buffer' });
      const rgb = shot.stdout.subarray(-40 * 30 * 3);
      let count = 0;
      for (let at = 0; at < rgb.length; at += 3)
        if (colour.every((value, i) => Math.abs(value - (rgb[at + i] ?? 0)) < 8)) count += 1;
      return count;
    };
    try {
      tray.show(trayIn('en', { ...HERE, state: 'napping', presence: 'away', napping: 3 }));
      await tray.start();
      await waitUntil('the moon is blue', async () => (await pixels([98, 142, 255])) > 50, 20_000);
      tray.show(trayIn('en', { ...HERE, state: 'soon' }));
      await waitUntil('the moon is amber', async () => (await pixels([255, 176, 46])) > 50, 20_000);
      await tray.stop();
      await waitUntil('the moon is gone', async () => (await pixels([255, 176, 46])) === 0, 20_000);
    } finally {
      await end(bar);
      await sway.stop();
    }
  });
});
