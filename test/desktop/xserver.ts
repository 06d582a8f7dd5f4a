/** A real X server for tests: Xvfb on a display of its own, a window manager on request, xdotool for the hands. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

import x11, { type RandrExtension, type Reply, type XClient, type XDisplay } from 'x11';

declare module 'x11' {
  interface RandrExtension {
    GetScreenResources(
      window: number,
      reply: Reply<{ readonly crtcs: readonly number[]; readonly outputs: readonly number[] }>,
    ): void;
    CreateMode(
      window: number,
      mode: { readonly width: number; readonly height: number; readonly name: string },
      reply: Reply<number>,
    ): void;
    AddOutputMode(output: number, mode: number): void;
    SetCrtcConfig(
      crtc: number,
      timestamp: number,
      configTimestamp: number,
      x: number,
      y: number,
      mode: number,
      rotation: number,
      outputs: readonly number[],
      reply: Reply<unknown>,
    ): void;
    SetScreenSize(window: number, width: number, height: number, mmWidth: number, mmHeight: number): void;
  }
  interface XClient {
    require(name: 'randr', reply: Reply<RandrExtension>): void;
    CreateWindow(
      id: number,
      parent: number,
      x: number,
      y: number,
      width: number,
      height: number,
      borderWidth: number,
      depth: number,
      windowClass: number,
      visual: number,
      values: { readonly overrideRedirect: number; readonly backgroundPixel: number },
    ): void;
    MapWindow(id: number): void;
    CreateGC(id: number, drawable: number, values: { readonly foreground: number }): void;
    ChangeGC(id: number, values: { readonly foreground: number }): void;
    PolyFillRectangle(drawable: number, context: number, rectangles: readonly number[]): void;
    /** Units are the bits of one element. */
    ChangeProperty(
      mode: number,
      window: number,
      property: number,
      type: number,
      units: number,
      data: Buffer,
    ): void;
    DestroyWindow(id: number): void;
    ForceScreenSaver(mode: number): void;
    close(done: () => void): void;
  }
}

const run = promisify(execFile);

/** Programs the desktop tests need and this machine lacks, each with the Debian package that has it. */
const desktopMissing: readonly string[] = (
  JSON.parse(readFileSync(new URL('programs.json', import.meta.url), 'utf8')) as ProgramNeeded[]
)
  .filter(({ program, check }) => spawnSync('sh', ['-c', check ?? `command -v ${program}`]).status !== 0)
  .map(({ program, debian }) => `${program} (Debian: ${debian})`);

/** `npm test` reads the same list, to install what is missing where it can. */
interface ProgramNeeded {
  readonly program: string;
  readonly debian: string;
  /** A shell command that fails where it is missing; whether there is such a program when left out. */
  readonly check?: string;
}

/** Whether desktop tests are left out here. With CLOUDNAP_TEST_REQUIRE_ALL set they run, and fail. */
export const desktopSkipped = desktopMissing.length > 0 && !process.env.CLOUDNAP_TEST_REQUIRE_ALL;

export interface XServerOptions {
  /** Runs openbox, which announces the active window. */
  readonly windowManager?: boolean;
  /** Take this display instead of a free one: a server that comes back. */
  readonly display?: string;
  /** An authority file the server demands a cookie from. */
  readonly authority?: string;
}

export interface XServer {
  /** As in DISPLAY. */
  readonly display: string;
  /** The environment of a program in this X session, with no Wayland about it. */
  readonly env: NodeJS.ProcessEnv;
  /** One call of xdotool; resolves to what it prints. */
  xdotool(...args: string[]): Promise<string>;
  /** Starts openbox and resolves when it runs. */
  startWindowManager(): Promise<void>;
  /** Opens a window that stays until it is closed or the server ends. */
  openWindow(options?: XWindowOptions): Promise<XWindow>;
  /** What `xset s reset` does: every idle time starts anew, though nobody was there. */
  resetIdleTimes(): Promise<void>;
  /** What another monitor does: the screen has another size from now on, no larger than at first. */
  resizeScreen(width: number, height: number): Promise<void>;
  /** Kills the server at once; what is connected to it loses it. */
  kill(): Promise<void>;
  /** Ends everything that was started. Idempotent. */
  stop(): Promise<void>;
}

