/** The ledger's contract, against the fake that the agent's tests stand on and against the real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openLedger } from '../../src/ledger/sqlite-ledger.js';
import { MemoryLedger } from '../fakes/memory-ledger.js';
import { ledgerContract } from './ledger.contract.js';

ledgerContract('MemoryLedger', () => {
  const ledger = new MemoryLedger();
  return { ledger, reopen: () => ledger, dispose: () => undefined };
});

ledgerContract('SQLite', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-ledger-'));
  const file = path.join(dir, 'cloudnap.db');
  const ledger = openLedger({ path: file });
  let current = ledger;
  return {
    ledger,
    reopen: () => {
      current.dispose();
      current = openLedger({ path: file });
      return current;
    },
    dispose: () => {
      current.dispose();
      rmSync(dir, { recursive: true });
    },
  };
});
