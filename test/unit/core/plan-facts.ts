/** Facts for the tables over `plan`: an ordinary state of things, of which each row changes what it is about. */
import type { Observed, Power } from '../../../src/core/driver.js';
import type { Entry } from '../../../src/core/ledger.js';
import type { Comparison, Facts } from '../../../src/core/plan.js';
import { type Target, targetId } from '../../../src/core/target.js';

const TARGETS = {
  ec2: { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-1' },
  ecs: { kind: 'ecs', region: 'eu-central-1', cluster: 'main', service: 'api' },
  eks: { kind: 'eks', region: 'eu-central-1', cluster: 'k8s', nodegroup: 'workers' },
} as const satisfies Record<Target['kind'], Target>;

/** A node group as AWS shows it. */
export function observed(power: Power, more: Partial<Observed> & { kind?: Target['kind'] } = {}): Observed {
  const { kind = 'eks', ...rest } = more;
  const target = TARGETS[kind];
  const desired = power === 'on' || power === 'starting' ? 2 : 0;
  return {
    target,
    id: targetId(target),
    power,
    state: power,
    fields: power === 'gone' ? undefined : { kind: 'eks', min: 0, desired, max: 3 },
    ...rest,
  };
}

/** An open entry, by lease and in the account signed in. */
export function entry(phase: Entry['phase'], more: Partial<Entry> = {}): Entry {
  return {
    id: 1,
    targetId: targetId(TARGETS.eks),
    target: TARGETS.eks,
    account: 'A',
    by: 'lease',
    reason: 'nobody was there',
    saved: { kind: 'eks', min: 1, desired: 2, max: 3 },
    left: phase === 'napping' ? undefined : { kind: 'eks', min: 0, desired: 0, max: 3 },
    phase,
    calledBy: undefined,
    keep: [],
    openedAt: { wall: 0, boot: 0, bootId: 'boot-1' },
    ...more,
  };
}

/** How a target compares with its entry. */
export const COMPARED = {
  untouched: {
    ours: { changed: ['desired', 'min'], taken: true },
    differing: [],
    napApplied: false,
    untouched: true,
    sizeAsSaved: true,
  },
  /** The minimum is down, the nodes still there. */
  half: {
    ours: { changed: ['desired'], taken: true },
    differing: ['min'],
    napApplied: false,
    untouched: false,
    sizeAsSaved: true,
  },
  napped: {
    ours: { changed: [], taken: false },
    differing: ['min', 'desired'],
    napApplied: true,
    untouched: false,
    sizeAsSaved: false,
  },
  /** Somebody gave it three nodes and left the rest as it was. */
  resized: {
    ours: { changed: ['desired'], taken: true },
    differing: ['min', 'desired'],
    napApplied: false,
    untouched: false,
    sizeAsSaved: false,
  },
} as const satisfies Record<string, Comparison>;

const ORDINARY: Omit<Facts, 'observed'> = {
  entry: undefined,
  comparison: undefined,
  registered: { autoscalerOurs: false },
  wantedBy: undefined,
  due: undefined,
  presenceUnknown: false,
  guarded: false,
  dryRun: false,
  account: 'A',
  pinned: 'A',
  dependentsUp: [],
  dependentsStay: [],
  dependenciesDown: [],
  waitedMs: 0,
  unseenNapMs: Number.POSITIVE_INFINITY,
};

/** A running, registered target that nothing has come due for, with what a row changes of it. */
export function facts(change: Partial<Facts> = {}): Facts {
  return { observed: observed('on'), ...ORDINARY, ...change };
}
