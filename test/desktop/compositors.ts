/**
 * Real Wayland compositors for tests, without a screen or devices: Sway with wtype and swaymsg for the hands, KWin with
 * its own fake input. Both refuse to run as root: root starts them as an ordinary user, by number.
 */
import { type ChildProcess, type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitUntil } from './xserver.js';

const run = promisify(execFile);

/** Any number will do that is not root's; nobody of this number has to exist. */
const ORDINARY_USER = 1_000;
const isRoot = process.getuid?.() === 0;

const SCREEN = { width: 1280, height: 800 };

/** KWin reads through the whole program of a client that asks for fake input: seconds on a busy machine. */
const UP_WITHIN_MS = 20_000;

export interface CompositorOptions {
  /** Take the place of one that was killed: its folder, and so its socket's name. */
  readonly insteadOf?: Compositor;
}

export interface Compositor {
  /** XDG_RUNTIME_DIR: its sockets, and all its files. */
  readonly folder: string;
  /** The environment of a program in this session, with no X server about it. */
  readonly env: NodeJS.ProcessEnv;
  /** Presses and releases the left shift key, which types nothing. */
  pressKey(): Promise<void>;
  movePointer(dx: number, dy: number): Promise<void>;
  /** Kills it at once; what is connected to it loses it. */
  kill(): Promise<void>;
  /** Ends everything that was started, but leaves the folder to one that comes instead of it. */
  end(): Promise<void>;
  /** Ends everything that was started and removes the folder. Idempotent. */
  stop(): Promise<void>;
}

interface CompositorWindow {
  /** As the compositor's clients name themselves. */
  readonly appId: string;
  close(): Promise<void>;
}

export interface Sway extends Compositor {
  /** One command of Sway's own; resolves to what it answers, and fails when Sway refuses. */
  swaymsg(...words: string[]): Promise<string>;
  /** Opens a terminal window, which then is the active one; resolves once it is there. */
  openWindow(title?: string): Promise<CompositorWindow>;
  /** Makes the window the active one. */
  focus(window: CompositorWindow): Promise<void>;
}

export interface KWin extends Compositor {
  /** Presses and releases the left button. */
  click(): Promise<void>;
  /** DBUS_SESSION_BUS_ADDRESS: a bus of its own, which lets any user in. */
  readonly bus: string;
}

/** What one compositor has started, in the order of its start. */
class Session {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #children: ChildProcess[] = [];
  #windows = 0;

  private constructor(folder: string) {
    this.folder = folder;
    const { DISPLAY, DBUS_SESSION_BUS_ADDRESS, QT_QPA_PLATFORM, SWAYSOCK, ...inherited } = process.env;
    this.env = { ...inherited, HOME: folder, XDG_RUNTIME_DIR: folder, XDG_CONFIG_HOME: folder };
    this.env.XDG_CACHE_HOME = this.env.XDG_DATA_HOME = this.env.XDG_CONFIG_HOME;
    delete this.env.WAYLAND_DISPLAY;
  }

  static async create({ insteadOf }: CompositorOptions): Promise<Session> {
    if (insteadOf) {
      await insteadOf.end();
      return new Session(insteadOf.folder);
    }
    const folder = await mkdtemp(join(tmpdir(), 'cloudnap-wayland-'));
    if (isRoot) await chown(folder, ORDINARY_USER, ORDINARY_USER);
    await chmod(folder, 0o700);
    return new Session(folder);
  }

  /** Starts a program as an ordinary user; it ends with the session. */
  spawn(
    program: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): ChildProcessByStdio<Writable, Readable, null> {
    const id = String(ORDINARY_USER);
    const asUser = isRoot ? ['setpriv', '--reuid', id, '--regid', id, '--clear-groups', program] : [program];
    const [file = program, ...before] = asUser;
    const child = spawn(file, [...before, ...args], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => {});
    this.#children.push(child);
    return child;
  }

  /** Waits for what a program must do, and fails at once if the program ends instead. */
  async until(what: string, child: ChildProcess, holds: () => boolean | Promise<boolean>): Promise<void> {
    await waitUntil(
      what,
      () => {
        if (hasEnded(child)) throw new Error(`${child.spawnfile} ended before ${what}`);
        return holds();
      },
      UP_WITHIN_MS,
    );
  }

  /** A terminal that shows nothing but its title. */
  async openWindow(title = 'a window'): Promise<CompositorWindow & { readonly child: ChildProcess }> {
    this.#windows += 1;
    const appId = `window-${this.#windows}`;
    const args = [
      '--config=/dev/null',
      `--app-id=${appId}`,
      `--title=${title}`,
      '--log-level=none',
      '-o',
      'dpi-aware=no',
    ];
    const child = this.spawn('foot', [...args, 'sh', '-c', `: > ${appId}; exec sleep infinity`]);
    await this.until('a window is open', child, () => existsSync(join(this.folder, appId)));
    return { appId, child, close: () => end(child) };
  }

