/** The decision about a target that naps or is being restored; a row for every answer. */
import { describe, expect, it } from 'vitest';
import { type Comparison, DEPENDENCY_PATIENCE_MS, UNAPPLIED_AFTER_MS } from '../../../src/core/plan.js';
import { COMPARED, observed } from './plan-facts.js';
import { CALLED, DUE, decide, NAP, none, type Row, THEIRS, tell, wait } from './plan-rows.js';

const { untouched, half, napped, resized } = COMPARED;

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
