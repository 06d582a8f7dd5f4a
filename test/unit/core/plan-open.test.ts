/** The decision about a target with an open entry: napping, napped, restoring; a row for every answer. */
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/ledger.js';
import {
  type Comparison,
  DEPENDENCY_PATIENCE_MS,
  type Facts,
  plan,
  type Step,
  UNAPPLIED_AFTER_MS,
} from '../../../src/core/plan.js';
import { COMPARED, entry, facts, observed } from './plan-facts.js';

const { untouched, half, napped, resized } = COMPARED;
const DUE = { due: 'nobody was there' };
const CALLED = { calledBy: 'somebody is back' };
const THEIRS = 'somebody changed it meanwhile: what they changed is theirs';
const none = (why: string): Step => ({ do: 'none', why });
const wait = (why: string): Step => ({ do: 'wait', why });
const tell = (why: string): Step => ({ do: 'wait', why, tell: true });
const NAP: Step = { do: 'nap', why: 'nobody was there' };

type Row = readonly [
  what: string,
  open: Partial<Entry>,
  seen: Comparison | undefined,
  change: Partial<Facts>,
  step: Step,
];

function decide(phase: Entry['phase'], [, open, comparison, change]: Row): Step {
  return plan(facts({ entry: entry(phase, open), comparison, ...change }));
}

describe.each(['napping', 'napped', 'restoring'] as const)('whatever its phase: %s', (phase) => {
  const rows: readonly Row[] = [
    [
      'another account’s, even where it is missing here',
      { account: 'B', ...CALLED },
      undefined,
      { observed: observed('gone'), dryRun: true },
      none('its open entry belongs to account B'),
    ],
    [
      'deleted, though dry_run is on',
      CALLED,
      undefined,
      { observed: observed('gone'), dryRun: true },
      { do: 'close', outcome: 'deleted', why: 'it no longer exists in AWS' },
    ],
    [
      'without fields to compare',
      {},
      undefined,
      {},
      { do: 'close', outcome: 'deleted', why: 'it no longer exists in AWS' },
    ],
    ['dry_run', CALLED, half, { dryRun: true }, none('dry_run is on: what is owed stays open')],
  ];
  it.each(rows)('%s', (...row) => {
    expect(decide(phase, row)).toEqual(row[4]);
  });
});

