/**
 * Who on this machine knows whether something keeps the screen from going idle: a film, a call, a presentation. Each
 * tells one yes or no. What only holds back sleep (a download, our own hold) or the power keys is not asked for.
 */
import type { BusKind } from '../../system/dbus/address.js';
import type { BusConnection } from '../../system/dbus/bus.js';
import { followFlag, type ServiceFlag } from '../dbus/flag.js';
import { MANAGER } from '../dbus/logind.js';

/** Tells whether it inhibits now; undefined while its service is not there or does not tell. */
type Tell = (inhibits: boolean | undefined) => void;

export interface InhibitorSource {
  /** For people. */
  readonly name: string;
  readonly bus: BusKind;
  /**
   * Resolves when `tell` has been called for the first time, to what resolves when nothing is being asked. Rejects
   * when the bus refuses.
   */
  follow(bus: BusConnection, tell: Tell): Promise<() => Promise<void>>;
  /** Coarser than those named, and so without a word where one of them has one. */
  readonly unless?: readonly string[];
}

/** What GNOME's session manager calls "inhibit the session being marked as idle". */
const GNOME_IDLE = 8;

/** What Plasma's policy agent calls `ChangeScreenSettings`: the screen must stay as it is. */
const KDE_SCREEN = 4;

const KDE_AGENT = 'org.kde.Solid.PowerManagement.PolicyAgent';

const GNOME: ServiceFlag = {
  service: 'org.gnome.SessionManager',
  interface: 'org.gnome.SessionManager',
  ask: { member: 'IsInhibited', signature: 'u', body: [GNOME_IDLE], paths: ['/org/gnome/SessionManager'] },
  changes: ['InhibitorAdded', 'InhibitorRemoved'],
};

const KDE: ServiceFlag = {
  service: KDE_AGENT,
  interface: KDE_AGENT,
  ask: {
    member: 'HasInhibition',
    signature: 'u',
    body: [KDE_SCREEN],
    paths: ['/org/kde/Solid/PowerManagement/PolicyAgent'],
  },
  changes: ['InhibitionsChanged'],
};

const FREEDESKTOP: ServiceFlag = {
  service: 'org.freedesktop.PowerManagement',
  interface: 'org.freedesktop.PowerManagement.Inhibit',
  ask: { member: 'HasInhibit', paths: ['/org/freedesktop/PowerManagement/Inhibit'] },
  changes: ['HasInhibitChanged'],
  isTold: true,
};

function flagged(flag: ServiceFlag): InhibitorSource {
  return { name: flag.service, bus: 'session', follow: (bus, tell) => followFlag(bus, flag, tell) };
}

/**
 * logind's `BlockInhibited` names what is held back altogether, by whomever on this machine: `sleep:idle`. Delays,
 * as ours is, are another property's.
 */
const LOGIND: InhibitorSource = {
  name: 'logind',
  bus: 'system',
  follow: async (bus, tell) => {
    await bus.onProperty(MANAGER, 'BlockInhibited', (what) => {
      tell(typeof what === 'string' ? what.split(':').includes('idle') : undefined);
    });
    return async () => {};
  },
};

/**
 * MATE and Cinnamon have GNOME's session manager, Xfce has the freedesktop interface alone. Plasma has that one too,
 * but for what holds back sleep: its own agent is asked instead.
 */
export const INHIBITOR_SOURCES: readonly InhibitorSource[] = [
  LOGIND,
  flagged(GNOME),
  flagged(KDE),
  { ...flagged(FREEDESKTOP), unless: [KDE_AGENT] },
];
