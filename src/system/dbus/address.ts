/** Where the D-Bus daemons of this machine listen, and whether one does: found out before the library is loaded. */
import { createConnection, type NetConnectOpts } from 'node:net';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';

/** `session`: one for each person's desktop. `system`: one for the machine, where logind is. */
export type BusKind = 'session' | 'system';

/** A local socket takes a connection at once or not at all. */
const CONNECT_WITHIN_MS = 2_000;

const SYSTEM_ADDRESS = 'unix:path=/run/dbus/system_bus_socket';

const CURES: Readonly<Record<BusKind, string>> = {
  session:
    'start Cloudnap from within the desktop session, or set DBUS_SESSION_BUS_ADDRESS to its message bus',
  system: 'start the D-Bus system daemon (Debian: dbus, with systemd), or set DBUS_SYSTEM_BUS_ADDRESS',
};

/** What can be done where a bus is missing. */
export function cureFor(bus: BusKind): string {
  return CURES[bus];
}

/**
 * The address of a bus that takes connections, in the form of the D-Bus specification.
 * @throws Unavailable when none is named or none answers there.
 */
export async function findBus(bus: BusKind, env: NodeJS.ProcessEnv, clock: Clock): Promise<string> {
  const named = bus === 'system' ? env.DBUS_SYSTEM_BUS_ADDRESS || SYSTEM_ADDRESS : sessionAddress(env);
  if (!named) {
    throw new Unavailable(
      'there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set',
      CURES.session,
    );
  }
  let why: unknown = new Error('this kind of address is not supported');
  // Several may be named, separated by semicolons; the first that works is used.
  for (const address of named.split(';')) {
    const socket = socketOf(address);
    if (!socket) continue;
    try {
      await knock(socket, clock);
      return address;
    } catch (error) {
      why = error;
    }
  }
  const reason = why instanceof Error ? why.message : String(why);
  throw new Unavailable(`no ${bus} bus at ${named}: ${reason}`, CURES[bus], why);
}

function sessionAddress(env: NodeJS.ProcessEnv): string | undefined {
  if (env.DBUS_SESSION_BUS_ADDRESS) return env.DBUS_SESSION_BUS_ADDRESS;
  return env.XDG_RUNTIME_DIR ? `unix:path=${env.XDG_RUNTIME_DIR}/bus` : undefined;
}

function socketOf(address: string): NetConnectOpts | undefined {
  const [transport, list = ''] = address.split(':', 2);
  const params = new Map(
    list.split(',').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]),
  );
  const path = params.get('path') ?? params.get('socket');
  const abstract = params.get('abstract');
  const port = Number(params.get('port'));
  if (transport === 'unix' && path) return { path };
  if (transport === 'unix' && abstract) return { path: `\0${abstract}` };
  if (transport === 'tcp' && port > 0) return { host: params.get('host') ?? 'localhost', port };
  return undefined;
}

/** Connects and hangs up again. */
function knock(socket: NetConnectOpts, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    const settle = () => {
      cancel();
      connection.destroy();
    };
    const cancel = clock.after(CONNECT_WITHIN_MS, () => {
      settle();
      reject(new Error('it does not answer'));
    });
    connection.once('connect', () => {
      settle();
      resolve();
    });
    connection.on('error', (error) => {
      settle();
      reject(error);
    });
  });
}