describe('napping', () => {
  const rows: readonly Row[] = [
    [
      'applied and off',
      {},
      napped,
      { observed: observed('off') },
      { do: 'confirm', why: 'nobody was there' },
    ],
    ['applied and still stopping', {}, napped, { observed: observed('stopping') }, wait('it is stopping')],
    ['untouched, and due again', {}, untouched, { ...DUE, unseenNapMs: 0 }, NAP],
    [
      'untouched and due, but updating',
      {},
      untouched,
      { ...DUE, observed: observed('on', { napWaits: 'An update is in progress' }) },
      wait('An update is in progress'),
    ],
    [
      'untouched and due while a deployment goes on: the nap was decided before',
      {},
      untouched,
      { ...DUE, observed: observed('on', { kind: 'ecs', napWaits: 'A deployment is in progress' }) },
      NAP,
    ],
    [
      'untouched and not due, just after the call',
      {},
      untouched,
      { unseenNapMs: 0 },
      wait('the nap has not taken effect'),
    ],
    [
      'untouched and not due, to the last millisecond',
      {},
      untouched,
      { unseenNapMs: UNAPPLIED_AFTER_MS - 1 },
      wait('the nap has not taken effect'),
    ],
    [
      'untouched and not due, long enough after',
      {},
      untouched,
      { unseenNapMs: UNAPPLIED_AFTER_MS },
      { do: 'close', outcome: 'unneeded', why: 'the nap never took effect' },
    ],
    [
      'untouched, a person’s stop: it is not tried again by itself',
      { by: 'person' },
      untouched,
      { ...DUE, unseenNapMs: 0 },
      wait('the nap has not taken effect'),
    ],
    [
      'untouched and due, but not registered any more',
      {},
      untouched,
      { ...DUE, registered: undefined },
      { do: 'close', outcome: 'unneeded', why: 'the nap never took effect' },
    ],
    [
      'untouched and due, but another account is pinned by now',
      {},
      untouched,
      { ...DUE, pinned: 'B', unseenNapMs: 0 },
      wait('the nap has not taken effect'),
    ],
    ['half done, due or not', {}, half, {}, NAP],
    ['half done, asked for and presence unknown', {}, half, { ...DUE, presenceUnknown: true }, NAP],
    [
      'half done, a person’s, whatever the registry says',
      { by: 'person' },
      half,
      { registered: undefined },
      NAP,
    ],
    [
      'half done, and not registered any more',
      {},
      half,
      { registered: undefined },
      none('it is not registered, or disabled'),
    ],
    [
      'half done, and another account is pinned by now',
      {},
      half,
      { pinned: 'B' },
      none('the account signed in is not the pinned one'),
    ],
    [
      'half done, and presence unknown',
      {},
      half,
      { presenceUnknown: true },
      none('presence is unknown: nothing is stopped'),
    ],
    [
      'half done and updating',
      {},
      half,
      { observed: observed('on', { napWaits: 'An update is in progress' }) },
      wait('An update is in progress'),
    ],
    [
      'half done, and somebody has raised its maximum: that is not in the way',
      {},
      { ...half, ours: { changed: ['desired', 'max'], taken: true }, differing: ['min', 'max'] },
      {},
      NAP,
    ],
    [
      'half done, and somebody has set another minimum',
      {},
      { ...half, ours: { changed: ['desired', 'min'], taken: true }, differing: ['min'] },
      {},
      { do: 'close', outcome: 'overridden', why: THEIRS },
    ],
    [
      'somebody has given it another size',
      {},
      resized,
      DUE,
      { do: 'restore', why: THEIRS, keep: ['desired'] },
    ],
    [
      'somebody has given it another size, and it still changes',
      {},
      resized,
      { observed: observed('starting', { restoreWaits: 'An update is in progress' }) },
      wait('An update is in progress'),
    ],
    [
      'no longer the saved size, but on its way down: the nap goes on',
      {},
      { ...resized, ours: { changed: [], taken: false } },
      { observed: observed('stopping') },
      NAP,
    ],
    [
      'called back: everything is put back',
      CALLED,
      half,
      {},
      { do: 'restore', why: 'somebody is back', keep: [] },
    ],
    [
      'called back, though a nap is due',
      CALLED,
      untouched,
      DUE,
      { do: 'restore', why: 'somebody is back', keep: [] },
    ],
    [
      'called back, and a maximum was changed meanwhile',
      CALLED,
      { ...half, ours: { changed: ['desired', 'max'], taken: true }, differing: ['min', 'max'] },
      {},
      { do: 'restore', why: 'somebody is back', keep: ['max'] },
    ],
    [
      'called back with a field kept before',
      { ...CALLED, keep: ['max'] },
      half,
      {},
      { do: 'restore', why: 'somebody is back', keep: ['max'] },
    ],
    [
      'called back while it stops',
      CALLED,
      napped,
      { observed: observed('stopping', { restoreWaits: 'It is still stopping' }) },
      tell('It is still stopping'),
    ],
  ];
  it.each(rows)('%s', (...row) => {
    expect(decide('napping', row)).toEqual(row[4]);
  });

  it('gives a lost answer the minute that is promised', () => {
    expect(UNAPPLIED_AFTER_MS).toBe(60_000);
  });
});

describe('napped', () => {
  const asLeft: Comparison = napped;
  const rows: readonly Row[] = [
    ['nobody is back', {}, asLeft, {}, none('nobody was there')],
    ['nobody is back, and a nap is due', {}, asLeft, DUE, none('nobody was there')],
    ['called', CALLED, asLeft, {}, { do: 'restore', why: 'somebody is back', keep: [] }],
    [
      'called, and a bound was changed meanwhile',
      CALLED,
      { ...asLeft, ours: { changed: ['max'], taken: false } },
      {},
      { do: 'restore', why: 'somebody is back', keep: ['max'] },
    ],
    [
      'called, and a bound was changed before and another since: each is kept once',
      { ...CALLED, keep: ['max'] },
      { ...asLeft, ours: { changed: ['max', 'min'], taken: false } },
      {},
      { do: 'restore', why: 'somebody is back', keep: ['max', 'min'] },
    ],
    [
      'a bound was changed, and nobody is back: it naps on',
      {},
      { ...asLeft, ours: { changed: ['max'], taken: false } },
      {},
      none('nobody was there'),
    ],
    [
      'called while it still changes',
      CALLED,
      asLeft,
      { observed: observed('off', { restoreWaits: 'An update is in progress' }) },
      tell('An update is in progress'),
    ],
    [
      'called, and what it depends on is not back',
      CALLED,
      asLeft,
      { dependenciesDown: ['db', 'cache'] },
      tell('it depends on db, cache, which is not back yet'),
    ],
    [
      'called, and what it depends on is not back to the last millisecond',
      CALLED,
      asLeft,
      { dependenciesDown: ['db'], waitedMs: DEPENDENCY_PATIENCE_MS - 1 },
      tell('it depends on db, which is not back yet'),
    ],
    [
      'called, and what it depends on does not come back',
      CALLED,
      asLeft,
      { dependenciesDown: ['db'], waitedMs: DEPENDENCY_PATIENCE_MS },
      {
        do: 'restore',
        why: 'somebody is back',
        keep: [],
        notice: 'db, which it depends on, is not back after 10 minutes',
      },
    ],
    [
      'a person runs it: the rest is put back',
      {},
      resized,
      {},
      { do: 'restore', why: THEIRS, keep: ['desired'] },
    ],
    [
      'a person runs it, and it still changes',
      {},
      resized,
      { observed: observed('starting', { restoreWaits: 'An update is in progress' }) },
      wait('An update is in progress'),
    ],
    [
      'a person runs it, without waiting for what it depends on',
      CALLED,
      resized,
      { dependenciesDown: ['db'] },
      { do: 'restore', why: THEIRS, keep: ['desired'] },
    ],
    [
      'a person has put everything back',
      {},
      { ...untouched, ours: { changed: ['desired', 'min'], taken: true } },
      {},
      { do: 'close', outcome: 'overridden', why: THEIRS },
    ],
    [
      'a person runs it, and nothing else is left to put back',
      { keep: ['min'] },
      resized,
      { observed: observed('starting', { restoreWaits: 'An update is in progress' }) },
      { do: 'close', outcome: 'overridden', why: THEIRS },
    ],
  ];
  it.each(rows)('%s', (...row) => {
    expect(decide('napped', row)).toEqual(row[4]);
  });
});

