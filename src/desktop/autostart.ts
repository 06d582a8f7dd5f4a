/** Starting by itself at login: which place serves this machine and session, and what is in each of them. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Autostart, AutostartEntry, AutostartStatus } from '../core/autostart.js';
import { launchAgent } from './autostart-launchd.js';
import type { AutostartPlace, Found, RunProgram, Words } from './autostart-place.js';
import { askUserManager, systemdUnit } from './autostart-systemd.js';
import { runKey } from './autostart-windows.js';
import { xdgAutostart } from './autostart-xdg.js';

export interface AutostartOptions {
  /** What starts the daemon of the standard home, with absolute paths. */
  readonly program: Words;
  /** The home in force, absolute; undefined: the standard one. */
  readonly home: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly run: RunProgram;
}

/** The autostart of this machine. */
export function createAutostart(options: AutostartOptions): Autostart {
  const { program, home, platform } = options;
  const words: Words = home === undefined ? program : [...program, '--home', home];
  const { all, best } = placesOf(options);
  const tried = platform === 'linux';

  async function status(): Promise<AutostartStatus> {
    const found: { readonly entry: AutostartEntry; readonly isOn: boolean }[] = [];
    for (const place of all) {
      const standing = await place.find();
      if (standing) found.push({ entry: entryOf(place, standing), isOn: standing.isOn });
    }
    const shown = found.find(({ isOn }) => isOn) ?? found[0];
    return { enabled: shown?.isOn === true, entry: shown?.entry, tried };
  }

  function entryOf(place: AutostartPlace, { command, when }: Found): AutostartEntry {
    const ours = place.spell(program);
    const isOurs = command === ours || (command.startsWith(ours) && /^\s/.test(command.slice(ours.length)));
    const other = isOurs ? 'another home' : 'another program';
    const starts = command === place.spell(words) ? 'this program' : other;
    return { kind: place.kind, where: place.where, command, starts, when };
  }

  return {
    status,
    async enable() {
      const chosen = await best();
      // Two entries would start two daemons, one of which ends with "already running".
      for (const place of all) if (place.where !== chosen.where) await place.remove();
      await chosen.put(words);
      return status();
    },
    async disable() {
      for (const place of all) await place.remove();
      return status();
    },
  };
}

interface Places {
  /** Every place where an entry may be. */
  readonly all: readonly AutostartPlace[];
  /** The one for this session. */
  best(): Promise<AutostartPlace>;
}

function placesOf({ env, platform, run }: AutostartOptions): Places {
  const userHome = env.HOME || homedir();
  if (platform === 'win32') return only(runKey(run));
  if (platform === 'darwin') return only(launchAgent(userHome));
  // XDG: a value that is not absolute counts as none.
  const named = env.XDG_CONFIG_HOME;
  const config = named && isAbsolute(named) ? named : join(userHome, '.config');
  const xdg = xdgAutostart(config);
  const onDesktop = systemdUnit(config, 'desktop', run);
  return {
    all: [onDesktop, xdg],
    async best() {
      const manager = await askUserManager(run);
      if (manager === 'graphical') return onDesktop;
      // A desktop that the manager was not told of: a unit would start without its display.
      const hasDisplay = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
      return manager === 'does not answer' || hasDisplay ? xdg : systemdUnit(config, 'login', run);
    },
  };
}

function only(place: AutostartPlace): Places {
  return { all: [place], best: async () => place };
}
