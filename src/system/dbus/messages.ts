/** What is said over a bus, in its terms: calls, signals, objects and errors. */
import type { Outgoing } from './transport.js';

/** An interface of an object of a service. */
export interface BusObject {
  /** The service's name: well-known, or unique (`:1.7`). */
  readonly to: string;
  readonly path: string;
  readonly interface: string;
}

/** A call. Values of the type `v` are given as TypedValue. */
export interface BusCall extends Outgoing {
  /** Five seconds when left out. */
  readonly withinMs?: number;
}

/** Which signals are meant. */
export interface SignalMatch {
  /** Whose they are: a well-known name is followed to whoever owns it. */
  readonly from: string;
  /** Any object's when left out. */
  readonly path?: string;
  readonly interface: string;
  readonly member: string;
  /** The first argument; any when left out. */
  readonly arg0?: string;
}

export type OnSignal = (args: readonly unknown[], path: string) => void;

/** An object of ours. */
export interface ServedObject {
  readonly path: string;
  readonly interface: string;
  /** The one service that may call it. */
  readonly for: string;
}

/** What can be called on an object of ours: a method's name, and what is done with its arguments. */
export type Methods = Readonly<Record<string, (args: readonly unknown[]) => void>>;

/** The answer to a call was an error, or there was none in time. */
export class BusError extends Error {
  /** As in the specification: `org.freedesktop.DBus.Error.ServiceUnknown`. */
  readonly errorName: string;
  constructor(errorName: string, message: string) {
    super(message);
    this.name = 'BusError';
    this.errorName = errorName;
  }
}

export const DAEMON: BusObject = {
  to: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

export const OWNER_CHANGES: SignalMatch = {
  from: DAEMON.to,
  path: DAEMON.path,
  interface: DAEMON.interface,
  member: 'NameOwnerChanged',
};

export const PROPERTIES = 'org.freedesktop.DBus.Properties';

export const DISCONNECTED = 'org.freedesktop.DBus.Error.Disconnected';
export const FAILED = 'org.freedesktop.DBus.Error.Failed';
export const NO_REPLY = 'org.freedesktop.DBus.Error.NoReply';

/** The rule by which the daemon passes such signals on. */
export function ruleOf({ from, path, interface: iface, member, arg0 }: SignalMatch): string {
  const at = path === undefined ? '' : `,path='${path}'`;
  const about = arg0 === undefined ? '' : `,arg0='${arg0}'`;
  return `type='signal',sender='${from}',interface='${iface}',member='${member}'${at}${about}`;
}

/** The call that reads a property. */
export function getProperty(of: BusObject, name: string): BusCall {
  return {
    to: of.to,
    path: of.path,
    interface: PROPERTIES,
    member: 'Get',
    signature: 'ss',
    body: [of.interface, name],
  };
}
