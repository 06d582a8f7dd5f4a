/** What stands in for a ledger that could not be opened, so that the daemon goes on: it senses, shows and tells. */
import type { LedgerError } from '../core/errors.js';
import type { Ledger } from '../core/ledger.js';

/**
 * A ledger without a file: it reads as empty, and every write throws the error that kept the real one shut. As
 * no snapshot can be written, nothing naps; as nothing owed can be read, nothing is restored until it can.
 * It lasts for the life of the process: the file is opened again at the next start.
 */
export function unreadableLedger(error: LedgerError): Ledger {
  const refuse = (): never => {
    throw error;
  };
  return {
    openEntries: () => [],
    open: refuse,
    change: refuse,
    close: refuse,
    holds: () => [],
    addHold: refuse,
    anchorHold: refuse,
    removeHolds: refuse,
    sightings: () => [],
    see: refuse,
    markIntervals: refuse,
    intervals: () => [],
    markActivity: refuse,
    activity: () => [],
    record: refuse,
    history: () => [],
    switches: () => [],
    keepSwitch: refuse,
    dropSwitch: refuse,
    installation: refuse,
    pinnedAccount: () => undefined,
    pinAccount: refuse,
  };
}
