/** Notifications on a real message bus, with a stand-in for what shows them, and with one that really does. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Variant } from '@jellybrick/dbus-next';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Notice } from '../../src/core/desktop.js';
import { LinuxNotifier } from '../../src/desktop/notice-linux.js';
import { noticeIn } from '../../src/desktop/words.js';
import { systemClock } from '../../src/system/clock.js';
import { type MockService, startBus, type TestBus } from './bus.js';
import { desktopSkipped, end, startXServer, waitUntil } from './xserver.js';

const NAME = 'org.freedesktop.Notifications';
const AT = { path: '/org/freedesktop/Notifications', interface: NAME };
const MOCK = { interface: 'org.freedesktop.DBus.Mock' };

const WARNING = noticeIn('en', { slot: 'warning', names: ['api', 'a<b>&c'], inMs: 60_000 });
const NAPPING = noticeIn('en', { slot: 'naps', about: 'napping', names: ['api'] });

describe.skipIf(desktopSkipped)('notifications', () => {
  let bus: TestBus;
  let notifier: LinuxNotifier;
  let actions: string[];
  let lines: string[];

  beforeEach(async () => {
    bus = await startBus();
    actions = [];
    lines = [];
    notifier = new LinuxNotifier({
      clock: systemClock(),
      env: { DBUS_SESSION_BUS_ADDRESS: bus.address },
      random: () => 0,
      log: (line) => lines.push(line),
      onAction: (action) => actions.push(action),
    });
  });
  afterEach(async () => {
    await notifier.stop();
    await bus.stop();
  });

  /** What shows them: it numbers them from 7 on, and remembers what it was asked. */
  const server = (can: readonly string[]): Promise<MockService> =>
    bus.mock({
      name: NAME,
      ...AT,
      methods: [
        ['GetCapabilities', '', 'as', `ret = dbus.Array(${JSON.stringify(can)}, signature="s")`],
        [
          'Notify',
          'susssasa{sv}i',
          'u',
          'self.last = args[1] or getattr(self, "last", 6) + 1; ret = dbus.UInt32(self.last)',
        ],
        ['CloseNotification', 'u', '', 'self.EmitSignal("", "NotificationClosed", "uu", [args[0], 3])'],
      ],
    });
  const asked = async (service: MockService, member: string): Promise<readonly (readonly unknown[])[]> => {
    const [calls] = await service.call('GetMethodCalls', 's', [member], MOCK);
    return (calls as [bigint, Variant[]][]).map(([, args]) => args.map(({ value }) => value));
  };
  const shown = (service: MockService) => asked(service, 'Notify');
  const until = async (service: MockService, count: number) => {
    await waitUntil(`${count} were shown`, async () => (await shown(service)).length >= count);
    return shown(service);
  };

  test('have the text as text, buttons, an end, a picture and no sound; the next of its kind replaces it', async () => {
    const service = await server(['body', 'body-markup', 'actions']);
    await notifier.start();
    notifier.show(WARNING);
    const [[app, replaces, icon, title, body, buttons, hints, expires] = []] = await until(service, 1);
    expect([app, replaces, icon, title]).toEqual(['Cloudnap', 0, '', 'A nap is coming']);
    expect(body).toBe(
      'api and a&lt;b&gt;&amp;c: in 60 seconds. Press a key or move the mouse to keep everything running.',
    );
    expect(buttons).toEqual([
      ...['keep', 'Keep running', 'snooze', 'Snooze 1 h'],
      ...['default', 'Open dashboard'],
    ]);
    expect(hints).toMatchObject({
      urgency: new Variant('y', 1),
      'desktop-entry': new Variant('s', 'cloudnap'),
      'suppress-sound': new Variant('b', true),
      transient: new Variant('b', true),
    });
    const picture = (hints as Record<string, Variant>)['image-data']?.value as unknown[];
    expect(picture.slice(0, 6)).toEqual([48, 48, 192, true, 8, 4]);
    expect((picture[6] as Buffer).length).toBe(48 * 192);
    expect(expires).toBe(60_000);

    notifier.show({ ...WARNING, body: 'another' });
    notifier.show(NAPPING);
    const [, second, third] = await until(service, 3);
    expect(second?.[1]).toBe(7);
    expect([third?.[1], third?.[7]]).toEqual([0, -1]);
    expect(lines).toEqual([`Notifications are shown by ${NAME}.`]);
  });

  test('are plain where the server knows no markup, without buttons where it has none', async () => {
    const service = await server(['body']);
    await notifier.start();
    notifier.show(WARNING);
    const [[, , , , body, buttons] = []] = await until(service, 1);
    expect(body).toMatch(/^api and a<b>&c:/);
    expect(buttons).toEqual([]);
  });

  test('are withdrawn, and one that the person closed is not', async () => {
    const service = await server(['body', 'actions']);
    await notifier.start();
    notifier.show(WARNING);
    notifier.show(NAPPING);
    await until(service, 2);
    await service.emit('NotificationClosed', 'uu', [8, 2]);
    // What was said before it has been heard when this is.
    await service.emit('ActionInvoked', 'us', [7, 'keep']);
    await waitUntil('it is heard', () => actions.length > 0);
    notifier.withdraw('warning');
    notifier.withdraw('naps');
    notifier.withdraw('trouble');
    notifier.show(WARNING);
    const calls = await until(service, 3);
    expect(calls[2]?.[1]).toBe(0);
    expect(await asked(service, 'CloseNotification')).toEqual([[7]]);
  });

  test('are answered: by a button, by a click, and by nobody else than their server', async () => {
    const service = await server(['body', 'actions']);
    await notifier.start();
    notifier.show(WARNING);
    await until(service, 1);
    const stranger = await bus.mock({ name: 'org.example.Stranger', ...AT });
    await stranger.emit('ActionInvoked', 'us', [7, 'keep']);
    await service.emit('ActionInvoked', 'us', [99, 'keep']);
    await service.emit('ActionInvoked', 'us', [7, 'unheard-of']);
    await service.emit('ActionInvoked', 'us', [7, 'keep']);
    await service.emit('ActionInvoked', 'us', [7, 'default']);
    await waitUntil('both were heard', () => actions.length >= 2);
    expect(actions).toEqual(['keep', 'open']);
  });

  test('wait for a server that comes late, and one that comes back shows what still matters', async () => {
    await notifier.start();
    expect(notifier.health()).toMatchObject({ state: 'unavailable', cure: expect.stringContaining('dunst') });
    notifier.show(WARNING);
    notifier.show({ ...NAPPING, lastsMs: 1 });
    await waitUntil('it is said why', () => lines.length > 0);
    const first = await server(['body']);
    await until(first, 1);
    await first.stop();
    await waitUntil('it is gone', () => notifier.health().state === 'unavailable');
    const second = await server(['body']);
    const [again] = await until(second, 1);
    expect([again?.[1], again?.[3]]).toEqual([0, WARNING.title]);
    expect(await shown(second)).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('No notifications'))).not.toHaveLength(0);
    expect(lines.length).toBeLessThanOrEqual(8);
  });

  test('outlive the bus', async () => {
    await server(['body']);
    await notifier.start();
    notifier.show(WARNING);
    await waitUntil('it is shown', () => notifier.health().state === 'working');
    await bus.kill();
    await waitUntil('that is noticed', () => notifier.health().state === 'unavailable');
    notifier.show(WARNING);
    const { address } = bus;
    await bus.stop();
    bus = await startBus({ address });
    const service = await server(['body']);
    expect(await until(service, 1)).toHaveLength(1);
  });

  test('start a server that the bus can start, with the first message and not before', async () => {
    await bus.stop();
    const folder = mkdtempSync(join(tmpdir(), 'cloudnap-notice-'));
    const log = join(folder, 'started');
    const program = join(folder, 'server');
    writeFileSync(program, `#!/bin/sh\necho started >> ${log}\nexit 1\n`, { mode: 0o700 });
    bus = await startBus({ services: { [NAME]: program } });
    const own = new LinuxNotifier({
      clock: systemClock(),
      env: { DBUS_SESSION_BUS_ADDRESS: bus.address },
      random: () => 0,
      log: (line) => lines.push(line),
      onAction: () => {},
    });
    try {
      await own.start();
      expect([own.health().state, lines]).toEqual(['working', [expect.stringContaining('are shown by')]]);
      own.show(WARNING);
      await waitUntil('its failure is told', () => own.health().state === 'unavailable');
      expect(own.health()).toMatchObject({ reason: expect.stringContaining('refused a message') });
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('are shown by dunst on an X server, and its buttons are heard', async () => {
    const x = await startXServer();
    const folder = mkdtempSync(join(tmpdir(), 'cloudnap-dunst-'));
    const config = join(folder, 'dunstrc');
    writeFileSync(config, '[global]\nmouse_left_click = do_action, close_current\nfont = Sans 11\n');
    const dunst = spawn('dunst', ['-config', config], {
      env: { ...x.env, DBUS_SESSION_BUS_ADDRESS: bus.address, HOME: folder },
      stdio: 'ignore',
    });
    try {
      await notifier.start();
      await waitUntil('dunst runs', () => notifier.health().state === 'working');
      const onScreen = async () => (await x.xdotool('search', '--class', 'dunst').catch(() => '')) !== '';
      const quick: Notice = { ...WARNING, actions: [{ key: 'keep', label: 'Keep running' }] };
      notifier.show(quick);
      await waitUntil('it is on the screen', onScreen);
      await x.xdotool('mousemove', '1180', '80');
      await waitUntil('the click is heard', async () => {
        await x.xdotool('click', '1');
        return actions.length > 0;
      });
      expect(actions[0]).toBe('keep');
    } finally {
      await end(dunst);
      await x.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
