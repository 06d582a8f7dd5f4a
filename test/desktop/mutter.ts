/**
 * A real Mutter for tests, GNOME's compositor, without a screen or devices: its own remote desktop is the hands. On its
 * bus stand-ins play the session manager and logind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Variant } from '@jellybrick/dbus-next';
import { startBus } from './bus.js';
import { end, waitUntil } from './xserver.js';

const REMOTE_DESKTOP = 'org.gnome.Mutter.RemoteDesktop';
const MOCK = 'org.freedesktop.DBus.Mock';
const LEFT_SHIFT = 42;
const LEFT_BUTTON = 272;

/** What GNOME's session manager calls the flag of programs that keep the session from becoming idle. */
const INHIBITS_IDLE = 8;

/** On a busy machine. */
const UP_WITHIN_MS = 20_000;

export interface Mutter {
  /** The environment of a program in this session, with no X server about it. */
  readonly env: NodeJS.ProcessEnv;
  /** Presses and releases the left shift key, which types nothing. */
  pressKey(): Promise<void>;
  movePointer(): Promise<void>;
  click(): Promise<void>;
  /** Opens a terminal window; resolves once it is there. */
  openWindow(): Promise<void>;
  /** Puts a session manager on the bus; resolves to what has a program inhibit idleness, or do so no longer. */
  startSessionManager(): Promise<(inhibited: boolean) => Promise<void>>;
  /** Puts a logind on the bus; resolves to what has it say that the machine is awake again. */
  startLogind(): Promise<() => Promise<void>>;
  /** Kills it at once; its bus stays. */
  kill(): Promise<void>;
  /** Starts it, again, on the same bus. */
  start(): Promise<void>;
  /** Ends everything that was started and removes its files. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a bus and a Mutter on it; resolves when it can be used. */
export async function startMutter(): Promise<Mutter> {
  const folder = await mkdtemp(join(tmpdir(), 'cloudnap-mutter-'));
  const bus = await startBus();
  const { DISPLAY, XDG_SESSION_TYPE, ...inherited } = process.env;
  const env: NodeJS.ProcessEnv = {
    ...inherited,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    WAYLAND_DISPLAY: 'mutter-0',
    DBUS_SESSION_BUS_ADDRESS: bus.address,
    DBUS_SYSTEM_BUS_ADDRESS: bus.address,
    GSETTINGS_BACKEND: 'memory',
  };
  const children: ChildProcess[] = [];
  const run = (program: string, ...args: string[]) => {
    const child = spawn(program, args, { env, stdio: 'ignore', cwd: folder });
    children.push(child);
    return child;
  };

  let mutter: ChildProcess | undefined;
  let hands = '';
  const remote = (member: string, signature = '', ...body: unknown[]) => {
    const at = hands
      ? { path: hands, interface: `${REMOTE_DESKTOP}.Session` }
      : { path: '/org/gnome/Mutter/RemoteDesktop', interface: REMOTE_DESKTOP };
    return bus.call(REMOTE_DESKTOP, at, member, signature, body);
  };
  const start = async () => {
    const screen = ['--virtual-monitor', '1280x800'];
    mutter = run('mutter', '--headless', '--wayland', '--no-x11', '--wayland-display', 'mutter-0', ...screen);
    hands = '';
    const lent = () =>
      remote('CreateSession').then(
        ([path]) => String(path),
        () => '',
      );
    const haveHands = async () => {
      hands = await lent();
      return hands !== '';
    };
    await waitUntil('Mutter lends its hands', haveHands, UP_WITHIN_MS);
    await remote('Start');
  };
  await start();

  let windows = 0;
  return {
    env,
    pressKey: async () => {
      for (const pressed of [true, false]) await remote('NotifyKeyboardKeycode', 'ub', LEFT_SHIFT, pressed);
    },
    movePointer: async () => void (await remote('NotifyPointerMotionRelative', 'dd', 12, 9)),
    click: async () => {
      for (const pressed of [true, false]) await remote('NotifyPointerButton', 'ib', LEFT_BUTTON, pressed);
    },
    openWindow: async () => {
      const there = join(folder, `window-${++windows}`);
      run('foot', '--config=/dev/null', '--log-level=none', 'sh', '-c', `: > ${there}; exec sleep infinity`);
      await waitUntil('the window is open', () => existsSync(there), UP_WITHIN_MS);
    },
    startSessionManager: async () => {
      const name = 'org.gnome.SessionManager';
      const manager = await bus.mock({ name, path: '/org/gnome/SessionManager', interface: name });
      const property = ['InhibitedActions', new Variant('u', 0)] as const;
      await manager.call('AddProperty', 'ssv', [name, ...property], { interface: MOCK });
      return (inhibited: boolean) =>
        manager.set({ InhibitedActions: new Variant('u', inhibited ? INHIBITS_IDLE : 0) });
    },
    startLogind: async () => {
      const logind = await bus.mock({
        name: 'org.freedesktop.login1',
        path: '/org/freedesktop/login1',
        interface: 'org.freedesktop.login1.Manager',
      });
      return () => logind.emit('PrepareForSleep', 'b', [false]);
    },
    kill: () => (mutter ? end(mutter, 'SIGKILL') : Promise.resolve()),
    start,
    stop: async () => {
      for (const child of children.reverse()) await end(child);
      await bus.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
