/** A fleet with one target of each kind, and how it stands read from the sandbox itself. */
import type { Fleet } from '../../src/sandbox/fleet.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';

export const REGION = 'ap-northeast-2';
export const INSTANCE = 'i-0a1c5e7d9b3f20461';

const fleet: Fleet = {
  account: '111122223333',
  regions: {
    [REGION]: {
      instances: [{ id: INSTANCE, name: 'dev-api' }],
      ecsClusters: [
        {
          name: 'dev',
          services: [
            {
              name: 'search',
              desired: 3,
              scalable: { min: 2, max: 6, suspended: { scheduledScaling: true } },
            },
          ],
        },
      ],
      eksClusters: [{ name: 'k8s', nodegroups: [{ name: 'workers', min: 1, desired: 2, max: 4 }] }],
    },
  },
};

/** All three registered. */
export const SERVICES = `# who naps
ec2_instances:
  - instance_id: ${INSTANCE}
    region: ${REGION}
    name: api # the developers' own
ecs_services:
  - cluster_name: dev
    service_name: search
    region: ${REGION}
eks_nodegroups:
  - cluster_name: k8s
    nodegroup_name: workers
    region: ${REGION}
`;

/**
 * A sandbox on the real clock, a fiftieth of AWS's delays: an instance stops in 0.6 s.
 * @param aheadMs what AWS's clock shows more than ours: to see in seconds what AWS does in an hour
 */
export function startFleet(of: Fleet = fleet, aheadMs: () => number = () => 0): Promise<Sandbox> {
  return startSandbox({
    clock: {
      now: () => Date.now() + aheadMs(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    fleet: of,
    delayScale: 0.02,
  });
}

/** Everything about the fleet that a nap changes, in one comparable value. A region where nothing is does not matter. */
export function standing(sandbox: Sandbox): unknown {
  const regions = sandbox
    .resources()
    .filter(
      ({ instances, services, nodegroups }) => instances.length + services.length + nodegroups.length > 0,
    );
  return regions.map(({ instances, services, nodegroups }) => ({
    instances: instances.map(({ id, state }) => ({ id, state })),
    services: services.map(({ name, desired, running, scalable }) => ({ name, desired, running, scalable })),
    nodegroups: nodegroups.map(({ name, min, desired, max, nodes }) => ({ name, min, desired, max, nodes })),
  }));
}

/** Whether nothing of the fleet runs any more. */
export function allNap(sandbox: Sandbox): boolean {
  return sandbox
    .resources()
    .every(
      ({ instances, services, nodegroups }) =>
        instances.every(({ state }) => state === 'stopped') &&
        services.every(
          ({ desired, running, scalable }) => desired === 0 && running === 0 && scalable?.min === 0,
        ) &&
        nodegroups.every(({ min, desired, nodes }) => min === 0 && desired === 0 && nodes === 0),
    );
}
