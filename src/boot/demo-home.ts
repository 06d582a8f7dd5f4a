/** What lies in the demo's home: quick settings, and the whole of the sandbox's fleet registered. */
import { createSocket } from 'node:dgram';
import { stringify } from 'yaml';
import { demoFleet } from '../sandbox/index.js';

/** A demo is over in a minute: everything is as quick as can still be followed by eye. */
export const DEMO_TIMES = {
  timeoutSeconds: 15,
  warnSeconds: 5,
  /** How long the scripted person stays away once everything naps. */
  pauseMs: 3_000,
  /** A tenth of AWS's ordinary delays. */
  delayScale: 0.1,
} as const;

const PREFERRED_UDP_PORT = 20_210;

/** settings.json: SPEC's defaults but for the times, the endpoint, and ports that are not a real daemon's. */
export function demoSettings(endpoint: string, udpPort: number): string {
  const settings = {
    activity_monitor: {
      inactivity_timeout_minutes: DEMO_TIMES.timeoutSeconds / 60,
      warn_before_seconds: DEMO_TIMES.warnSeconds,
    },
    aws: {
      regions: Object.keys(demoFleet.regions),
      endpoint_url: endpoint,
      service_state_check_interval_minutes: 1,
    },
    udp_server: { port: udpPort },
    dashboard: { enabled: false },
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** services.yaml: everything in the fleet, what must be left alone too, so that it is seen to be left alone. */
export function demoServices(): string {
  const regions = Object.entries(demoFleet.regions);
  return stringify({
    ec2_instances: regions.flatMap(([region, { instances = [] }]) =>
      instances.map(({ id, name }) => ({ instance_id: id, region, name })),
    ),
    ecs_services: regions.flatMap(([region, { ecsClusters = [] }]) =>
      ecsClusters.flatMap(({ name: cluster, services = [] }) =>
        services.map(({ name }) => ({
          cluster_name: cluster,
          service_name: name,
          region,
          name,
          ...(name === 'orders' ? { depends_on: ['dev-database'] } : {}),
        })),
      ),
    ),
    eks_nodegroups: regions.flatMap(([region, { eksClusters = [] }]) =>
      eksClusters.flatMap(({ name: cluster, nodegroups = [] }) =>
        nodegroups.map(({ name }) => ({ cluster_name: cluster, nodegroup_name: name, region, name })),
      ),
    ),
  });
}

/** The demo's usual port, or any free one where that is taken. */
export async function freeUdpPort(): Promise<number> {
  return (await tryPort(PREFERRED_UDP_PORT)) ?? (await tryPort(0)) ?? PREFERRED_UDP_PORT;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind(port, '127.0.0.1', () => {
      const { port: bound } = socket.address();
      socket.close(() => resolve(bound));
    });
  });
}
