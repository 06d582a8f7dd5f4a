/** What only the ledger on disk can do wrong: damage, versions, modes, odd text, growth, a file taken away. */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerError } from '../../../src/core/errors.js';
import type { EntryDraft, Ledger } from '../../../src/core/ledger.js';
import { migrate, SCHEMA_VERSION } from '../../../src/ledger/schema.js';
import { type OpenLedger, openLedger } from '../../../src/ledger/sqlite-ledger.js';
import { unreadableLedger } from '../../../src/ledger/unreadable-ledger.js';

const DRAFT: EntryDraft = {
  target: { kind: 'ecs', region: 'us-east-1', cluster: 'dev', service: 'web' },
  account: '111122223333',
  by: 'lease',
  reason: 'away',
  saved: { kind: 'ecs', desired: 3, scalable: null },
  at: { wall: 1, boot: 2, bootId: 'boot' },
};

let dir: string;
let file: string;
const ledgers: OpenLedger[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-sqlite-'));
  file = path.join(dir, 'cloudnap.db');
});
afterEach(() => {
  for (const ledger of ledgers.splice(0)) ledger.dispose();
  rmSync(dir, { recursive: true });
});

function open(keepEvents?: number): OpenLedger {
  const ledger = openLedger({ path: file, ...(keepEvents === undefined ? {} : { keepEvents }) });
  ledgers.push(ledger);
  return ledger;
}

/** A ledger with one open entry, let go. */
function written(): Buffer {
  const ledger = openLedger({ path: file });
  ledger.open(DRAFT);
  ledger.dispose();
  return readFileSync(file);
}

