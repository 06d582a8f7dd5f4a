/** A yes or no that a service tells: asked for when the service appears, and again whenever it says it has changed. */
import type { BusConnection } from '../../system/dbus/bus.js';
import { type BusCall, BusError } from '../../system/dbus/messages.js';

export interface ServiceFlag {
  /** The service's well-known name. */
  readonly service: string;
  readonly interface: string;
  /** Returns the flag. */
  readonly ask: Pick<BusCall, 'member' | 'signature' | 'body'> & {
    /** Where it may be asked, in the order tried: implementations differ. */
    readonly paths: readonly string[];
  };
  /** Signals that tell of a change; whichever object they come from. */
  readonly changes: readonly string[];
  /** Whether the signals carry the flag as their first argument; it is asked for again when not. */
  readonly isTold?: boolean;
}

/**
 * Tells a flag, at once and whenever it changes: undefined while its service is not there or does not tell it.
 * Resolves when `fn` has been called for the first time, to what resolves when nothing is being asked.
 * @throws BusError when the bus refuses to pass on the signals
 */
export async function followFlag(
  bus: BusConnection,
  flag: ServiceFlag,
  fn: (value: boolean | undefined) => void,
): Promise<() => Promise<void>> {
  let asked = 0;
  let asking: Promise<void> = Promise.resolve();
  let told: boolean | undefined | null = null;
  const tell = (value: boolean | undefined) => {
    // An answer still to come is older than this.
    asked += 1;
    if (value === told) return;
    told = value;
    fn(value);
  };
  const ask = () => {
    asked += 1;
    const mine = asked;
    asking = askOnce(bus, flag).then((value) => {
      if (mine === asked) tell(value);
    });
  };
  for (const member of flag.changes) {
    await bus.onSignal({ from: flag.service, interface: flag.interface, member }, ([value]) => {
      if (flag.isTold && typeof value === 'boolean') tell(value);
      else ask();
    });
  }
  await bus.onOwner(flag.service, (owner) => {
    if (owner === undefined) tell(undefined);
    else ask();
  });
  await asking;
  return () => asking;
}

async function askOnce(bus: BusConnection, flag: ServiceFlag): Promise<boolean | undefined> {
  const { paths, ...call } = flag.ask;
  for (const path of paths) {
    try {
      const [value] = await bus.call({ ...call, to: flag.service, path, interface: flag.interface });
      return value === true;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
    }
  }
  return undefined;
}
