/** A real X server for tests: Xvfb on a display of its own, a window manager on request, xdotool for the hands. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

import x11, { type XClient, type XDisplay } from 'x11';

declare module 'x11' {
  interface XClient {
    CreateWindow(id: number, parent: number, x: number, y: number, width: number, height: number): void;
    MapWindow(id: number): void;
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
  .filter(({ program }) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
  .map(({ program, debian }) => `${program} (Debian: ${debian})`);

/** `npm test` reads the same list, to install what is missing where it can. */
interface ProgramNeeded {
  readonly program: string;
  readonly debian: string;
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
  openWindow(): Promise<XWindow>;
  /** What `xset s reset` does: every idle time starts anew, though nobody was there. */
  resetIdleTimes(): Promise<void>;
  /** Kills the server at once; what is connected to it loses it. */
  kill(): Promise<void>;
  /** Ends everything that was started. Idempotent. */
  stop(): Promise<void>;
}

export interface XWindow {
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
    openWindow: async () => {
      const { client, screen } = await connect(display);
      const id = client.AllocID();
      client.CreateWindow(id, screen[0]?.root ?? 0, 0, 0, 200, 100);
      client.MapWindow(id);
      return {
        activate: async () => void (await xdotool('windowactivate', '--sync', String(id))),
        close: () => hangUp(client),
      };
    },
    resetIdleTimes: async () => {
      const { client } = await connect(display);
      client.ForceScreenSaver(0);
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

function connect(display: string): Promise<XDisplay> {
  return new Promise((resolve, reject) => {
    const client = x11.createClient({ display, shm: false, disableBigRequests: true }, (error, connected) =>
      error ? reject(error) : resolve(connected),
    );
    client.on('error', () => {});
  });
}

/** Waits for the server to have done all that was asked, then closes the connection. */
function hangUp(client: XClient): Promise<void> {
  return new Promise((resolve) => client.close(resolve));
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