  async end(): Promise<void> {
    for (const child of this.#children.reverse()) await end(child);
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Starts Sway and resolves when it takes connections and commands. */
export async function startSway(options: CompositorOptions = {}): Promise<Sway> {
  const session = await Session.create(options);
  const { folder, env } = session;
  Object.assign(env, { WAYLAND_DISPLAY: 'wayland-1', SWAYSOCK: join(folder, 'sway-ipc') });
  const config = join(folder, 'sway.conf');
  const lines = [
    'xwayland disable',
    `output HEADLESS-1 resolution ${SCREEN.width}x${SCREEN.height}`,
    'default_border none',
    'focus_follows_mouse no',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  // What a killed one left must not be taken for the new one's.
  for (const socket of ['wayland-1', 'sway-ipc']) await rm(join(folder, socket), { force: true });
  const sway = session.spawn('sway', ['-c', config], {
    WLR_BACKENDS: 'headless',
    WLR_LIBINPUT_NO_DEVICES: '1',
    WLR_RENDERER: 'pixman',
    WAYLAND_DISPLAY: '',
  });
  const swaymsg = async (...words: string[]) => (await run('swaymsg', words, { env })).stdout;
  await session.until('Sway answers', sway, () => swaymsg('-t', 'get_version').then(Boolean, () => false));
  const focused = async (appId: string) =>
    new RegExp(`"focused": true(?:(?!"focused")[^])*"app_id": "${appId}"`).test(
      await swaymsg('-t', 'get_tree'),
    );
  return {
    folder,
    env,
    swaymsg,
    pressKey: async () => void (await run('wtype', ['-k', 'Shift_L'], { env })),
    movePointer: async (dx, dy) => void (await swaymsg('seat', 'seat0', 'cursor', 'move', `${dx}`, `${dy}`)),
    openWindow: async (title) => {
      const window = await session.openWindow(title);
      await session.until('it is the active window', window.child, () => focused(window.appId));
      return window;
    },
    focus: async ({ appId }) => void (await swaymsg(`[app_id="^${appId}$"]`, 'focus')),
    kill: () => end(sway, 'SIGKILL'),
    end: () => session.end(),
    stop: () => session.stop(),
  };
}

/** Starts KWin, with a session bus of its own, and resolves when it can be used. */
export async function startKWin(options: CompositorOptions = {}): Promise<KWin> {
  const session = await Session.create(options);
  const { folder, env } = session;
  const bus = `unix:path=${join(folder, 'bus')}`;
  Object.assign(env, { WAYLAND_DISPLAY: 'kwin-0', DBUS_SESSION_BUS_ADDRESS: bus });
  for (const socket of ['kwin-0', 'bus']) await rm(join(folder, socket), { force: true });

  await writeFile(join(folder, 'bus.conf'), busConfig(bus));
  const daemon = session.spawn('dbus-daemon', [`--config-file=${join(folder, 'bus.conf')}`, '--nofork']);
  await session.until('the session bus is up', daemon, () => existsSync(join(folder, 'bus')));

  // A copy has no file capabilities: with those it would run as if it were another user's, without its environment.
  const program = join(folder, 'kwin_wayland');
  await rm(program, { force: true });
  await copyFile(await which('kwin_wayland'), program);
  const size = ['--width', String(SCREEN.width), '--height', String(SCREEN.height)];
  const flags = ['--no-lockscreen', '--no-global-shortcuts', '--socket', 'kwin-0'];
  const kwin = session.spawn(program, ['--virtual', ...size, ...flags], {
    KWIN_COMPOSE: 'Q',
    KWIN_WAYLAND_NO_PERMISSION_CHECKS: '1',
    WAYLAND_DISPLAY: '',
  });
  await session.until('KWin has its socket', kwin, () => existsSync(join(folder, 'kwin-0')));
  const hands = await kwinHands(session);
  return {
    folder,
    env,
    bus,
    pressKey: () => hands('key 42'),
    movePointer: (dx, dy) => hands(`move ${dx} ${dy}`),
    click: () => hands('press 272'),
    kill: () => end(kwin, 'SIGKILL'),
    end: () => session.end(),
    stop: () => session.stop(),
  };
}

/** Starts the process that has the hands; each deed is one line to it, answered when it is done. */
async function kwinHands(session: Session): Promise<(deed: string) => Promise<void>> {
  const { folder } = session;
  // An ordinary user may not be able to read this checkout.
  const library = fileURLToPath(new URL('../../node_modules/wayland-client', import.meta.url));
  const script = fileURLToPath(new URL('./compositor-hands.mjs', import.meta.url));
  await cp(library, join(folder, 'node_modules', 'wayland-client'), { recursive: true });
  await copyFile(script, join(folder, 'hands.mjs'));
  const child = session.spawn(process.execPath, ['hands.mjs', join(folder, 'kwin-0')]);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answered = async () => {
    if ((await answers.next()).done) throw new Error('the hands on KWin are gone');
  };
  await answered();
  return async (deed) => {
    child.stdin.write(`${deed}\n`);
    await answered();
  };
}

/** A bus on which everybody may say everything: the tests may be root's, KWin is an ordinary user's. */
function busConfig(address: string): string {
  const policy = [
    '<allow user="*"/><allow own="*"/>',
    '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>',
  ];
  return [
    '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"',
    ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">',
    `<busconfig><type>session</type><listen>${address}</listen><auth>EXTERNAL</auth>`,
    `<policy context="default">${policy.join('')}</policy></busconfig>`,
  ].join('\n');
}

async function which(program: string): Promise<string> {
  return (await run('sh', ['-c', `command -v ${program}`])).stdout.trim();
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
