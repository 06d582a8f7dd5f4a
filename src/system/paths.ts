/** Where every file of the product lies (SPEC section 2), on each OS, and the folders for them, closed to others. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CommandError, messageOf } from '../core/errors.js';

/** Absolute paths of all files. */
export interface Paths {
  readonly settings: string;
  readonly services: string;
  readonly db: string;
  readonly log: string;
  readonly lock: string;
  readonly pid: string;
  /** What `cloudnap open` hands to the browser. */
  readonly pass: string;
  /** A Unix socket, or on Windows the name of a pipe. */
  readonly socket: string;
  /** The folders that hold them, all of them ours alone. */
  readonly folders: readonly string[];
}

/** The bytes a Unix socket's path may have, its closing zero not counted: sun_path is 108 on Linux, 104 on BSDs. */
const SOCKET_PATH_BYTES = { linux: 107, other: 103 };

/**
 * Works out where the files lie; touches nothing.
 *
 * `home` (the `--home` flag) or `CLOUDNAP_HOME` puts everything into one folder. Otherwise: Linux and other
 * Unixes follow XDG (settings in config, ledger in data, log and lock in state, socket in runtime), macOS has
 * them under `~/Library`, Windows in `APPDATA` and `LOCALAPPDATA`. The daemon and the CLI come to the same
 * answer only when told the same home.
 */
export function resolvePaths(
  from: { home?: string | undefined; env?: NodeJS.ProcessEnv; platform?: NodeJS.Platform } = {},
): Paths {
  const { env = process.env, platform = process.platform } = from;
  const home = from.home || env.CLOUDNAP_HOME;
  const windows = platform === 'win32';
  const { join, resolve } = windows ? path.win32 : path.posix;
  const all = home ? resolve(home) : undefined;
  const { config, data, state, log, runtime } =
    all === undefined
      ? userFolders(env, platform)
      : { config: all, data: all, state: all, log: all, runtime: all };
  const socket = windows ? pipeName(state) : socketPath(runtime, env, platform);
  return {
    settings: join(config, 'settings.json'),
    services: join(config, 'services.yaml'),
    db: join(data, 'cloudnap.db'),
    log: join(log, 'aws_monitor.log'),
    lock: join(state, 'cloudnap.lock'),
    pid: join(state, 'cloudnap.pid'),
    pass: join(state, 'open.html'),
    socket,
    folders: [...new Set([config, data, state, log, ...(windows ? [] : [path.posix.dirname(socket)])])],
  };
}

/**
 * Makes the folders where they are missing, and closes them to everybody else (0700) where they are open.
 * Whoever is about to connect to the socket calls it too: it is what keeps another user from lying in wait in
 * the socket's folder.
 *
 * @throws CommandError REFUSED when one cannot be made, is no folder, belongs to somebody else, or is shared
 * by the whole machine (`/`, `/tmp`) and so must not be closed.
 */
export function ensureFolders(paths: Paths): void {
  for (const folder of paths.folders) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw refusal(folder, `cannot be made: ${messageOf(error)}`, error);
    }
    // Windows has no modes here: the folders lie in the user's profile, which others cannot read.
    if (process.platform !== 'win32') closeToOthers(folder);
  }
}

function closeToOthers(folder: string): void {
  const found = lstatSync(folder);
  // A link into a folder of our own is a person's choice; one that somebody else made is a trap.
  const stat = found.isSymbolicLink() && found.uid === process.getuid?.() ? statSync(folder) : found;
  if (!stat.isDirectory()) throw refusal(folder, 'is not a folder');
  if (stat.uid !== process.getuid?.()) throw refusal(folder, `belongs to another user (uid ${stat.uid})`);
  const sticky = (stat.mode & 0o1000) !== 0;
  if (sticky || path.parse(folder).root === folder) {
    throw refusal(folder, 'is shared by everybody on this machine');
  }
  if ((stat.mode & 0o077) === 0) return;
  try {
    chmodSync(folder, 0o700);
  } catch (error) {
    throw refusal(folder, `is open to others and cannot be closed: ${messageOf(error)}`, error);
  }
}

function refusal(folder: string, what: string, cause?: unknown): CommandError {
  return new CommandError('REFUSED', `The folder ${folder} ${what}.`, {
    hint: 'Choose a folder of your own with --home DIR or CLOUDNAP_HOME.',
    cause,
  });
}

interface Folders {
  readonly config: string;
  readonly data: string;
  readonly state: string;
  readonly log: string;
  readonly runtime: string;
}

function userFolders(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Folders {
  if (platform === 'win32') {
    const { join } = path.win32;
    const user = env.USERPROFILE || os.homedir();
    const config = join(env.APPDATA || join(user, 'AppData', 'Roaming'), 'Cloudnap');
    const local = join(env.LOCALAPPDATA || join(user, 'AppData', 'Local'), 'Cloudnap');
    return { config, data: local, state: local, log: local, runtime: local };
  }
  const { join, isAbsolute } = path.posix;
  const user = env.HOME || os.homedir();
  if (platform === 'darwin') {
    const support = join(user, 'Library', 'Application Support', 'Cloudnap');
    const log = join(user, 'Library', 'Logs', 'Cloudnap');
    return { config: support, data: support, state: support, log, runtime: support };
  }
  // XDG: a value that is not absolute counts as none.
  const xdg = (value: string | undefined, otherwise: string) =>
    join(value && isAbsolute(value) ? value : join(user, otherwise), 'cloudnap');
  const state = xdg(env.XDG_STATE_HOME, '.local/state');
  const runtime = runtimeFolder(env);
  return {
    config: xdg(env.XDG_CONFIG_HOME, '.config'),
    data: xdg(env.XDG_DATA_HOME, '.local/share'),
    state,
    log: state,
    runtime: runtime === undefined ? state : join(runtime, 'cloudnap'),
  };
}

/** The user's runtime folder; /run/user/UID also when a shell without a login session does not name it. */
function runtimeFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (env.XDG_RUNTIME_DIR && path.posix.isAbsolute(env.XDG_RUNTIME_DIR)) return env.XDG_RUNTIME_DIR;
  const uid = process.getuid?.();
  const usual = `/run/user/${uid}`;
  const stat = statSync(usual, { throwIfNoEntry: false });
  return stat?.isDirectory() && stat.uid === uid ? usual : undefined;
}

/** The socket in its folder, or, where that path is too long for a socket, in a short one derived from it. */
function socketPath(folder: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const limit = platform === 'linux' ? SOCKET_PATH_BYTES.linux : SOCKET_PATH_BYTES.other;
  const runtime = platform === 'darwin' ? undefined : runtimeFolder(env);
  // /tmp and not TMPDIR, which differs between a login shell and a service and is itself long on macOS.
  const short = path.posix.join('/tmp', `cloudnap-${process.getuid?.() ?? 0}-${fingerprint(folder)}`);
  const candidates = [
    folder,
    ...(runtime === undefined ? [] : [path.posix.join(runtime, `cloudnap-${fingerprint(folder)}`)]),
    short,
  ];
  const fits = (dir: string) => Buffer.byteLength(path.posix.join(dir, 'cloudnap.sock')) <= limit;
  return path.posix.join(candidates.find(fits) ?? short, 'cloudnap.sock');
}

/** One pipe a home: pipes have no folders, so the home is in the name. Windows paths ignore case. */
function pipeName(folder: string): string {
  return `\\\\.\\pipe\\cloudnap-${fingerprint(folder.toLowerCase())}`;
}

function fingerprint(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 12);
}
