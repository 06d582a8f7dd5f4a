/** What a write returned from is in the ledger after kill -9, and nothing of it is half there. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openLedger } from '../../../src/ledger/sqlite-ledger.js';
import { compile } from '../system/child.js';

const script = compile('test/unit/ledger/writer-child.ts');
afterAll(() => script.remove());

// Different moments of death, by how much it was let write first.
it.each([1, 2, 7, 40, 161])('after %i writes', async (writes) => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-crash-'));
  const file = path.join(dir, 'cloudnap.db');
  const child = script.start(file);
  const said: string[] = [];
  while (said.length < writes) said.push((await child.line()) ?? 'ended');
  await child.kill();
  for (let line = await child.line(); line !== undefined; line = await child.line()) said.push(line);

  const ledger = openLedger({ path: file });
  const entries = new Map(ledger.openEntries().map((entry) => [entry.id, entry]));
  const told = new Set(ledger.history({ limit: 100_000 }).map((event) => event.message));
  for (const line of said) {
    const [what, text] = line.split(' ');
    const id = Number(text);
    const entry = entries.get(id);
    expect(entry?.saved).toEqual({ kind: 'eks', min: 1, desired: id - 1, max: id });
    if (what === 'napped') expect(entry).toMatchObject({ phase: 'napped', left: { desired: 0, max: id } });
    if (what === 'recorded') expect(told).toContain(`entry ${id}`);
  }
  // One more may have been written before it could say so.
  expect(entries.size - said.filter((line) => line.startsWith('opened')).length).toBeLessThanOrEqual(1);
  ledger.dispose();
  rmSync(dir, { recursive: true });
});
