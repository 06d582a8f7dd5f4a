/**
 * Where the user's sound server listens and with which cookie it is spoken to, as PulseAudio's own client library
 * finds both (the facts: PulseAudio's src/pulse/context.c, src/pulse/client-conf.c and src/pulsecore/core-util.c).
 * What that library may be told in its client.conf or by a property of the X server's root window is not looked at.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '../../core/errors.js';

/** A cookie has this many bytes; all zero where there is none. */
const COOKIE_BYTES = 256;

/**
 * The Unix sockets to try, in order.
 * @throws Unavailable when PULSE_SERVER names nothing but servers elsewhere.
 */
export function socketsOf(env: NodeJS.ProcessEnv): readonly string[] {
  if (!env.PULSE_SERVER) return defaultSockets(env);
  const named = env.PULSE_SERVER.split(/\s+/).filter((word) => word !== '');
  const sockets = named.flatMap(unixPath);
  if (sockets.length > 0) return sockets;
  throw new Unavailable(
    `PULSE_SERVER names no Unix socket: ${env.PULSE_SERVER}`,
    'unset PULSE_SERVER or have it name a socket on this machine, as in unix:/run/user/1000/pulse/native',
  );
}

/** `{machine}unix:/path`, `unix:/path` or `/path`; anything else is no Unix socket. */
function unixPath(name: string): readonly string[] {
  const path = name.replace(/^\{[^}]*\}/, '').replace(/^unix:/, '');
  return path.startsWith('/') ? [path] : [];
}

function defaultSockets(env: NodeJS.ProcessEnv): readonly string[] {
  const uid = process.getuid?.();
  const own =
    env.PULSE_RUNTIME_PATH ??
    (env.XDG_RUNTIME_DIR
      ? join(env.XDG_RUNTIME_DIR, 'pulse')
      : uid === undefined
        ? undefined
        : `/run/user/${uid}/pulse`);
  // The last is that of a server for the whole system.
  return [...(own ? [join(own, 'native')] : []), '/run/pulse/native'];
}

/** The cookie that servers may ask for; the same user is usually let in without. Never rejects. */
export async function cookieOf(env: NodeJS.ProcessEnv): Promise<Uint8Array> {
  const home = env.HOME ?? homedir();
  const files = env.PULSE_COOKIE
    ? [env.PULSE_COOKIE]
    : [join(env.XDG_CONFIG_HOME || join(home, '.config'), 'pulse', 'cookie'), join(home, '.pulse-cookie')];
  for (const file of files) {
    const cookie = await readFile(file).catch(() => undefined);
    if (cookie?.length === COOKIE_BYTES) return cookie;
  }
  return new Uint8Array(COOKIE_BYTES);
}
