/** What the ledger has to say, for the doors of a daemon. */
import type { RecordsDesk } from '../core/desk.js';
import { CommandError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import { monthSoFar, reckonSavings } from '../core/savings.js';

export interface RecordsPorts {
  readonly ledger: Pick<Ledger, 'intervals'>;
  readonly clock: Clock;
}

/** The records of one ledger. */
export function recordsDesk({ ledger, clock }: RecordsPorts): RecordsDesk {
  return {
    savings: async (query) => {
      const usual = monthSoFar(clock.now().wall);
      const period = { from: query.from ?? usual.from, to: query.to ?? usual.to };
      if (period.from > period.to)
        throw new CommandError('BAD_REQUEST', 'The period ends before it begins', {
          hint: 'Without "from" it begins on the first of this month; without "to" it ends now.',
        });
      return reckonSavings(ledger.intervals(period.from, period.to), period);
    },
  };
}