describe('restoring', () => {
  const back: Comparison = { ...untouched, ours: { changed: ['desired', 'min'], taken: true } };
  const asLeft: Comparison = napped;
  /** The size is back, the minimum is not yet. */
  const nearly: Comparison = {
    ...half,
    ours: { changed: ['desired'], taken: true },
    differing: ['min'],
  };
  const rows: readonly Row[] = [
    ['back as saved', CALLED, back, {}, { do: 'close', outcome: 'restored', why: 'somebody is back' }],
    [
      'back as saved, and nobody knows who called',
      {},
      back,
      {},
      { do: 'close', outcome: 'restored', why: 'a restore was under way' },
    ],
    [
      'back as saved, but the nap before it may come late',
      CALLED,
      back,
      { unseenNapMs: UNAPPLIED_AFTER_MS - 1 },
      wait('the nap before it may still take effect'),
    ],
    [
      'back as saved, and the nap can come no more',
      CALLED,
      back,
      { unseenNapMs: UNAPPLIED_AFTER_MS },
      { do: 'close', outcome: 'restored', why: 'somebody is back' },
    ],
    [
      'back as saved but for what was kept',
      { ...CALLED, keep: ['max'] },
      { ...back, differing: ['max'], untouched: false },
      { unseenNapMs: 0 },
      {
        do: 'close',
        outcome: 'overridden',
        why: 'max was changed by somebody meanwhile and stays as it is',
      },
    ],
    [
      'back as saved, and a maximum was changed during the restore',
      CALLED,
      {
        ...back,
        differing: ['max'],
        ours: { changed: ['desired', 'min', 'max'], taken: true },
        untouched: false,
      },
      {},
      {
        do: 'close',
        outcome: 'overridden',
        why: 'max was changed by somebody meanwhile and stays as it is',
      },
    ],
    ['not back: it is asked again', CALLED, nearly, {}, { do: 'restore', why: 'somebody is back', keep: [] }],
    [
      'not back, and still changing',
      CALLED,
      asLeft,
      { observed: observed('starting', { restoreWaits: 'An update is in progress' }) },
      wait('An update is in progress'),
    ],
    ['a call was taken back and a nap is due: it naps anew', {}, asLeft, DUE, NAP],
    ['it takes so long that a nap is due again: it naps anew', CALLED, asLeft, DUE, NAP],
    [
      'and is due while presence is unknown: it was asked for',
      {},
      asLeft,
      { ...DUE, presenceUnknown: true },
      NAP,
    ],
    [
      'a nap is due, but a person has it: it is finished',
      CALLED,
      asLeft,
      { ...DUE, guarded: true },
      { do: 'restore', why: 'somebody is back', keep: [] },
    ],
    [
      'a nap is due, but a field is a person’s: it is finished',
      { ...CALLED, keep: ['max'] },
      asLeft,
      DUE,
      { do: 'restore', why: 'somebody is back', keep: ['max'] },
    ],
    [
      'a nap is due, but it is not registered any more: it is finished',
      CALLED,
      asLeft,
      { ...DUE, registered: undefined },
      { do: 'restore', why: 'somebody is back', keep: [] },
    ],
    [
      'no nap is due: it is finished though nobody calls any more',
      {},
      asLeft,
      {},
      { do: 'restore', why: 'a restore was under way', keep: [] },
    ],
    [
      'what it depends on is not back',
      CALLED,
      asLeft,
      { dependenciesDown: ['db'] },
      tell('it depends on db, which is not back yet'),
    ],
  ];
  it.each(rows)('%s', (...row) => {
    expect(decide('restoring', row)).toEqual(row[4]);
  });
});
