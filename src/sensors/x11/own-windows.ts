/**
 * The parts of the screen on which Cloudnap itself draws: its own windows, notifications, the terminal its live
 * panel is in, and its page in a browser. What changes there is no sign of a person.
 */
import { readFileSync } from 'node:fs';
import type { XConnection } from './connection.js';
import { type Rect, without } from './region.js';

/** What `GetWindowAttributes` says of a window that is mapped with all its ancestors. */
const VIEWABLE = 2;

/** More windows than any desktop has, and more types than any window: the protocol wants a limit. */
const MOST_WINDOWS = 4_096;
const MOST_TYPES = 8;

/** More levels than a window manager puts around a window. */
const MOST_ANCESTORS = 16;

/** The titles of our own page begin with this. No more of any title is ever asked for. */
const PAGE_TITLE = Buffer.from('Cloudnap');

export interface WindowsSeen {
  /** Where our windows are seen: without what lies under the windows of other programs. */
  readonly own: readonly Rect[];
  /** The windows of other programs, apart from menus and the like. */
  readonly others: readonly number[];
}

export class OwnWindows {
  readonly #connection: XConnection;
  readonly #atoms: Awaited<ReturnType<typeof internAtoms>>;
  /** The window of our live panel, and those around it. */
  readonly #panel: ReadonlySet<number>;

  private constructor(
    connection: XConnection,
    atoms: Awaited<ReturnType<typeof internAtoms>>,
    panel: readonly number[],
  ) {
    this.#connection = connection;
    this.#atoms = atoms;
    this.#panel = new Set(panel);
  }

  /** `panel` is the window of the terminal this process writes to, where it writes to one. */
  static async of(connection: XConnection, panel: number | undefined): Promise<OwnWindows> {
    const atoms = await internAtoms(connection);
    return new OwnWindows(connection, atoms, panel === undefined ? [] : await ancestry(connection, panel));
  }

  /** Asks every window on the screen whether it is ours. */
  async look(): Promise<WindowsSeen> {
    const { root, client } = this.#connection;
    const [list, tree] = await Promise.all([
      this.#connection.property(root, this.#atoms.stacking, MOST_WINDOWS),
      this.#connection.ask<{ children: readonly number[] }>((reply) => client.QueryTree(root, reply)),
    ]);
    // From the bottom up. Beside these, what no window manager manages: notifications are, or are not.
    const managed = wordsOf(list);
    const windows = await this.#viewable([...new Set([...managed, ...tree.children])]);
    const ours = await Promise.all(windows.map((window) => this.#isOurs(window)));
    const stacked = new Map(managed.map((window, level) => [window, level]));
    const others = windows.filter((window, i) => !ours[i] && stacked.has(window));
    if (!ours.includes(true)) return { own: [], others };

    const rects = await Promise.all(windows.map((window) => this.#rect(window)));
    const own = rects.flatMap((rect, i) => {
      if (!rect || !ours[i]) return [];
      const level = stacked.get(windows[i] ?? 0) ?? managed.length;
      const above = rects.filter((_, j) => (stacked.get(windows[j] ?? 0) ?? -1) > level);
      return without(
        [rect],
        above.filter((other) => other !== undefined),
      );
    });
    return { own, others };
  }

  async #viewable(windows: readonly number[]): Promise<readonly number[]> {
    const { client } = this.#connection;
    const attributes = await Promise.all(
      windows.map((window) =>
        this.#connection.askIfThere<{ mapState: number }>((reply) =>
          client.GetWindowAttributes(window, reply),
        ),
      ),
    );
    return windows.filter((_, i) => attributes[i]?.mapState === VIEWABLE);
  }

  async #isOurs(window: number): Promise<boolean> {
    if (this.#panel.has(window)) return true;
    const { pid, type, notification, name } = this.#atoms;
    const [pids, types, title] = await Promise.all([
      this.#connection.property(window, pid, 1),
      this.#connection.property(window, type, MOST_TYPES),
      this.#connection.property(window, name, PAGE_TITLE.length / 4),
    ]);
    if (wordsOf(types).includes(notification) || title.equals(PAGE_TITLE)) return true;
    const [owner] = wordsOf(pids);
    return owner !== undefined && isOurProcess(owner);
  }

  /** Where a window is on the screen, without its frame. */
  async #rect(window: number): Promise<Rect | undefined> {
    const { client, root } = this.#connection;
    const [size, place] = await Promise.all([
      this.#connection.askIfThere<{ width: number; height: number }>((reply) =>
        client.GetGeometry(window, reply),
      ),
      this.#connection.askIfThere<{ destX: number; destY: number }>((reply) =>
        client.TranslateCoordinates(window, root, 0, 0, reply),
      ),
    ]);
    return size && place && { x: place.destX, y: place.destY, width: size.width, height: size.height };
  }
}

async function internAtoms(connection: XConnection) {
  const [stacking, pid, type, notification, name] = await Promise.all([
    connection.atom('_NET_CLIENT_LIST_STACKING'),
    connection.atom('_NET_WM_PID'),
    connection.atom('_NET_WM_WINDOW_TYPE'),
    connection.atom('_NET_WM_WINDOW_TYPE_NOTIFICATION'),
    connection.atom('_NET_WM_NAME'),
  ]);
  return { stacking, pid, type, notification, name };
}

/** A window and those around it up to the root: WINDOWID need not name the one that is managed. */
async function ancestry(connection: XConnection, window: number): Promise<readonly number[]> {
  const windows: number[] = [];
  let next = window;
  while (next !== connection.root && next !== 0 && windows.length < MOST_ANCESTORS) {
    const tree = await connection.askIfThere<{ parent: number }>((reply) =>
      connection.client.QueryTree(next, reply),
    );
    if (!tree) break;
    windows.push(next);
    next = tree.parent;
  }
  return windows;
}

function wordsOf(data: Buffer): readonly number[] {
  return Array.from({ length: data.length >> 2 }, (_, i) => data.readUInt32LE(4 * i));
}

/** This process or one that it has started. */
function isOurProcess(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    // procfs answers from memory. The name, in brackets, may hold anything; after it come the state and the parent.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === process.pid;
  } catch {
    return false;
  }
}
