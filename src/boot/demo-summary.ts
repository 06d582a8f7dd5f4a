/** What became of the sandbox's fleet, target by target, read from the sandbox itself and not from the product. */
import type { DemoResult } from '../cli/demo-view.js';
import type { Sandbox } from '../sandbox/sandbox.js';

/** Each target's label and how it stands, in words. */
export type FleetState = ReadonlyMap<string, string>;

/** The fleet as the sandbox shows it now. */
export function stateOf(sandbox: Pick<Sandbox, 'resources'>): FleetState {
  const state = new Map<string, string>();
  for (const { region, instances, services, nodegroups } of sandbox.resources()) {
    for (const { id, name, state: power } of instances) state.set(`EC2 ${region} ${name ?? id}`, power);
    for (const { cluster, name, desired, running, scalable } of services) {
      const suspended = scalable ? Object.values(scalable.suspended).filter(Boolean).length : 0;
      const bounds = scalable ? `, ${scalable.min}..${scalable.max}, ${suspended} of 3 suspended` : '';
      state.set(`ECS ${region} ${cluster}/${name}`, `${running}/${desired} tasks${bounds}`);
    }
    for (const { cluster, name, min, desired, max, nodes } of nodegroups)
      state.set(`EKS ${region} ${cluster}/${name}`, `${nodes}/${desired} nodes, ${min}..${max}`);
  }
  return state;
}

/** The three looks side by side. */
export function compareFleets(
  before: FleetState,
  napped: FleetState,
  after: FleetState,
): readonly DemoResult[] {
  return [...before].map(([label, state]) => ({
    label,
    before: state,
    napped: napped.get(label) ?? 'gone',
    after: after.get(label) ?? 'gone',
    exact: after.get(label) === state,
  }));
}
