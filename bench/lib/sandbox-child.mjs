/**
 * A process that is AWS: the embedded sandbox with a fleet of its own. Tells its parent where it listens and what is
 * in it, and how many requests it has had whenever it is asked. Run with scripts/ts.mjs.
 */
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_KEY, startSandbox } from '../../src/sandbox/index.ts';

/** In each of the two regions. */
const INSTANCES = 20;
const SERVICES = 10;
const NODEGROUPS = 5;
const REGIONS = ['ap-northeast-2', 'us-west-2'];

let requests = 0;
subscribe('http.server.request.start', () => {
  requests += 1;
});

const sandbox = await startSandbox({
  clock: { now: () => Date.now(), sleep: (ms) => sleep(ms) },
  fleet: {
    account: '111122223333',
    regions: Object.fromEntries(REGIONS.map((region, index) => [region, regionFleet(index)])),
  },
});
process.on('message', () => process.send({ requests }));
process.on('disconnect', () => process.exit());
process.send({ endpoint: sandbox.endpoint, key: DEMO_KEY, regions: REGIONS, services: servicesYaml() });

function regionFleet(index) {
  return {
    instances: numbers(INSTANCES).map((number) => ({ id: instanceId(index, number), name: `dev-${number}` })),
    ecsClusters: [
      {
        name: 'dev',
        services: numbers(SERVICES).map((number) => ({
          name: `service-${number}`,
          desired: 2,
          ...(number % 2 ? { scalable: { min: 1, max: 4 } } : {}),
        })),
      },
    ],
    eksClusters: [
      {
        name: 'kubernetes',
        nodegroups: numbers(NODEGROUPS).map((number) => ({
          name: `workers-${number}`,
          min: 1,
          desired: 2,
          max: 4,
        })),
      },
    ],
  };
}

/** All of it registered. */
function servicesYaml() {
  const each = (of, line) =>
    REGIONS.flatMap((region, index) =>
      numbers(of).map((number) => `  - { region: ${region}, ${line(index, number)} }`),
    );
  return [
    'ec2_instances:',
    ...each(INSTANCES, (index, number) => `instance_id: ${instanceId(index, number)}`),
    'ecs_services:',
    ...each(SERVICES, (_, number) => `cluster_name: dev, service_name: service-${number}`),
    'eks_nodegroups:',
    ...each(NODEGROUPS, (_, number) => `cluster_name: kubernetes, nodegroup_name: workers-${number}`),
    '',
  ].join('\n');
}

function numbers(count) {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function instanceId(region, number) {
  return `i-0${(region * 1_000 + number).toString(16).padStart(16, '0')}`;
}
