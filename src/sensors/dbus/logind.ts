/** logind on the system bus, or elogind in its place: its names, and which of its sessions is this person's. */
import type { BusConnection } from '../../system/dbus/bus.js';
import { BusError, type BusObject } from '../../system/dbus/messages.js';

const LOGIN1 = 'org.freedesktop.login1';

export const MANAGER: BusObject = {
  to: LOGIN1,
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};

export const CURE_NO_LOGIND = 'run systemd-logind or elogind, as most distributions do';

export function sessionAt(path: string): BusObject {
  return { to: LOGIN1, path, interface: 'org.freedesktop.login1.Session' };
}

/**
 * The path of the session that the person is in. Our own, where it is graphical or we know of no display: somebody
 * who is signed in over SSH is not away because the screen at home is locked. Else the user's graphical session,
 * for a service is in none. Undefined when logind knows none.
 */
export async function findSession(bus: BusConnection, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const own = await firstOf([() => ownById(bus, env), () => ownByPid(bus)]);
  const hasDisplay = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (own && (own.isGraphical || !hasDisplay)) return own.path;
  const path = await firstOf([() => displaySession(bus)]);
  return path ?? own?.path ?? (await firstOf([() => anySession(bus)]));
}

interface OwnSession {
  readonly path: string;
  readonly isGraphical: boolean;
}

async function ownById(bus: BusConnection, env: NodeJS.ProcessEnv): Promise<OwnSession | undefined> {
  const id = env.XDG_SESSION_ID;
  return id ? ownAt(bus, await managerCall(bus, 'GetSession', 's', [id])) : undefined;
}

async function ownByPid(bus: BusConnection): Promise<OwnSession | undefined> {
  return ownAt(bus, await managerCall(bus, 'GetSessionByPID', 'u', [process.pid]));
}

async function ownAt(bus: BusConnection, [path]: readonly unknown[]): Promise<OwnSession | undefined> {
  if (typeof path !== 'string') return undefined;
  const type = await bus.property(sessionAt(path), 'Type');
  return { path, isGraphical: type === 'x11' || type === 'wayland' || type === 'mir' };
}

/** The one logind takes for the user's graphical session. */
async function displaySession(bus: BusConnection): Promise<string | undefined> {
  const [user] = await managerCall(bus, 'GetUser', 'u', [process.getuid?.() ?? 0]);
  if (typeof user !== 'string') return undefined;
  const of = { to: LOGIN1, path: user, interface: 'org.freedesktop.login1.User' };
  const display = await bus.property(of, 'Display');
  // `(so)`: its id and path, empty and `/` when there is none.
  return Array.isArray(display) && typeof display[1] === 'string' && display[0] ? display[1] : undefined;
}

/** Any session of this user, one at a seat rather than one over the network. */
async function anySession(bus: BusConnection): Promise<string | undefined> {
  const [sessions] = await managerCall(bus, 'ListSessions');
  if (!Array.isArray(sessions)) return undefined;
  const mine = sessions.filter((session) => Array.isArray(session) && session[1] === process.getuid?.());
  const [, , , , path] = mine.find((session) => session[3] !== '') ?? mine[0] ?? [];
  return typeof path === 'string' ? path : undefined;
}

function managerCall(bus: BusConnection, member: string, signature = '', body: readonly unknown[] = []) {
  return bus.call({ ...MANAGER, member, signature, body });
}

/** What the first of them finds; one that logind answers with an error has found nothing. */
async function firstOf<T>(ways: readonly (() => Promise<T | undefined>)[]): Promise<T | undefined> {
  for (const way of ways) {
    try {
      const found = await way();
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
    }
  }
  return undefined;
}
