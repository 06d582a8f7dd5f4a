/** What became of the sandbox's fleet, target by target, read from the sandbox itself and not from the product. */
import type { DemoResult } from '../cli/render/summary.js';
import type { Sandbox } from '../sandbox/sandbox.js';

/** How one target stands, in words. */
interface TargetState {
  readonly shown: string;
  /** What a snapshot saves of it: sizes and bounds. Tasks and nodes on their way are AWS's part. */
  readonly saved: string;
}

/** Each target by its label. */
export type FleetState = ReadonlyMap<string, TargetState>;

/** The fleet as the sandbox shows it now. */
export function stateOf(sandbox: Pick<Sandbox, 'resources'>): FleetState {
  const state = new Map<string, TargetState>();
  for (const { region, instances, services, nodegroups } of sandbox.resources()) {
    for (const { id, name, state: power } of instances)
      state.set(`EC2 ${region} ${name ?? id}`, { shown: power, saved: power });
    for (const { cluster, name, desired, running, scalable } of services) {
      const suspended = scalable ? Object.values(scalable.suspended).filter(Boolean).length : 0;
      const bounds = scalable ? `, ${scalable.min}..${scalable.max}, ${suspended} of 3 suspended` : '';
      const saved = `${desired} tasks${bounds}`;
      state.set(`ECS ${region} ${cluster}/${name}`, { shown: `${running}/${saved}`, saved });
    }
    for (const { cluster, name, min, desired, max, nodes } of nodegroups) {
      const saved = `${desired} nodes, ${min}..${max}`;
      state.set(`EKS ${region} ${cluster}/${name}`, { shown: `${nodes}/${saved}`, saved });
    }
  }
  return state;
}

/** The three looks side by side. */
export function compareFleets(
  before: FleetState,
  napped: FleetState,
  after: FleetState,
): readonly DemoResult[] {
  return [...before].map(([label, { shown, saved }]) => ({
    label,
    before: shown,
    napped: napped.get(label)?.shown ?? 'gone',
    after: after.get(label)?.shown ?? 'gone',
    exact: after.get(label)?.saved === saved,
  }));
}

/** Whether the fleet looks in every respect as it did, running tasks and nodes included. */
export function looksLike(before: FleetState, now: FleetState): boolean {
  return [...before].every(([label, { shown }]) => now.get(label)?.shown === shown);
}
