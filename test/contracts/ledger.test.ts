/** The ledger's contract, against the fake that the agent's tests stand on and against the real one. */
import { MemoryLedger } from '../fakes/memory-ledger.js';
import { ledgerContract } from './ledger.contract.js';

ledgerContract('MemoryLedger', () => {
  const ledger = new MemoryLedger();
  return { ledger, reopen: () => ledger, dispose: () => undefined };
});
