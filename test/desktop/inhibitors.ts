/** Stand-ins for the services that know of idle inhibitors, each with hands that take and drop one. */
import type { MockMethod, MockOptions, MockService, TestBus } from './bus.js';
import type { Login } from './login.js';

/** A service that knows what is inhibited. */
export interface Inhibitor {
  /** Begins and ends keeping the screen from going idle. */
  idle(begins: boolean): Promise<void>;
  /** Begins and ends what keeps something else from happening: sleep, or the session's end. */
  other(begins: boolean): Promise<void>;
}

type Hands = (service: MockService) => Inhibitor;

/** A stand-in that answers by the flags it has been given, as the real ones add up their inhibitors. */
function flags(ask: MockMethod): readonly MockMethod[] {
  return [ask, ['SetFlags', 'u', '', 'self.flags = args[0]']];
}

const SERVICES: Readonly<Record<string, { readonly options: MockOptions; readonly hands: Hands }>> = {
  gnome: {
    options: {
      name: 'org.gnome.SessionManager',
      path: '/org/gnome/SessionManager',
      interface: 'org.gnome.SessionManager',
      methods: flags(['IsInhibited', 'u', 'b', 'ret = bool(getattr(self, "flags", 0) & args[0])']),
    },
    hands: (service) => {
      const set = async (bits: number, begins: boolean) => {
        await service.call('SetFlags', 'u', [begins ? bits : 0]);
        const path = '/org/gnome/SessionManager/Inhibitor1';
        await service.emit(begins ? 'InhibitorAdded' : 'InhibitorRemoved', 'o', [path]);
      };
      // Logging out, switching users and suspending: 1, 2 and 4.
      return { idle: (begins) => set(8, begins), other: (begins) => set(7, begins) };
    },
  },
  kde: {
    options: {
      name: 'org.kde.Solid.PowerManagement.PolicyAgent',
      path: '/org/kde/Solid/PowerManagement/PolicyAgent',
      interface: 'org.kde.Solid.PowerManagement.PolicyAgent',
      methods: flags(['HasInhibition', 'u', 'b', 'ret = bool(getattr(self, "flags", 0) & args[0])']),
    },
    hands: (service) => {
      const set = async (bits: number, begins: boolean) => {
        await service.call('SetFlags', 'u', [begins ? bits : 0]);
        await service.emit('InhibitionsChanged', 'a(ss)as', [
          begins ? [['player', 'a film']] : [],
          begins ? [] : ['player'],
        ]);
      };
      // Interrupting the session, which is sleep, is 1.
      return { idle: (begins) => set(4, begins), other: (begins) => set(1, begins) };
    },
  },
  freedesktop: {
    options: {
      name: 'org.freedesktop.PowerManagement',
      path: '/org/freedesktop/PowerManagement/Inhibit',
      interface: 'org.freedesktop.PowerManagement.Inhibit',
      methods: flags(['HasInhibit', '', 'b', 'ret = bool(getattr(self, "flags", 0))']),
    },
    hands: (service) => ({
      idle: async (begins) => {
        await service.call('SetFlags', 'u', [begins ? 1 : 0]);
        await service.emit('HasInhibitChanged', 'b', [begins]);
      },
      // It knows but one kind.
      other: async () => {},
    }),
  },
};

/** The session services there are stand-ins for. */
export const INHIBITOR_SERVICES = ['gnome', 'kde', 'freedesktop'] as const;

/** Puts one on a session bus. */
export async function startInhibitor(
  bus: TestBus,
  which: (typeof INHIBITOR_SERVICES)[number],
): Promise<Inhibitor & Pick<MockService, 'stop'>> {
  const service = SERVICES[which]!;
  const mock = await bus.mock(service.options);
  return { ...service.hands(mock), stop: mock.stop };
}

/** logind's own. */
export function loginInhibitor(login: Login): Inhibitor {
  const keys = 'handle-power-key:handle-lid-switch';
  return {
    idle: (begins) => login.setBlocked(begins ? `${keys}:idle` : keys),
    other: (begins) => login.setBlocked(begins ? `${keys}:sleep:shutdown` : keys),
  };
}
