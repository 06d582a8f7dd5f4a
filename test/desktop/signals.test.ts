/** What each desktop tells of its lock, and what befalls the services that tell it: on private message buses. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SensorHealth } from '../../src/core/sensor.js';
import type { SignalName } from '../../src/core/session-signals.js';
import { LinuxSignals } from '../../src/sensors/signals/linux.js';
import { systemClock } from '../../src/system/clock.js';
import { type MockMethod, startBus, type TestBus } from './bus.js';
import { type LoginBuses, startLogin, startLoginBuses } from './login.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const SAVERS = {
  'org.freedesktop.ScreenSaver': '/ScreenSaver',
  'org.gnome.ScreenSaver': '/org/gnome/ScreenSaver',
  'org.cinnamon.ScreenSaver': '/org/cinnamon/ScreenSaver',
  'org.mate.ScreenSaver': '/org/mate/ScreenSaver',
  'org.xfce.ScreenSaver': '/org/xfce/ScreenSaver',
} as const;

const DAEMON = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };

/** As dbusmock's own stand-in for GNOME's, which the others took their methods from. */
const SAVER_METHODS: readonly MockMethod[] = [
  ['GetActive', '', 'b', 'ret = getattr(self, "is_active", False)'],
  [
    'SetActive',
    'b',
    '',
    'self.is_active = args[0]; self.EmitSignal("", "ActiveChanged", "b", [self.is_active])',
  ],
];

