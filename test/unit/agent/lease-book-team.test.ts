/** Teammates' leases among the others: they keep a target, and what depends on it, but are never told on as our own. */
import { expect, test } from 'vitest';
import { LeaseBook } from '../../../src/agent/lease-book.js';
import type { Lease } from '../../../src/core/lease.js';
import { type TargetId, targetId } from '../../../src/core/target.js';
import { FakeClock } from '../../fakes/clock.js';
import { DEFAULT_SETTINGS, registered } from '../../fakes/fake-files.js';
import { MemoryLedger } from '../../fakes/memory-ledger.js';

const DB = { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-db' } as const;
const API = { kind: 'ecs', region: 'eu-central-1', cluster: 'main', service: 'api' } as const;
const db = targetId(DB);
const api = targetId(API);
const MINUTE = 60_000;

test('a teammate keeps the target and what it depends on, and is named', async () => {
  const clock = new FakeClock();
  const entries = [registered({ target: DB, shared: true })];
  entries.push(registered({ target: API, shared: true, dependsOn: [db] }, entries));
  let team: ReadonlyMap<TargetId, readonly Lease[]> = new Map();
  const book = new LeaseBook({
    clock,
    ledger: new MemoryLedger(),
    settings: () => DEFAULT_SETTINGS,
    registered: () => entries,
    configured: () => true,
    teamLeases: () => team,
  });
  book.health('keyboard', { state: 'watching', mechanism: 'test' });
  const start = clock.now().boot;
  const { timeoutMs } = DEFAULT_SETTINGS;
  const mina = { holder: 'Mina on mina-laptop', kind: 'team', expiresAt: start + 2 * timeoutMs } as const;
  team = new Map([[api, [mina]]]);

  await clock.advance(timeoutMs + MINUTE);
  book.warn(api);
  await clock.advance(2 * MINUTE);
  const kept = book.standings(undefined);
  expect(kept.get(api)).toMatchObject({ wantedBy: 'Mina on mina-laptop', due: undefined });
  expect(kept.get(db)?.wantedBy).toMatch(/which depends on it$/);
  expect([...book.ownUntil(undefined)]).toEqual([
    [db, start + timeoutMs],
    [api, start + timeoutMs],
  ]);

  team = new Map();
  expect(book.standings(undefined).get(api)).toMatchObject({
    wantedBy: undefined,
    due: expect.stringMatching(/nothing has kept it awake/),
  });
});

test('an unknown team keeps its targets for ever, and no others', async () => {
  const clock = new FakeClock();
  const entries = [registered({ target: DB }), registered({ target: API, shared: true })];
  const unknown = {
    holder: 'the team, whose table cannot be read',
    kind: 'team',
    expiresAt: Infinity,
  } as const;
  const book = new LeaseBook({
    clock,
    ledger: new MemoryLedger(),
    settings: () => DEFAULT_SETTINGS,
    registered: () => entries,
    configured: () => true,
    teamLeases: () => new Map([[api, [unknown]]]),
  });
  book.health('keyboard', { state: 'watching', mechanism: 'test' });
  await clock.advance(DEFAULT_SETTINGS.timeoutMs + MINUTE);
  for (const id of [db, api]) book.warn(id);
  await clock.advance(2 * MINUTE);
  expect(book.standings(undefined).get(api)?.wantedBy).toBe(unknown.holder);
  expect(book.standings(undefined).get(db)?.due).toBeDefined();
});