interface XWindowOptions {
  /** In pixels of the screen; a window manager may choose another place. */
  readonly at?: { readonly x: number; readonly y: number };
  readonly size?: { readonly width: number; readonly height: number };
  /** A window that no window manager manages, as notifications have. */
  readonly unmanaged?: boolean;
  /** _NET_WM_PID, _NET_WM_NAME and the end of the name of its _NET_WM_WINDOW_TYPE. */
  readonly pid?: number;
  readonly title?: string;
  readonly type?: string;
}

export interface XWindow {
  /** As in WINDOWID. */
  readonly id: number;
  /** Draws over the left upper part of it, all of it when no size is given, each time in another colour. */
  draw(size?: { readonly width: number; readonly height: number }): Promise<void>;
  /** Makes it the active one, by way of the window manager. */
  activate(): Promise<void>;
  close(): Promise<void>;
}

/** Tries in all: two servers that look for a free display in the same moment may want the same one. */
const LAUNCHES = 3;

/** Starts Xvfb and resolves when it has said which display it took. */
async function launch(
  args: readonly string[],
  tries = LAUNCHES,
): Promise<{ server: ChildProcess; display: string }> {
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let complaint = '';
  server.stderr?.on('data', (text) => {
    complaint += text;
  });
  const said = await Promise.race([
    once(server.stdio[3] as Readable, 'data').then(([number]) => String(number).trim()),
    once(server, 'exit').then(() => undefined),
  ]);
  if (said !== undefined) return { server, display: `:${said}` };
  if (tries > 1) return launch(args, tries - 1);
  throw new Error(`Xvfb ended before it was ready: ${complaint}`);
}

/** Starts an X server and resolves when it takes connections (and its window manager runs). */
export async function startXServer(options: XServerOptions = {}): Promise<XServer> {
  if (desktopMissing.length > 0) throw new Error(`missing: ${desktopMissing.join(', ')}`);
  const args = ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-noreset'];
  if (options.display) args.unshift(options.display);
  if (options.authority) args.push('-auth', options.authority);
  const { server, display } = await launch(args);
  const children: ChildProcess[] = [server];
  const env: NodeJS.ProcessEnv = { ...process.env, DISPLAY: display, WAYLAND_DISPLAY: '' };
  if (options.authority) env.XAUTHORITY = options.authority;

  const xdotool = async (...words: string[]) => (await run('xdotool', words, { env })).stdout.trim();
  const stop = async () => {
    for (const child of children.reverse()) await end(child);
  };
  const startWindowManager = async () => {
    children.push(spawn('openbox', ['--sm-disable'], { env, stdio: 'ignore' }));
    // xdotool asks the window manager for its desktops, and fails until there is one.
    await waitUntil('openbox runs', () => xdotool('get_num_desktops').then(Boolean, () => false));
  };
  if (options.windowManager) await startWindowManager();
  return {
    display,
    env,
    xdotool,
    startWindowManager,
    openWindow: (wanted) => openWindow(display, wanted, xdotool),
    resetIdleTimes: async () => {
      const { client } = await connect(display);
      client.ForceScreenSaver(0);
      await hangUp(client);
    },
    resizeScreen: async (width, height) => {
      const { client, screen } = await connect(display);
      const root = screen[0]?.root ?? 0;
      const randr = await ask<RandrExtension>((reply) => client.require('randr', reply));
      const resources = await ask<{ crtcs: readonly number[]; outputs: readonly number[] }>((reply) =>
        randr.GetScreenResources(root, reply),
      );
      const [crtc = 0] = resources.crtcs;
      const [output = 0] = resources.outputs;
      const show = (mode: number, outputs: readonly number[]) =>
        ask((reply) => randr.SetCrtcConfig(crtc, 0, 0, 0, 0, mode, 1, outputs, reply));
      const name = `${width}x${height}`;
      const mode = await ask<number>((reply) => randr.CreateMode(root, { width, height, name }, reply));
      randr.AddOutputMode(output, mode);
      // A monitor may not be larger than the screen: it is off while both change.
      await show(0, []);
      randr.SetScreenSize(root, width, height, width, height);
      await show(mode, [output]);
      await hangUp(client);
    },
    kill: () => end(server, 'SIGKILL'),
    stop,
  };
}