describe.skipIf(desktopSkipped)('signals on Linux', () => {
  let buses: LoginBuses;
  let signals: LinuxSignals | undefined;
  let told: string[];
  let healths: Partial<Record<SignalName, SensorHealth>>;
  let log: string[];

  beforeEach(async () => {
    buses = await startLoginBuses();
    told = [];
    healths = {};
    log = [];
  });
  afterEach(async () => {
    await signals?.stop();
    signals = undefined;
    await buses.stop();
  });

  const start = async (env: NodeJS.ProcessEnv = buses.env, delaySuspend = false) => {
    signals = new LinuxSignals({
      clock: systemClock(),
      env,
      log: (message) => log.push(message),
      random: Math.random,
      backoff: { firstMs: 50, mostMs: 200 },
    });
    await signals.start(
      { delaySuspend },
      {
        locked: (locked) => told.push(locked ? 'locked' : 'unlocked'),
        suspending: async () => void told.push('suspending'),
        resumed: () => told.push('resumed'),
        health: (signal, health) => {
          healths[signal] = health;
        },
      },
    );
  };
  const untilTold = async (...expected: string[]) => {
    await waitUntil(expected.join(', '), () => told.length >= expected.length);
    expect(told).toEqual(expected);
  };
  const saver = async (bus: TestBus, name: keyof typeof SAVERS) => {
    const service = await bus.mock({ name, path: SAVERS[name], interface: name, methods: SAVER_METHODS });
    return {
      ...service,
      setActive: async (active: boolean) => void (await service.call('SetActive', 'b', [active])),
    };
  };

  for (const name of Object.keys(SAVERS) as (keyof typeof SAVERS)[]) {
    test(`${name}: an active screen saver counts as a lock, until it is inactive or gone`, async () => {
      const service = await saver(buses.session, name);
      await service.setActive(true);
      await start();
      await untilTold('locked');
      await service.setActive(false);
      await untilTold('locked', 'unlocked');
      await service.setActive(true);
      await untilTold('locked', 'unlocked', 'locked');
      await service.stop();
      await untilTold('locked', 'unlocked', 'locked', 'unlocked');
    });
  }

  test('a screen saver that comes later is heard, and told of in the health', async () => {
    await start();
    expect(healths.lock).toMatchObject({
      state: 'watching',
      mechanism: 'logind session',
      beside: [{ state: 'unavailable', mechanism: 'desktop screen saver' }],
    });
    const service = await saver(buses.session, 'org.mate.ScreenSaver');
    await waitUntil('it is told of', () => JSON.stringify(healths.lock).includes('org.mate.ScreenSaver'));
    await service.setActive(true);
    await untilTold('locked');
  });

  test('locked is what any of them says, until all say otherwise', async () => {
    const service = await saver(buses.session, 'org.gnome.ScreenSaver');
    await start();
    await buses.c1.setLockedHint(true);
    await service.setActive(true);
    await untilTold('locked');
    await buses.c1.setLockedHint(false);
    await service.setActive(false);
    await untilTold('locked', 'unlocked');
  });

  test('a request to lock counts at once, and one to unlock ends it', async () => {
    await start();
    await buses.c1.request(true);
    await untilTold('locked');
    await buses.c1.request(false);
    await untilTold('locked', 'unlocked');
  });

  test('a request that the desktop has followed is over when the desktop is unlocked', async () => {
    await start();
    await buses.c1.request(true);
    await buses.c1.setLockedHint(true);
    await buses.c1.setLockedHint(false);
    await untilTold('locked', 'unlocked');
  });

  test('what anybody else sends in the name of logind is not heard', async () => {
    const impostor = await buses.system.mock({
      name: 'org.example.Impostor',
      path: '/org/freedesktop/login1',
      interface: 'org.freedesktop.login1.Manager',
    });
    await start();
    await impostor.emit('PrepareForSleep', 'b', [true]);
    await buses.login.prepareForSleep(false);
    await untilTold('resumed');
  });

  test('of several sessions it is the one this program runs in', async () => {
    const other = await buses.login.addSession('c2');
    await start();
    await other.setLockedHint(true);
    await buses.c1.setLockedHint(true);
    await untilTold('locked');
    await buses.c1.setLockedHint(false);
    await untilTold('locked', 'unlocked');
  });

  test('a service, which runs in no session, belongs to the graphical one, whichever that is', async () => {
    await buses.login.addSession('c2');
    const other = await buses.login.addSession('c3');
    await buses.login.setDisplay('c3');
    await start({ ...buses.env, XDG_SESSION_ID: undefined });
    await other.setLockedHint(true);
    await untilTold('locked');
    await buses.login.setDisplay('c1');
    // Another sign-in is when it is looked again.
    await buses.login.addSession('c4');
    await untilTold('locked', 'unlocked');
    await buses.c1.setLockedHint(true);
    await untilTold('locked', 'unlocked', 'locked');
  });

  test('a session over SSH is not locked by the screen at home, a terminal on that screen is', async () => {
    const ssh = await buses.login.addSession('ssh', { type: 'tty' });
    await buses.login.setDisplay('c1');
    await buses.c1.setLockedHint(true);
    await start({ ...buses.env, XDG_SESSION_ID: 'ssh' });
    await ssh.request(true);
    await untilTold('locked');
    await signals?.stop();
    told = [];
    await start({ ...buses.env, XDG_SESSION_ID: 'ssh', DISPLAY: ':0' });
    await untilTold('locked');
    await buses.c1.setLockedHint(false);
    await untilTold('locked', 'unlocked');
  });

  test('logind may be restarted: its word is withdrawn, then heard again', async () => {
    await buses.c1.setLockedHint(true);
    await start(buses.env, true);
    await untilTold('locked');
    await buses.login.service.stop();
    await untilTold('locked', 'unlocked');
    await waitUntil('suspend is unavailable', () => healths.suspend?.state === 'unavailable');
    expect(healths.suspend).toMatchObject({ reason: 'logind is not on the system bus' });
    const login = await startLogin(buses.system);
    const c1 = await login.addSession('c1');
    await waitUntil('suspend is watched', () => healths.suspend?.state === 'watching');
    await waitUntil('sleep is held back', async () => (await login.inhibitors()).length === 1);
    await c1.setLockedHint(true);
    await untilTold('locked', 'unlocked', 'locked');
  });

  test('a session bus that dies and comes back is used again', async () => {
    await start();
    await buses.session.kill();
    await waitUntil('it is told of', () => JSON.stringify(healths.lock).includes('closed the connection'));
    await buses.session.stop();
    const session = await startBus({ address: buses.session.address });
    try {
      const service = await saver(session, 'org.xfce.ScreenSaver');
      await waitUntil('it is told of', () => JSON.stringify(healths.lock).includes('org.xfce'));
      await service.setActive(true);
      await untilTold('locked');
    } finally {
      await session.stop();
    }
  });

  test('where nothing can hold sleep back, the health says so and sleep is still told of', async () => {
    await start({ ...buses.env, PATH: '/nowhere' }, true);
    expect(healths.suspend).toMatchObject({
      state: 'watching',
      beside: [{ state: 'unavailable', mechanism: 'logind sleep inhibitor' }],
    });
    await buses.login.prepareForSleep(true);
    await untilTold('suspending');
  });

  test('no service is started by asking for it', async () => {
    const started = `${buses.session.address.slice('unix:path='.length)}.started`;
    await buses.session.stop();
    const session = await startBus({
      address: buses.session.address,
      services: Object.fromEntries(Object.keys(SAVERS).map((name) => [name, `/usr/bin/touch ${started}`])),
    });
    try {
      await start();
      await waitUntil('the session bus is used', () =>
        JSON.stringify(healths.lock).includes('no screen saver'),
      );
      await expect(session.call('org.freedesktop.DBus', DAEMON, 'ListNames')).resolves.toBeDefined();
      expect(existsSync(started)).toBe(false);
    } finally {
      await session.stop();
    }
  });

  test('without any bus both are unavailable, each with a cure', async () => {
    await start({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere/system' });
    expect(healths.lock).toMatchObject({ state: 'unavailable' });
    expect(healths.suspend).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('/nowhere/system'),
      cure: expect.stringContaining('DBUS_SYSTEM_BUS_ADDRESS'),
    });
    expect(log).toContainEqual(expect.stringMatching(/^lock: unavailable: logind session: no system bus/));
  });
});
