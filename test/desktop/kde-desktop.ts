/**
 * A KWin with windows that a test may activate, by the way KDE's own launcher does. KWin is an ordinary user's: where
 * the tests are root's, what the sensor writes for KWin alone to read is made KWin's as soon as it appears.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { chownSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { Message, type MessageBus, sessionBus } from '@jellybrick/dbus-next';
import { type CompositorOptions, type KWin, startKWin } from './compositors.js';
import { end, waitUntil } from './xserver.js';

/** GTK programs take a while to come up on a busy machine. */
const OPEN_WITHIN_MS = 20_000;

export interface KdeDesktop {
  readonly kwin: KWin;
  /** The environment of a program in this session. */
  readonly env: NodeJS.ProcessEnv;
  /** Opens a window, which may become the active one; resolves once it is there, to what closes it. */
  open(title: string): Promise<() => Promise<void>>;
  /** Makes the window with this title the active one. */
  activate(title: string): Promise<void>;
  /** Calls KWin over the bus, as another program would; resolves to the first value of what it returns. */
  call(path: string, iface: string, member: string, signature?: string, body?: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts KWin and resolves when it can be used. */
export async function startKdeDesktop(options: CompositorOptions = {}): Promise<KdeDesktop> {
  const kwin = await startKWin(options);
  const bus = await connect(kwin.bus);
  const { uid, gid } = statSync(kwin.folder);
  const hasToHandOver = process.getuid?.() === 0;
  const handOver = watch(kwin.folder, (event, name) => {
    // A file that appears or goes is renamed; a change of its owner is a change.
    if (!hasToHandOver || event !== 'rename' || !name?.startsWith('cloudnap-window')) return;
    chown(join(kwin.folder, name), uid, gid);
  });

  const call: KdeDesktop['call'] = async (path, iface, member, signature = '', body = []) => {
    const destination = 'org.kde.KWin';
    const message = new Message({ destination, path, interface: iface, member, signature, body });
    return (await bus.call(message))?.body[0];
  };
  const runner = (member: string, signature: string, ...body: unknown[]) =>
    call('/WindowsRunner', 'org.kde.krunner1', member, signature, body);
  const find = async (title: string) => {
    const matches = (await runner('Match', 's', title)) as [id: string, title: string][];
    return matches.find(([, found]) => found === title)?.[0];
  };
  const windows: ChildProcess[] = [];
  return {
    kwin,
    env: kwin.env,
    call,
    open: async (title) => {
      const words = ['zenity', '--info', '--text=a window', `--title=${title}`];
      const [program = '', ...args] = hasToHandOver
        ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...words]
        : words;
      const env = { ...kwin.env, GDK_BACKEND: 'wayland', NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory' };
      const child = spawn(program, args, { env, stdio: 'ignore' });
      windows.push(child);
      await waitUntil(`${title} is open`, async () => (await find(title)) !== undefined, OPEN_WITHIN_MS);
      return () => end(child);
    },
    activate: async (title) => {
      const id = await find(title);
      if (id === undefined) throw new Error(`there is no window ${title}`);
      await runner('Run', 'ss', id, '');
    },
    stop: async () => {
      handOver.close();
      for (const child of windows) await end(child);
      bus.disconnect();
      await kwin.stop();
    },
  };
}

async function connect(address: string): Promise<MessageBus> {
  const bus = sessionBus({ busAddress: address });
  (bus as unknown as EventEmitter).on('error', () => {});
  await once(bus, 'connect');
  return bus;
}

/** It may be gone again by now. */
function chown(file: string, uid: number, gid: number): void {
  try {
    chownSync(file, uid, gid);
  } catch {
    return;
  }
}
