/** The decision about a target without an open entry, a row for every answer and every order of two. */
import { describe, expect, it } from 'vitest';
import {
  DEPENDENCY_PATIENCE_MS,
  DEPLOYMENT_PATIENCE_MS,
  type Facts,
  isPersonsWord,
  isRefused,
  plan,
  type Step,
} from '../../../src/core/plan.js';
import { facts, observed } from './plan-facts.js';

const REFUSAL = { reason: 'it is protected', hint: 'lift the protection' };
const TAGGED = { reason: 'the autoscaler decides', lifts: 'autoscaler' as const };
const DUE = { due: 'nobody was there' };
const NAP: Step = { do: 'nap', why: 'nobody was there', notice: undefined };
const none = (why: string): Step => ({ do: 'none', why });

type Row = readonly [what: string, change: Partial<Facts>, step: Step];

const STAYS: readonly Row[] = [
  ['does not exist', { ...DUE, observed: observed('gone') }, none('it does not exist in AWS')],
  [
    'not registered, or disabled',
    { ...DUE, registered: undefined },
    none('it is not registered, or disabled'),
  ],
  [
    'another account than the pinned one',
    { ...DUE, account: 'B' },
    none('the account signed in is not the pinned one'),
  ],
  [
    'nothing is pinned yet',
    { ...DUE, pinned: undefined },
    none('the account signed in is not the pinned one'),
  ],
  ['stopped already', { ...DUE, observed: observed('off') }, none('it is stopped already, and not by us')],
  ['presence is unknown', { presenceUnknown: true }, none('presence is unknown: nothing is stopped')],
  ['wanted', { wantedBy: 'a hold by cli' }, none('it is needed: a hold by cli')],
  [
    'wanted, though something says that it is due',
    { ...DUE, wantedBy: 'presence' },
    none('it is needed: presence'),
  ],
  [
    'refused, whether or not it is due',
    { observed: observed('on', { refusal: REFUSAL }) },
    { ...none('it is protected'), refused: true } as Step,
  ],
  [
    'refused, and guarded and due as well',
    { ...DUE, guarded: true, observed: observed('on', { refusal: REFUSAL }) },
    { ...none('it is protected'), refused: true } as Step,
  ],
  [
    'the autoscaler’s, and nobody said it is ours',
    { ...DUE, observed: observed('on', { refusal: TAGGED }) },
    { ...none('the autoscaler decides'), refused: true } as Step,
  ],
  [
    'started by a person',
    { ...DUE, guarded: true },
    none('a person started or scaled it; it stays until they are back once'),
  ],
  ['not due', {}, none('its warning has not stood long enough')],
  [
    'somebody is stopping it',
    { ...DUE, observed: observed('stopping') },
    { do: 'wait', why: 'somebody is stopping it' },
  ],
  [
    'a dependent stays up',
    { ...DUE, dependentsUp: ['api'], dependentsStay: ['api'], waitedMs: DEPENDENCY_PATIENCE_MS },
    none('api stays up and depends on it'),
  ],
  ['dry_run', { ...DUE, dryRun: true }, { ...none('would nap: nobody was there'), dryRun: true } as Step],
];

const NAPS: readonly Row[] = [
  ['due', DUE, NAP],
  ['due while it starts', { ...DUE, observed: observed('starting') }, NAP],
  ['asked for while presence is unknown', { ...DUE, presenceUnknown: true }, NAP],
  [
    'the autoscaler’s, but ours by the registry',
    { ...DUE, registered: { autoscalerOurs: true }, observed: observed('on', { refusal: TAGGED }) },
    NAP,
  ],
];

