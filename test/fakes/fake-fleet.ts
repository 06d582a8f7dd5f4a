/** The small fleet that the fake `Control` starts with, and how a door is shown one service of it. */
import type { ClusterView, ServiceView } from '../../src/core/control.js';
import type { RegistrationDraft } from '../../src/core/registry.js';
import { type Target, targetId } from '../../src/core/target.js';

export interface FakeService {
  readonly target: Target;
  state: string;
  size: number;
  readonly name?: string;
  readonly instanceType?: string;
  readonly min?: number;
  readonly max?: number;
}

/** The fleet that every fake starts with; a function, because services change. */
export function fakeFleet(): FakeService[] {
  return [
    {
      target: { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-0aaa' },
      state: 'running',
      size: 1,
      name: 'build box',
      instanceType: 't3.small',
    },
    { target: { kind: 'ec2', region: 'us-east-1', instanceId: 'i-0bbb' }, state: 'stopped', size: 0 },
    {
      target: { kind: 'ecs', region: 'eu-central-1', cluster: 'apps', service: 'api' },
      state: 'ACTIVE',
      size: 2,
    },
    {
      target: { kind: 'eks', region: 'us-east-1', cluster: 'kube', nodegroup: 'workers' },
      state: 'ACTIVE',
      size: 3,
      min: 1,
      max: 5,
    },
  ];
}

/** Its clusters, two of them empty. */
export function fakeClusters(): ClusterView[] {
  return [
    { kind: 'ecs', region: 'eu-central-1', name: 'apps' },
    { kind: 'ecs', region: 'eu-central-1', name: 'empty' },
    { kind: 'eks', region: 'us-east-1', name: 'kube' },
    { kind: 'eks', region: 'us-east-1', name: 'bare' },
  ];
}

/** @param draft its registration; undefined: it is not registered */
export function viewOf(service: FakeService, draft: RegistrationDraft | undefined): ServiceView {
  const { target, state, size, name, instanceType, min, max } = service;
  return {
    id: targetId(target),
    target,
    registered: draft !== undefined,
    name,
    description: draft?.description,
    power: size > 0 ? 'on' : 'off',
    state,
    instanceType,
    counts:
      target.kind === 'ec2'
        ? undefined
        : {
            desired: size,
            running: size,
            ...(min === undefined ? {} : { min }),
            ...(max === undefined ? {} : { max }),
          },
  };
}
