/** The built program on a desktop: it warns where notifications are shown, and does what a person answers there. */
import { Variant } from '@jellybrick/dbus-next';
import { describe, expect, it } from 'vitest';
import { type MockService, startBus, type TestBus } from '../desktop/bus.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { allNap } from './fleet.js';
import { until } from './program.js';
import { bringBack, type Scene, scene, told, typeUntil } from './scene.js';

const NOTIFICATIONS = {
  name: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};
const MOCK = { interface: 'org.freedesktop.DBus.Mock' };
const WATCHER = 'org.kde.StatusNotifierWatcher';
const MENU = { path: '/MenuBar', interface: 'com.canonical.dbusmenu' };

/** An item of the icon's menu: its number, and what is said of it. */
type Row = readonly [id: number, properties: Readonly<Record<string, Variant>>];

interface Told {
  readonly id: number;
  readonly title: string;
  readonly body: string;
}

interface Desktop extends Scene {
  readonly bus: TestBus;
  readonly notifications: MockService;
  /** Everything shown until now; `id` is the server's number. */
  shown(): Promise<readonly Told[]>;
}

/** A desk whose session has a bus, with something on it that shows notifications. */
async function desktop(
  play: (on: Desktop) => Promise<void>,
  settings: Record<string, unknown> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const bus = await startBus();
  try {
    // Each slot has a number of its own, so that a message tells which one it replaces.
    const notify = 'self.last = args[1] or getattr(self, "last", 0) + 1; ret = dbus.UInt32(self.last)';
    const notifications = await bus.mock({
      ...NOTIFICATIONS,
      methods: [
        ['GetCapabilities', '', 'as', 'ret = dbus.Array(["body", "actions"], signature="s")'],
        ['Notify', 'susssasa{sv}i', 'u', notify],
        ['CloseNotification', 'u', '', ''],
      ],
    });
    const shown = async (): Promise<readonly Told[]> => {
      const [calls] = await notifications.call('GetMethodCalls', 's', ['Notify'], MOCK);
      let last = 0;
      return (calls as [bigint, Variant[]][]).map(([, args]) => {
        const [, replaces, , title, body] = args.map(({ value }) => value);
        last = Number(replaces) || last + 1;
        return { id: last, title: String(title), body: String(body) };
      });
    };
    await scene((on) => play({ ...on, bus, notifications, shown }), {
      env: { DBUS_SESSION_BUS_ADDRESS: bus.address, LANG: 'en_US.UTF-8', ...env },
      settings: {
        activity_monitor: { inactivity_timeout_minutes: 0.2, warn_before_seconds: 5 },
        notifications: { enabled: true },
        ...settings,
      },
    });
  } finally {
    await bus.stop();
  }
}

const titled = async ({ shown }: Desktop, title: string) =>
  (await shown()).find((one) => one.title === title);

describe.skipIf(desktopSkipped)('a desktop', () => {
  it('is warned of a nap by one message, and its answer keeps everything running', () =>
    desktop(async (on) => {
      const { program, sandbox, notifications, shown } = on;
      await program.start();
      await until('it warns', async () => (await titled(on, 'A nap is coming')) !== undefined);
      const warning = await titled(on, 'A nap is coming');
      expect(warning?.body).toMatch(/^api, .*search and .*workers: in [45] seconds\./);
      await notifications.emit('ActionInvoked', 'us', [warning?.id, 'keep']);
      await until('it is held', async () => told(program, 'kept awake for 30 min by notification') > 0);
      // The warning has stood for five seconds, and nobody has touched a key.
      await until('presence has ended', async () => (await program.json('status')).presence === 'away');
      expect(sandbox.journal.entries()).toEqual([]);
      const closed = async () => {
        const [calls] = await notifications.call('GetMethodCalls', 's', ['CloseNotification'], MOCK);
        return (calls as unknown[]).length;
      };
      await until('the warning is taken back', async () => (await closed()) > 0);
      expect(await shown()).toHaveLength(1);
    }));

  it('is told what naps and what comes back, in the language of its session', () =>
    desktop(
      async (on) => {
        const { program, sandbox } = on;
        await program.start();
        await until('everything naps', () => allNap(sandbox));
        await until('it is told', async () => (await titled(on, '재우는 중')) !== undefined);
        await bringBack(on);
        await typeUntil(on, 'it is told', async () => (await titled(on, '모두 되돌렸습니다')) !== undefined);
      },
      { activity_monitor: { inactivity_timeout_minutes: 0.1, warn_before_seconds: 1 } },
      { LANG: 'ko_KR.UTF-8' },
    ));

  it('has an icon whose menu naps and keeps; switched off in the settings it is gone', () =>
    desktop(
      async ({ program, sandbox, bus, ...on }) => {
        const panel = await bus.mock({
          name: WATCHER,
          path: '/StatusNotifierWatcher',
          interface: WATCHER,
          methods: [['RegisterStatusNotifierItem', 's', '', '']],
        });
        await program.start();
        const registered = async () => {
          const [calls] = await panel.call('GetMethodCalls', 's', ['RegisterStatusNotifierItem'], MOCK);
          return (calls as unknown[]).length;
        };
        await until('the icon is there', async () => (await registered()) > 0);
        const daemon = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
        const layout = ['iias', [0, -1, []]] as const;
        const icon = async (): Promise<{ name: string; rows: readonly Row[] } | undefined> => {
          const [names] = await bus.call('org.freedesktop.DBus', daemon, 'ListNames');
          for (const name of (names as string[]).filter((each) => each.startsWith(':'))) {
            const [, menu] = await bus.call(name, MENU, 'GetLayout', ...layout).catch(() => []);
            if (menu)
              return { name, rows: (menu as [number, object, Variant<Row>[]])[2].map(({ value }) => value) };
          }
          return undefined;
        };
        const choose = async (label: string) => {
          const found = await icon();
          const row = found?.rows.find(([, properties]) => properties.label?.value === label);
          if (!found || !row) throw new Error(`the menu has no "${label}"`);
          await bus.call(found.name, MENU, 'Event', 'isvu', [row[0], 'clicked', new Variant('i', 0), 0]);
        };
        await choose('Nap now');
        await until('everything naps', () => allNap(sandbox));
        await choose('Keep awake for 2 h');
        await bringBack({ x: on.x, sandbox, before: on.before });
        expect(told(program, 'kept awake for 120 min by tray')).toBe(1);
        program.write('settings.json', program.settings({ tray: { enabled: false } }));
        await until('the icon is gone', async () => (await icon()) === undefined);
        await program.stop();
      },
      {
        activity_monitor: { inactivity_timeout_minutes: 10, warn_before_seconds: 1 },
        tray: { enabled: true },
      },
    ));
});