/** Waits for something that must come; fails, naming it, when it has not within `withinMs`. */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function openWindow(
  display: string,
  wanted: XWindowOptions = {},
  xdotool: XServer['xdotool'],
): Promise<XWindow> {
  const { client, screen } = await connect(display);
  const { at = { x: 0, y: 0 }, size = { width: 200, height: 100 }, pid, title, type } = wanted;
  const id = client.AllocID();
  const context = client.AllocID();
  const values = { overrideRedirect: wanted.unmanaged ? 1 : 0, backgroundPixel: 0 };
  const root = screen[0]?.root ?? 0;
  client.CreateWindow(id, root, at.x, at.y, size.width, size.height, 0, 0, 0, 0, values);
  client.CreateGC(context, id, { foreground: 0 });
  const atom = (name: string) => ask<number>((reply) => client.InternAtom(false, name, reply));
  const set = async (property: string, of: string, units: number, data: Buffer) =>
    client.ChangeProperty(0, id, await atom(property), await atom(of), units, data);
  if (pid !== undefined) await set('_NET_WM_PID', 'CARDINAL', 32, word(pid));
  if (title !== undefined) await set('_NET_WM_NAME', 'UTF8_STRING', 8, Buffer.from(title));
  if (type !== undefined) {
    await set('_NET_WM_WINDOW_TYPE', 'ATOM', 32, word(await atom(`_NET_WM_WINDOW_TYPE_${type}`)));
  }
  client.MapWindow(id);
  const done = () => ask((reply) => client.GetInputFocus(reply));
  await done();
  let colour = 0;
  return {
    id,
    draw: async ({ width, height } = size) => {
      colour = (colour + 0x102030) & 0xffffff;
      client.ChangeGC(context, { foreground: colour });
      client.PolyFillRectangle(id, context, [0, 0, width, height]);
      await done();
    },
    activate: async () => {
      await xdotool('windowactivate', '--sync', String(id));
      // It gives up while no window is active, as when the window manager has yet to look at those just opened.
      const property = await atom('_NET_ACTIVE_WINDOW');
      const active = () =>
        ask<{ readonly data: Buffer }>((reply) => client.GetProperty(0, root, property, 0, 0, 1, reply));
      await waitUntil('the window is active', async () => {
        const { data } = await active();
        return data.length >= 4 && data.readUInt32LE(0) === id;
      });
    },
    close: () => hangUp(client),
  };
}

/** One request, as a promise. */
export function ask<T>(send: (reply: Reply<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, value) => {
      if (error) reject(error);
      else resolve(value);
      return true;
    });
  });
}

/** One element of a property of 32 bits. */
function word(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value);
  return data;
}

/** A connection of a test's own. */
export function connect(display: string): Promise<XDisplay> {
  return new Promise((resolve, reject) => {
    const client = x11.createClient({ display, shm: false, disableBigRequests: true }, (error, connected) =>
      error ? reject(error) : resolve(connected),
    );
    client.on('error', () => {});
  });
}

/** Waits for the server to have done all that was asked, then closes the connection. */
export function hangUp(client: XClient): Promise<void> {
  return new Promise((resolve) => client.close(resolve));
}

export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
