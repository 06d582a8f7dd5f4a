/** What napping saved, as the wire's JSON. Pure; every field is named in wire.ts. */
import type { SavingsView, TargetSavings } from '../core/savings.js';
import { csvOf } from './csv.js';
import { rfc3339 } from './encode.js';
import type { WireSavings, WireTargetSavings } from './wire-desk.js';

const COLUMNS = [
  'target',
  'account',
  'instance_type',
  'price',
  'napping_hours',
  'running_hours',
  'unpriced_hours',
  'saved',
  'always_on',
  'still_billed',
] as const satisfies readonly (keyof WireTargetSavings)[];

export function encodeSavings({ from, to, total, targets: views, prices }: SavingsView): WireSavings {
  const targets = views.map(encodeTarget);
  return {
    from: rfc3339(from),
    to: rfc3339(to),
    currency: 'USD',
    prices: { as_of: prices.asOf, pages: prices.pages, task: prices.task },
    total: { ...encodeHours(total), saved: total.savedUsd, always_on: total.alwaysOnUsd },
    targets,
    csv: csvOf(COLUMNS, targets),
  };
}

function encodeTarget(target: TargetSavings): WireTargetSavings {
  return {
    target: target.targetId,
    account: target.account,
    instance_type: target.instanceType ?? null,
    price: target.price,
    ...encodeHours(target),
    saved: target.savedUsd ?? null,
    always_on: target.alwaysOnUsd ?? null,
    still_billed: target.stillBilled,
  };
}

function encodeHours(of: Pick<TargetSavings, 'nappingHours' | 'runningHours' | 'unpricedHours'>) {
  return {
    napping_hours: of.nappingHours,
    running_hours: of.runningHours,
    unpriced_hours: of.unpricedHours,
  };
}
