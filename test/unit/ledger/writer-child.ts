/** A process that writes to the ledger given to it without end, and says after each write that it has returned. */
import { openLedger } from '../../../src/ledger/sqlite-ledger.js';

const ledger = openLedger({ path: process.argv[2] ?? '' });
for (let n = 0; ; n += 1) {
  const at = { wall: n, boot: n, bootId: 'boot' };
  const entry = ledger.open({
    target: { kind: 'eks', region: 'us-east-1', cluster: 'dev', nodegroup: `group-${n}` },
    account: '111122223333',
    by: 'lease',
    reason: 'away',
    saved: { kind: 'eks', min: 1, desired: n, max: n + 1 },
    at,
  });
  console.log(`opened ${entry.id}`);
  if (n % 2 === 0) {
    ledger.change(entry.id, { phase: 'napped', left: { kind: 'eks', min: 0, desired: 0, max: n + 1 } });
    console.log(`napped ${entry.id}`);
  }
  ledger.record([{ type: 'nap', at: n, message: `entry ${entry.id}`, level: 'info' }]);
  console.log(`recorded ${entry.id}`);
}