/** Changes the file behind the ledger's back. */
function sql(text: string): void {
  const db = new Database(file);
  db.exec(text);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

function openingFails(): string {
  try {
    open();
  } catch (error) {
    expect(error).toBeInstanceOf(LedgerError);
    return (error as LedgerError).message;
  }
  throw new Error('it opened');
}

describe('a file that must not be used is refused and left as it is', () => {
  it('of a newer version', () => {
    written();
    sql(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    const before = readFileSync(file);
    const message = openingFails();
    expect(message).toContain(`version ${SCHEMA_VERSION + 1}, written by a newer Cloudnap`);
    expect(message).toContain('not touched');
    expect(readFileSync(file)).toEqual(before);
  });

  it.each([
    [
      'no database',
      () => writeFileSync(file, 'something else entirely, '.repeat(500)),
      /cannot be opened: file is not a database/,
    ],
    ['empty', () => truncateSync(file, 0), /is empty/],
    ['cut short', () => truncateSync(file, 8_192), /damaged|malformed|corrupt/],
  ])('%s', (_what, damage, message) => {
    written();
    damage();
    const before = readFileSync(file);
    const text = openingFails();
    expect(text).toMatch(message);
    expect(text).toMatch(/put back a copy of it, or move it away/);
    expect(readFileSync(file)).toEqual(before);
  });

  it('with pages that were scribbled over', () => {
    const whole = written();
    whole.fill(0xa5, 4_096, 3 * 4_096);
    writeFileSync(file, whole);
    expect(openingFails()).toMatch(/damaged|malformed/);
    expect(readFileSync(file)).toEqual(whole);
  });

  it("somebody else's database", () => {
    sql('CREATE TABLE theirs (x)');
    const before = readFileSync(file);
    expect(openingFails()).toMatch(/not Cloudnap's/);
    expect(readFileSync(file)).toEqual(before);
  });

  it('a folder in its place, or none to put it in', () => {
    file = dir;
    expect(openingFails()).toMatch(/cannot be opened/);
    file = path.join(dir, 'missing', 'cloudnap.db');
    expect(openingFails()).toMatch(/cannot be opened: ENOENT/);
  });
});

describe('a damaged row is an error that names it, never left out', () => {
  it.each([
    [
      'entries',
      "UPDATE entries SET saved = '{'",
      (l: Ledger) => l.openEntries(),
      /entry 1 \(ecs:us-east-1:dev:web\).*saved: is not JSON/,
    ],
    [
      'entries',
      `UPDATE entries SET saved = '{"kind":"ecs"}'`,
      (l: Ledger) => l.openEntries(),
      /entry 1 .*saved\.desired/,
    ],
    [
      'entries',
      `UPDATE entries SET saved = '{"kind":"eks","min":0,"desired":1,"max":1}'`,
      (l: Ledger) => l.openEntries(),
      /entry 1 .*another kind/,
    ],
    ['entries', "UPDATE entries SET phase = 'odd'", (l: Ledger) => l.openEntries(), /entry 1 .*phase/],
    [
      'entries',
      "UPDATE entries SET target_id = 'odd'",
      (l: Ledger) => l.openEntries(),
      /entry 1 \(odd\).*not a target name/,
    ],
    ['holds', "UPDATE holds SET target_id = 'odd'", (l: Ledger) => l.holds(), /hold 1 .*target_id/],
    [
      'sightings',
      'UPDATE sightings SET up = 7',
      (l: Ledger) => l.sightings(),
      /sighting of ecs:us-east-1:dev:web .*up/,
    ],
    [
      'intervals',
      "UPDATE intervals SET state = 'odd'",
      (l: Ledger) => l.intervals(0, 10),
      /interval 1 .*state/,
    ],
    [
      'activity',
      "UPDATE activity SET what = 'password'",
      (l: Ledger) => l.activity(0, 10),
      /stretch of password .*what/,
    ],
    ['events', "UPDATE events SET type = 'odd'", (l: Ledger) => l.history({ limit: 1 }), /event 1 .*type/],
  ])('in %s: %s', (_table, damage, read, message) => {
    const ledger = openLedger({ path: file });
    ledger.open(DRAFT);
    const target = { targetId: 'ecs:us-east-1:dev:web', account: 'a' } as const;
    ledger.addHold({ ...target, createdAt: DRAFT.at, durationMs: 1, askedBy: 'cli' });
    ledger.see([{ ...target, fields: DRAFT.saved, up: true, guarded: false, size: 1 }]);
    ledger.markIntervals([{ ...target, state: 'running', size: 1, instanceType: undefined, at: 1 }]);
    ledger.markActivity([{ what: 'mouse', from: 1, until: 2 }]);
    ledger.record([{ type: 'nap', at: 1, message: 'm', level: 'info' }]);
    expect(() => read(ledger)).not.toThrow();
    ledger.dispose();
    sql(damage);
    const damaged = open();
    expect(() => read(damaged)).toThrow(message);
    expect(() => read(damaged)).toThrow(LedgerError);
  });
});

describe('an older version', () => {
  it('is brought up step by step, and a step that fails undoes all', () => {
    const db = new Database(file);
    const steps = ['CREATE TABLE a (x)', 'CREATE TABLE b (x)'];
    migrate(db, 0, steps.slice(0, 1));
    db.exec('INSERT INTO a VALUES (1)');
    expect(() => migrate(db, 1, [...steps, 'no sql'])).toThrow();
    expect(db.prepare('PRAGMA user_version').all()).toEqual([{ user_version: 1 }]);
    expect(db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([{ name: 'a' }]);
    migrate(db, 1, steps);
    expect(db.prepare('PRAGMA user_version').all()).toEqual([{ user_version: 2 }]);
    expect(db.prepare('SELECT * FROM a, (SELECT count(*) AS n FROM b)').all()).toEqual([{ x: 1, n: 0 }]);
    db.close();
  });
});

describe('the files', () => {
  const modes = () => new Set(readdirSync(dir).map((name) => statSync(path.join(dir, name)).mode & 0o777));

  it('are readable by their owner alone, side files too, whatever the umask', () => {
    const before = process.umask(0);
    try {
      open().open(DRAFT);
      expect(readdirSync(dir).sort()).toEqual(['cloudnap.db', 'cloudnap.db-shm', 'cloudnap.db-wal']);
      expect(modes()).toEqual(new Set([0o600]));
    } finally {
      process.umask(before);
    }
  });

  it('are closed to others when they were open to them', () => {
    written();
    for (const name of readdirSync(dir)) chmodSync(path.join(dir, name), 0o644);
    open().open({ ...DRAFT, target: { ...DRAFT.target, service: 'api' } as EntryDraft['target'] });
    expect(modes()).toEqual(new Set([0o600]));
  });

  it('are whole in one when the ledger was let go', () => {
    written();
    rmSync(`${file}-wal`, { force: true });
    rmSync(`${file}-shm`, { force: true });
    expect(open().openEntries()).toHaveLength(1);
  });

  it('that a crash left half made are made anew, without what an older one left beside them', () => {
    writeFileSync(`${file}.new`, 'half');
    writeFileSync(`${file}-wal`, 'of another ledger');
    expect(open().openEntries()).toEqual([]);
    expect(readdirSync(dir)).not.toContain('cloudnap.db.new');
  });

  it('stop all writing when they are taken away or replaced under it', () => {
    const ledger = open();
    ledger.open(DRAFT);
    renameSync(file, path.join(dir, 'elsewhere'));
    expect(() => ledger.pinAccount('1')).toThrow(/removed or replaced/);
    writeFileSync(file, 'another');
    expect(() => ledger.pinAccount('1')).toThrow(LedgerError);
  });
});

it('fails with LedgerError while another program holds the file, and then goes on', () => {
  const ledger = open();
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  expect(() => ledger.open(DRAFT)).toThrow(/Another program is using it/);
  expect(ledger.openEntries()).toEqual([]);
  other.exec('ROLLBACK');
  other.close();
  expect(ledger.open(DRAFT).phase).toBe('napping');
});

it('does nothing of a call of which a part fails', () => {
  const ledger = open();
  const seen = {
    targetId: 'ecs:us-east-1:dev:web',
    account: 'a',
    fields: DRAFT.saved,
    up: true,
    guarded: false,
  } as const;
  const wrong = {
    ...seen,
    targetId: 'ecs:us-east-1:dev:api',
    size: Number.NaN,
    account: null as unknown as string,
  } as const;
  expect(() => ledger.see([{ ...seen, size: 1 }, wrong])).toThrow(LedgerError);
  expect(ledger.sightings()).toEqual([]);
});

it('keeps what follows a NUL in a text', () => {
  const ledger = open();
  ledger.record([{ type: 'nap', at: 1, message: 'a\0b', level: 'info' }]);
  expect(ledger.history({ limit: 1 })[0]?.message).toBe('a\u{fffd}b');
});

it('bounds the history, dropping the oldest', () => {
  const ledger = open(100);
  for (let n = 0; n < 30; n += 1) {
    ledger.record(
      Array.from(
        { length: 50 },
        (_, m) => ({ type: 'nap', at: n * 50 + m, message: '', level: 'info' }) as const,
      ),
    );
  }
  ledger.dispose();
  const again = open(100);
  again.record([{ type: 'nap', at: 1_500, message: '', level: 'info' }]);
  const kept = again.history({ limit: 10_000 }).map((event) => event.at);
  expect(kept).toEqual(Array.from({ length: 100 }, (_, n) => 1_500 - n));
});

it('bounds the activity history, dropping what ended over ninety days before the newest', () => {
  const day = 24 * 3_600_000;
  const stretch = (days: number) => ({ what: 'mouse', from: days * day - 1, until: days * day }) as const;
  const ledger = open();
  ledger.markActivity([stretch(1), stretch(9), { what: 'present', from: day, until: 12 * day }]);
  ledger.markActivity([stretch(100)]);
  ledger.dispose();
  const again = open();
  again.markActivity([stretch(101)]);
  expect(again.activity(0, 1_000 * day)).toEqual([
    { what: 'present', from: day, until: 12 * day },
    stretch(100),
    stretch(101),
  ]);
});

it('throws LedgerError once it was let go', () => {
  const ledger = openLedger({ path: file });
  ledger.dispose();
  ledger.dispose();
  expect(() => ledger.openEntries()).toThrow(LedgerError);
  expect(() => ledger.open(DRAFT)).toThrow(LedgerError);
});

it('one that could not be opened reads as empty and writes nothing', () => {
  const error = new LedgerError('damaged');
  const ledger = unreadableLedger(error);
  expect([
    ledger.openEntries(),
    ledger.holds(),
    ledger.sightings(),
    ledger.intervals(0, 1),
    ledger.activity(0, 1),
    ledger.history({ limit: 1 }),
  ]).toEqual([[], [], [], [], [], []]);
  expect(ledger.pinnedAccount()).toBeUndefined();
  for (const write of [
    () => ledger.open(DRAFT),
    () => ledger.change(1, {}),
    () => ledger.close(1, 'restored', '', DRAFT.at),
    () =>
      ledger.addHold({
        targetId: undefined,
        account: undefined,
        createdAt: DRAFT.at,
        durationMs: 1,
        askedBy: 'cli',
      }),
    () => ledger.removeHolds([1]),
    () => ledger.see([]),
    () => ledger.markIntervals([]),
    () => ledger.markActivity([]),
    () => ledger.record([]),
    () => ledger.pinAccount('1'),
  ]) {
    expect(write).toThrow(error);
  }
});
