/** What `doctor` looks at on this machine by itself: Node, the session, another daemon, the files. */
import { lstatSync } from 'node:fs';
import type { WireCheck } from '../../control/wire.js';
import type { Paths } from '../../system/paths.js';

/** The oldest Node that Cloudnap runs on, as package.json's `engines` says. */
const OLDEST_NODE = [20, 19] as const;

/** Whether this Node is new enough. */
export function nodeCheck(version: string): WireCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return {
    area: 'machine',
    name: 'Node.js',
    result: enough ? 'ok' : 'fail',
    detail: version,
    cure: enough ? undefined : `Install Node.js ${OLDEST_NODE.join('.')} or newer.`,
  };
}

/** What kind of session this is, because the sensors of a session can only work in it. */
export function sessionCheck(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): WireCheck {
  const check = { area: 'machine', name: 'session' } as const;
  if (platform !== 'linux') return { ...check, result: 'ok', detail: platform };
  const remote = env.SSH_CONNECTION ? ', over ssh' : '';
  if (env.WAYLAND_DISPLAY)
    return { ...check, result: 'ok', detail: `Wayland display ${env.WAYLAND_DISPLAY}${remote}` };
  if (env.XDG_SESSION_TYPE === 'wayland')
    return {
      ...check,
      result: 'warn',
      detail: `Wayland${remote}, but WAYLAND_DISPLAY is not set: input to its windows cannot be seen`,
      cure: 'Run Cloudnap inside your desktop session, or set WAYLAND_DISPLAY (and XDG_RUNTIME_DIR) to it.',
    };
  if (env.DISPLAY) return { ...check, result: 'ok', detail: `X11 display ${env.DISPLAY}${remote}` };
  return {
    ...check,
    result: 'warn',
    detail: `no display${remote}: of input only what comes from your terminals can be seen`,
    cure: 'Run Cloudnap inside your desktop session, or set DISPLAY (and XAUTHORITY) to it.',
  };
}

/** Whether a daemon runs for this home, by its pid file. */
export function daemonCheck(daemon: { pid: number | undefined; alive: boolean }): WireCheck {
  const check = { area: 'machine', name: 'daemon' } as const;
  if (daemon.alive) return { ...check, result: 'ok', detail: `running as pid ${daemon.pid}` };
  const killed = daemon.pid !== undefined;
  return {
    ...check,
    result: 'warn',
    detail: killed ? `not running: pid ${daemon.pid} has ended without saying goodbye` : 'not running',
    cure: 'Start it with "cloudnap start"; what was interrupted is then finished.',
  };
}

/** The folders and files, which must be readable by their owner alone (SPEC section 2). */
export function fileChecks(paths: Paths, platform: NodeJS.Platform): WireCheck[] {
  // On Windows they lie in the user's profile, and there are no modes to look at.
  if (platform === 'win32') return [];
  const { settings, services, db, log, lock, pid } = paths;
  const faults = [
    ...paths.folders.flatMap((folder) => modeFaults(folder, 0o700)),
    ...[settings, services, db, log, lock, pid].flatMap((file) => modeFaults(file, 0o600)),
  ];
  if (faults.length > 0) return faults;
  return [
    { area: 'files', name: 'files', result: 'ok', detail: `yours alone, in ${paths.folders.join(', ')}` },
  ];
}

/** What is wrong with who may read a file; nothing when it is not there. */
function modeFaults(path: string, wanted: number): WireCheck[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isSymbolicLink()) return [];
  if (stat.uid !== process.getuid?.())
    return [
      {
        area: 'files',
        name: path,
        result: 'fail',
        detail: `belongs to another user (uid ${stat.uid})`,
        cure: `Give it back with: sudo chown $(id -u) '${path}'`,
      },
    ];
  if ((stat.mode & 0o777 & ~wanted) === 0) return [];
  return [
    {
      area: 'files',
      name: path,
      result: 'fail',
      detail: `is open to others (mode ${(stat.mode & 0o777).toString(8)})`,
      cure: `Close it with: chmod ${wanted.toString(8)} '${path}'`,
    },
  ];
}
