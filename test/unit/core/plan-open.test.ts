/** The decision about a target with an open entry, whatever its phase and while it is put to nap; a row for every answer. */
import { describe, expect, it } from 'vitest';
import { UNAPPLIED_AFTER_MS } from '../../../src/core/plan.js';
import { COMPARED, observed } from './plan-facts.js';
import { CALLED, DUE, decide, NAP, none, type Row, THEIRS, tell, wait } from './plan-rows.js';

const { untouched, half, napped, resized } = COMPARED;

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
