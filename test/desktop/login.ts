/** A stand-in for logind with one person's session, on a system bus of a test's own. */
import { Variant } from '@jellybrick/dbus-next';
import { type MockService, startBus, type TestBus } from './bus.js';

const MOCK = { interface: 'org.freedesktop.DBus.Mock' };
const MANAGER = 'org.freedesktop.login1.Manager';
const SESSION = 'org.freedesktop.login1.Session';

/** What logind waits for, as the stand-in says. */
export const DELAY_MAX_MS = 7_000;

interface LoginSession {
  setLockedHint(locked: boolean): Promise<void>;
  /** As `loginctl lock-session` and `unlock-session`: a request, no more. */
  request(lock: boolean): Promise<void>;
}

export interface Login {
  readonly service: MockService;
  addSession(id: string, options?: { readonly type?: string }): Promise<LoginSession>;
  /** Makes a session the one logind takes for the user's graphical one. */
  setDisplay(id: string): Promise<void>;
  prepareForSleep(begins: boolean): Promise<void>;
  /** What is held back altogether, as in `BlockInhibited`. */
  setBlocked(what: string): Promise<void>;
  /** `what` and `mode` of each inhibitor there is. */
  inhibitors(): Promise<readonly string[]>;
}

const uid = process.getuid?.() ?? 0;

/** Puts logind on a bus; the user is the one the test runs as. */
export async function startLogin(bus: TestBus): Promise<Login> {
  const path = '/org/freedesktop/login1';
  const service = await bus.mock({
    name: 'org.freedesktop.login1',
    path,
    interface: MANAGER,
    template: 'logind',
  });
  const add = (name: string, value: Variant) =>
    service.call('AddProperty', 'ssv', [MANAGER, name, value], MOCK);
  await add('InhibitDelayMaxUSec', new Variant('t', BigInt(DELAY_MAX_MS) * 1_000n));
  await add('DelayInhibited', new Variant('s', ''));
  await add('BlockInhibited', new Variant('s', 'handle-power-key'));
  // The stand-in's own adds a number to a text.
  const getUser = [MANAGER, 'GetUser', 'u', 'o', `ret = "${path}/user/%d" % args[0]`];
  await service.call('AddMethod', 'sssss', getUser, MOCK);
  const sessionPath = (id: string) => `${path}/session/${id}`;
  return {
    service,
    addSession: async (id, { type = 'x11' } = {}) => {
      await service.call('AddSession', 'ssusb', [id, 'seat0', uid, 'someone', true], MOCK);
      const at = { path: sessionPath(id), interface: SESSION };
      await service.set({ Type: new Variant('s', type) }, at);
      await service.emit('SessionNew', 'so', [id, at.path]);
      return {
        setLockedHint: async (locked) => void (await service.call('SetLockedHint', 'b', [locked], at)),
        request: async (lock) => void (await service.call(lock ? 'Lock' : 'Unlock', '', [], at)),
      };
    },
    setDisplay: async (id) => {
      const display = new Variant('(so)', [id, sessionPath(id)]);
      const at = { path: `${path}/user/${uid}`, interface: 'org.freedesktop.DBus.Properties' };
      await service.call('Set', 'ssv', ['org.freedesktop.login1.User', 'Display', display], at);
    },
    prepareForSleep: (begins) => service.emit('PrepareForSleep', 'b', [begins]),
    setBlocked: (what) => service.set({ BlockInhibited: new Variant('s', what) }),
    inhibitors: async () => {
      const [inhibitors] = await service.call('ListInhibitors', '', []);
      return (inhibitors as readonly (readonly unknown[])[]).map(([what, , , mode]) => `${what} ${mode}`);
    },
  };
}

/** A system bus with logind and the session `c1` on it, and a session bus with nothing. */
export interface LoginBuses {
  readonly system: TestBus;
  readonly session: TestBus;
  readonly login: Login;
  readonly c1: LoginSession;
  /** The environment of a program in that session. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Starts both buses; resolves when logind is there. */
export async function startLoginBuses(): Promise<LoginBuses> {
  const [system, session] = await Promise.all([startBus(), startBus()]);
  const login = await startLogin(system);
  const c1 = await login.addSession('c1');
  return {
    system,
    session,
    login,
    c1,
    env: {
      PATH: process.env.PATH,
      DBUS_SYSTEM_BUS_ADDRESS: system.address,
      DBUS_SESSION_BUS_ADDRESS: session.address,
      XDG_SESSION_ID: 'c1',
    },
    stop: async () => void (await Promise.all([system.stop(), session.stop()])),
  };
}