/** What a due nap waits for, and what it says when its patience is over. */
const PATIENCE: readonly Row[] = [
  [
    'a deployment',
    { ...DUE, observed: observed('on', { kind: 'ecs', napWaits: 'A deployment is in progress' }) },
    { do: 'wait', why: 'A deployment is in progress', tell: true },
  ],
  [
    'a deployment, to the last millisecond',
    {
      ...DUE,
      observed: observed('on', { kind: 'ecs', napWaits: 'A deployment is in progress' }),
      waitedMs: DEPLOYMENT_PATIENCE_MS - 1,
    },
    { do: 'wait', why: 'A deployment is in progress', tell: true },
  ],
  [
    'a deployment without end',
    {
      ...DUE,
      observed: observed('on', { kind: 'ecs', napWaits: 'A deployment is in progress' }),
      waitedMs: DEPLOYMENT_PATIENCE_MS,
    },
    { ...NAP, notice: 'A deployment is in progress for more than 15 minutes' } as Step,
  ],
  [
    'an update of a node group, for as long as it takes',
    { ...DUE, observed: observed('on', { napWaits: 'An update is in progress' }), waitedMs: 1e9 },
    { do: 'wait', why: 'An update is in progress', tell: true },
  ],
  [
    'an instance that starts, for as long as it takes',
    { ...DUE, observed: observed('on', { kind: 'ec2', napWaits: 'It is still starting' }), waitedMs: 1e9 },
    { do: 'wait', why: 'It is still starting', tell: true },
  ],
  [
    'dependents',
    { ...DUE, dependentsUp: ['api', 'web'] },
    { do: 'wait', why: 'api, web depends on it and is still up', tell: true },
  ],
  [
    'a dependent, to the last millisecond',
    { ...DUE, dependentsUp: ['api'], waitedMs: DEPENDENCY_PATIENCE_MS - 1 },
    { do: 'wait', why: 'api depends on it and is still up', tell: true },
  ],
  [
    'a dependent that does not go',
    { ...DUE, dependentsUp: ['api'], waitedMs: DEPENDENCY_PATIENCE_MS },
    { ...NAP, notice: 'api, which depends on it, is still up after 10 minutes' } as Step,
  ],
  [
    'both, for longer than either',
    {
      ...DUE,
      observed: observed('on', { kind: 'ecs', napWaits: 'A deployment is in progress' }),
      dependentsUp: ['api'],
      waitedMs: DEPLOYMENT_PATIENCE_MS,
    },
    {
      ...NAP,
      notice:
        'A deployment is in progress for more than 15 minutes; api, which depends on it, is still up after 10 minutes',
    } as Step,
  ],
  [
    'dry_run waits too before it tells',
    { ...DUE, dryRun: true, dependentsUp: ['api'] },
    { do: 'wait', why: 'api depends on it and is still up', tell: true },
  ],
];

describe('a target without an entry', () => {
  it.each(STAYS)('stays: %s', (_what, change, step) => {
    expect(plan(facts(change))).toEqual(step);
  });
  it.each(NAPS)('naps: %s', (_what, change, step) => {
    expect(plan(facts(change))).toEqual(step);
  });
  it.each(PATIENCE)('waits for %s', (_what, change, step) => {
    expect(plan(facts(change))).toEqual(step);
  });

  it('has the patience that is promised', () => {
    expect(DEPLOYMENT_PATIENCE_MS).toBe(15 * 60_000);
    expect(DEPENDENCY_PATIENCE_MS).toBe(10 * 60_000);
  });
});

describe('isRefused', () => {
  it.each([
    ['nothing stands against it', undefined, false, false],
    ['refused', REFUSAL, false, true],
    ['refused, and the registry cannot lift it', REFUSAL, true, true],
    ['the autoscaler’s', TAGGED, false, true],
    ['the autoscaler’s, but ours', TAGGED, true, false],
  ])('%s', (_what, refusal, ours, refused) => {
    expect(isRefused(observed('on', { refusal }), ours)).toBe(refused);
  });
});

describe('isPersonsWord', () => {
  const last = (up: boolean, size: number | undefined) => ({
    targetId: observed('on').id,
    account: 'A',
    fields: { kind: 'eks' as const, min: 0, desired: size ?? 0, max: 9 },
    up,
    guarded: false,
    size,
  });
  const now = (up: boolean, size: number, autoscaled = false) => ({ up, size, autoscaled });
  it.each([
    ['it was off and runs', last(false, 2), now(true, 2), true],
    ['it was off and runs, whoever scales it', last(false, 2), now(true, 2, true), true],
    ['it ran and runs with another size', last(true, 2), now(true, 3), true],
    ['the same size', last(true, 2), now(true, 2), false],
    ['another size by an autoscaler', last(true, 2), now(true, 3, true), false],
    ['it ran, with a size nobody knows', last(true, undefined), now(true, 3), false],
    ['it is off now', last(true, 2), now(false, 0), false],
    ['off before and now', last(false, 2), now(false, 0), false],
  ])('%s', (_what, was, is, word) => {
    expect(isPersonsWord(was, is)).toBe(word);
  });
});
