/** Rows of the tables that show what is decided about an open entry, and the words that its steps have in common. */
import type { Entry } from '../../../src/core/ledger.js';
import { type Comparison, type Facts, plan, type Step } from '../../../src/core/plan.js';
import { entry, facts } from './plan-facts.js';

export const DUE = { due: 'nobody was there' };
export const CALLED = { calledBy: 'somebody is back' };
export const THEIRS = 'somebody changed it meanwhile: what they changed is theirs';
export const none = (why: string): Step => ({ do: 'none', why });
export const wait = (why: string): Step => ({ do: 'wait', why });
export const tell = (why: string): Step => ({ do: 'wait', why, tell: true });
export const NAP: Step = { do: 'nap', why: 'nobody was there' };

export type Row = readonly [
  what: string,
  open: Partial<Entry>,
  seen: Comparison | undefined,
  change: Partial<Facts>,
  step: Step,
];

export function decide(phase: Entry['phase'], [, open, comparison, change]: Row): Step {
  return plan(facts({ entry: entry(phase, open), comparison, ...change }));
}
