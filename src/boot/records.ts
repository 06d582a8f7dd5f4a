/** What the ledger has to say, for the doors of a daemon. */
import type { RecordsDesk } from '../core/desk.js';
import { CommandError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import { monthSoFar, type Period, reckonSavings } from '../core/savings.js';
import type { TargetId } from '../core/target.js';
import { LONGEST_TIMELINE_MS, timelineOf } from '../core/timeline.js';

export interface RecordsPorts {
  readonly ledger: Pick<Ledger, 'intervals' | 'activity'>;
  readonly clock: Clock;
  /** Has what is collected of activity written, so that it is read too. */
  readonly writeActivity: () => void;
  /** A target's name in the registry. */
  readonly nameOf: (id: TargetId) => string | undefined;
}

/** The records of one ledger. */
export function recordsDesk({ ledger, clock, writeActivity, nameOf }: RecordsPorts): RecordsDesk {
  return {
    savings: async (query) => {
      const usual = monthSoFar(clock.now().wall);
      const period = { from: query.from ?? usual.from, to: query.to ?? usual.to };
      mustBegin(period, 'Without "from" it begins on the first of this month; without "to" it ends now.');
      return reckonSavings(ledger.intervals(period.from, period.to), period);
    },
    timeline: async ({ from, to }) => {
      mustBegin({ from, to }, 'Give "from" and "to" in this order.');
      if (to - from > LONGEST_TIMELINE_MS)
        throw new CommandError('BAD_REQUEST', 'The period is longer than a month', {
          hint: 'Ask for a month at a time.',
        });
      writeActivity();
      return timelineOf({
        from,
        to,
        stretches: ledger.activity(from, to),
        intervals: ledger.intervals(from, to),
        nameOf,
      });
    },
  };
}

function mustBegin({ from, to }: Period, hint: string): void {
  if (from > to) throw new CommandError('BAD_REQUEST', 'The period ends before it begins', { hint });
}
