/**
 * The terminals of one user as the system has them: which there are, and when a program last read from each. The
 * calls are synchronous: devices answer from memory, within microseconds.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isGraphical, isRemote, type Login, parseUtmp, utmpRecordSize } from './logins.js';

/** Where things are; tests have a machine of their own. */
export interface Places {
  /** The folder of devices, with `pts` in it. */
  readonly dev: string;
  /** The system's record of who is logged in. */
  readonly utmp: string;
  /** Where the user's Wayland compositor has its socket. */
  readonly runtime: string;
  readonly uid: number;
  readonly user: string;
}

/** One terminal at one look. */
export interface Tty {
  readonly name: string;
  /** When it was last read from, by the wall clock; whole seconds, and no more than one in eight. */
  readonly readAt: bigint;
  /** When its owner or mode last changed, which is not before it was made. */
  readonly changedAt: bigint;
}

const CONSOLE = /^tty[0-9]+$/;
const PSEUDO = /^[0-9]+$/;
/** What a login record may name: nothing that leads out of the folder. */
const LINE = /^(pts\/[0-9]+|tty[0-9A-Za-z]+)$/;

/** All of this user's terminals. Throws when there is no folder of pseudo-terminals. */
export function allTtys(places: Places): readonly Tty[] {
  const pseudo = readdirSync(join(places.dev, 'pts')).filter((name) => PSEUDO.test(name));
  const consoles = readdirSync(places.dev).filter((name) => CONSOLE.test(name));
  return ownTtys(places, [...pseudo.map((name) => `pts/${name}`), ...consoles]);
}

/** Those in which this user is logged in from another machine. Throws when there is no record of logins. */
export function remoteTtys(places: Places): readonly Tty[] {
  const lines = logins(places)
    .filter(isRemote)
    .map(({ line }) => line);
  return ownTtys(places, [...new Set(lines.filter((line) => LINE.test(line)))]);
}

/** How this user is known to have a graphical session; undefined when there is no sign of one. */
export function graphicalSession(places: Places): string | undefined {
  const socket = ifThere(() => readdirSync(places.runtime))?.find((name) => /^wayland-[0-9]+$/.test(name));
  if (socket !== undefined) return join(places.runtime, socket);
  const login = ifThere(() => logins(places))?.find((one) => one.user === places.user && isGraphical(one));
  return login && `a login at display ${login.line.includes(':') ? login.line : login.host}`;
}

function logins({ utmp }: Places): readonly Login[] {
  return parseUtmp(readFileSync(utmp), utmpRecordSize(process.arch));
}

function ownTtys({ dev, uid }: Places, names: readonly string[]): readonly Tty[] {
  return names.flatMap((name) => {
    const stat = ifThere(() => statSync(join(dev, name), { bigint: true }));
    if (stat?.uid !== BigInt(uid)) return [];
    return [{ name, readAt: stat.atimeNs, changedAt: stat.ctimeNs }];
  });
}

/** A terminal may be closed between two calls, and not every machine has everything. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
