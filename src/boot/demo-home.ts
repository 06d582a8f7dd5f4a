/** What lies in the demo's home: quick settings, and the whole of the sandbox's fleet registered. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
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

const PREFERRED_PORTS: DemoPorts = { udp: 20_210, tcp: 20_211 };

/**
 * settings.json: SPEC's defaults but for the times, the endpoint, and ports that are not a real daemon's. The desktop of
 * whoever looks on at a scripted person is left alone: a click there would put the play out.
 */
export function demoSettings(
  endpoint: string,
  { ports, isScripted }: { readonly ports: DemoPorts; readonly isScripted: boolean },
): string {
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
    udp_server: { port: ports.udp },
    dashboard: { port: ports.tcp },
    notifications: { enabled: !isScripted },
    tray: { enabled: !isScripted },
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

/** Ports of the demo's own on loopback. */
export interface DemoPorts {
  readonly udp: number;
  /** Of the dashboard. */
  readonly tcp: number;
}

/** The demo's usual ports, or any free ones where those are taken. */
export async function freePorts(): Promise<DemoPorts> {
  const [udp, tcp] = await Promise.all([
    firstFree(PREFERRED_PORTS.udp, tryUdp),
    firstFree(PREFERRED_PORTS.tcp, tryTcp),
  ]);
  return { udp, tcp };
}

async function firstFree(wanted: number, attempt: (port: number) => Promise<number | undefined>) {
  return (await attempt(wanted)) ?? (await attempt(0)) ?? wanted;
}

function tryUdp(port: number): Promise<number | undefined> {
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

function tryTcp(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const at = server.address();
      server.close(() => resolve(typeof at === 'object' && at !== null ? at.port : undefined));
    });
  });
}
