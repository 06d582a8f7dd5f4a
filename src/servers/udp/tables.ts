/** The tables that text lists are shown as: their columns, and how the content of a reply becomes rows. */
import type { WireCluster, WireList, WireRegistered, WireService, WireStatus } from '../../control/wire.js';

/** Turns the content of a successful reply into rows. */
export interface Table {
  readonly columns: readonly string[];
  rows(content: object): readonly Row[];
}
/** Empty, null and undefined cells are shown as `-`. */
type Row = readonly (string | number | null | undefined)[];

const yesNo = (value: boolean) => (value ? 'yes' : 'no');

export const EC2: Table = {
  columns: ['instance_id', 'region', 'state', 'name', 'instance_type', 'registered'],
  rows: (content) =>
    (content as WireList).services.map((it) => [
      it.instance_id,
      it.region,
      it.state,
      it.name,
      it.instance_type,
      yesNo(it.registered),
    ]),
};

export const ECS: Table = {
  columns: ['cluster_name', 'service_name', 'region', 'state', 'desired', 'running', 'registered'],
  rows: (content) =>
    byCluster(
      content as WireList,
      (it) => [
        it.cluster_name,
        it.service_name,
        it.region,
        it.state,
        it.desired,
        it.running,
        yesNo(it.registered),
      ],
      ({ cluster_name, region }) => [cluster_name, '-', region, '-', '-', '-', '-'],
    ),
};

export const EKS: Table = {
  columns: ['cluster_name', 'nodegroup_name', 'region', 'state', 'min', 'desired', 'max', 'registered'],
  rows: (content) =>
    byCluster(
      content as WireList,
      (it) => [
        it.cluster_name,
        it.nodegroup_name,
        it.region,
        it.state,
        it.min,
        it.desired,
        it.max,
        yesNo(it.registered),
      ],
      ({ cluster_name, region }) => [cluster_name, '-', region, '-', '-', '-', '-', '-'],
    ),
};

export const EVERYTHING: Table = {
  columns: ['service_type', 'target', 'state', 'registered', 'description'],
  rows: (content) =>
    (content as WireList).services.map((it) => [
      it.service_type,
      it.target,
      it.state,
      yesNo(it.registered),
      it.description,
    ]),
};

export const REGISTERED: Table = {
  columns: ['service_type', 'target', 'state', 'lease_until', 'description'],
  rows: (content) =>
    (content as { services: readonly WireRegistered[] }).services.map((it) => [
      it.service_type,
      it.target,
      it.state,
      it.lease_until,
      it.description,
    ]),
};

export const STATUS: Table = {
  columns: ['key', 'value'],
  rows: (content) => {
    const it = content as Omit<WireStatus, 'dry_run'>;
    return [
      ['presence', it.presence],
      ['since', it.since],
      ['idle_seconds', it.idle_seconds],
      ['next_nap_at', it.next_nap_at],
      ['targets', it.targets],
      ['napping', it.napping],
      ['conditions', it.conditions.length],
      ['version', it.version],
    ];
  },
};

/** Each cluster's row, then those of its services; services of clusters that are not listed come last. */
function byCluster(
  { clusters, services }: WireList,
  serviceRow: (service: WireService) => Row,
  clusterRow: (cluster: WireCluster) => Row,
): readonly Row[] {
  const key = (of: WireService | WireCluster) => `${of.region}:${of.cluster_name}`;
  const groups = new Map<string, Row[]>(clusters.map((cluster) => [key(cluster), [clusterRow(cluster)]]));
  const homeless: Row[] = [];
  for (const service of services) (groups.get(key(service)) ?? homeless).push(serviceRow(service));
  return [...[...groups.values()].flat(), ...homeless];
}
