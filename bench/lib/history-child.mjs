/** Writes the history of a person who works on weekdays into a ledger: FILE DAYS TARGETS. Run with scripts/ts.mjs. */
import { openLedger } from '../../src/ledger/sqlite-ledger.ts';
import { historyOf } from '../../test/fakes/history.ts';

const [path, days, count] = process.argv.slice(2);
const targets = Array.from(
  { length: Number(count) },
  (_, n) => `ec2:eu-central-1:i-0${(n + 1).toString(16).padStart(16, '0')}`,
);
const { stretches, marks } = historyOf({ until: Date.now(), days: Number(days), targets });
const ledger = openLedger({ path });
ledger.markActivity(stretches);
ledger.markIntervals(marks);
const until = Number.MAX_SAFE_INTEGER;
console.log(JSON.stringify({ stretches: stretches.length, intervals: ledger.intervals(0, until).length }));
ledger.dispose();
