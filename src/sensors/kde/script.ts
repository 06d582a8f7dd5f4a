/**
 * The script that runs inside KWin and calls back when another window has become the active one. Which window it is,
 * what it is called and whose it is stay in there: the call has no arguments.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusConnection } from '../../system/dbus/bus.js';

const KWIN = 'org.kde.KWin';
const SCRIPTING = { to: KWIN, path: '/Scripting', interface: 'org.kde.kwin.Scripting' };
const DAEMON = {
  to: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

/** Ours, which the script calls. */
const OBJECT = { path: '/cloudnap/window', interface: 'cloudnap.ActiveWindow' };

/** A script's name and its file's carry the unique name of the connection it calls: that of `:1.42` is `…-1-42`. */
const PREFIX = 'cloudnap-window';
const OUR_FILE = new RegExp(`^(${PREFIX}-(\\d+)-(\\d+))\\.js$`);

export interface WindowScriptOptions {
  readonly bus: BusConnection;
  /** XDG_RUNTIME_DIR: only this user may look into it. */
  readonly folder: string;
  /** Once, when the script runs. */
  readonly onReady: () => void;
  /** Another window than before has become the active one. */
  readonly onActivated: () => void;
}

/** A script in KWin that lives until it is unloaded, or KWin ends. */
export class WindowScript {
  readonly #bus: BusConnection;
  readonly #plugin: string;
  readonly #file: string;

  private constructor({ bus, folder }: WindowScriptOptions) {
    this.#bus = bus;
    this.#plugin = `${PREFIX}${bus.name.replace(/[:.]/g, '-')}`;
    this.#file = join(folder, `${this.#plugin}.js`);
  }

  /** Has KWin load and run it; it runs only when `onReady` is called. Rejects, having freed everything. */
  static async load(options: WindowScriptOptions): Promise<WindowScript> {
    const { bus, folder, onReady, onActivated } = options;
    await unloadStale(bus, folder);
    const script = new WindowScript(options);
    try {
      await bus.serve({ ...OBJECT, for: KWIN }, { Ready: onReady, Activated: onActivated });
      // On a bus that was started anew, an earlier connection may have had the same name.
      await script.unload();
      await writeFile(script.#file, scriptFor(bus.name), { mode: 0o600, flag: 'wx' });
      const body = [script.#file, script.#plugin];
      await bus.call({ ...SCRIPTING, member: 'loadScript', signature: 'ss', body });
      // Runs what is loaded and does not run yet. A script's own object has another path in each Plasma, and KWin
      // gives one path to two scripts when an earlier one has been unloaded.
      await bus.call({ ...SCRIPTING, member: 'start' });
      return script;
    } catch (error) {
      await script.unload();
      throw error;
    }
  }

  /** Whether KWin still has it. What it has called before the answer has arrived. Rejects when KWin is gone. */
  async isLoaded(): Promise<boolean> {
    const body = [this.#plugin];
    const [loaded] = await this.#bus.call({ ...SCRIPTING, member: 'isScriptLoaded', signature: 's', body });
    return loaded === true;
  }

  /** Takes it out of KWin, where that still runs, and removes its file. Never rejects. */
  async unload(): Promise<void> {
    await unload(this.#bus, this.#plugin).catch(() => {});
    await rm(this.#file, { force: true }).catch(() => {});
  }
}

/** What a daemon that was killed has left in KWin, which would call nobody for as long as KWin runs. */
async function unloadStale(bus: BusConnection, folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const [, plugin, ...numbers] = OUR_FILE.exec(file) ?? [];
    if (!plugin) continue;
    const body = [`:${numbers.join('.')}`];
    const [lives] = await bus.call({ ...DAEMON, member: 'NameHasOwner', signature: 's', body });
    if (lives) continue;
    await unload(bus, plugin);
    await rm(join(folder, file), { force: true });
  }
}

/** No matter whether it is loaded. */
async function unload(bus: BusConnection, plugin: string): Promise<void> {
  await bus.call({ ...SCRIPTING, member: 'unloadScript', signature: 's', body: [plugin] });
}

/** Plasma 6 calls windows what Plasma 5 calls clients. Between two windows there may be none active for a moment. */
function scriptFor(caller: string): string {
  const call = (method: string) =>
    `callDBus(${[caller, OBJECT.path, OBJECT.interface, method].map((word) => JSON.stringify(word)).join(', ')})`;
  return `
const idOf = (window) => (window ? String(window.internalId) : undefined);
let last = idOf(workspace.activeWindow || workspace.activeClient);
(workspace.windowActivated || workspace.clientActivated).connect((window) => {
  const id = idOf(window);
  if (id === undefined || id === last) return;
  last = id;
  ${call('Activated')};
});
${call('Ready')};
`;
}
