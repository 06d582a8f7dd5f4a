/** What is in a region, as plain values: for tests, the demo's display and the control path. */
import { runningCount } from './state/ecs-services.js';
import { type Region, scalableId } from './state/world.js';

/** One region's resources as they stand. */
export interface RegionView {
  readonly region: string;
  readonly instances: readonly {
    readonly id: string;
    readonly name: string | undefined;
    readonly state: string;
  }[];
  readonly services: readonly {
    readonly cluster: string;
    readonly name: string;
    readonly status: string;
    readonly desired: number;
    readonly running: number;
    readonly taskDefinition: string;
    readonly rollout: string;
    readonly scalable:
      | { readonly min: number; readonly max: number; readonly suspended: Readonly<Record<string, boolean>> }
      | undefined;
  }[];
  readonly nodegroups: readonly {
    readonly cluster: string;
    readonly name: string;
    readonly min: number;
    readonly desired: number;
    readonly max: number;
    /** Nodes that run, which lag behind `desired`. */
    readonly nodes: number;
    readonly status: string;
  }[];
}

/** The region as plain values. It must be settled already. */
export function viewOf(region: Region): RegionView {
  return {
    region: region.name,
    instances: [...region.instances.values()].map(({ id, tags, state }) => ({ id, name: tags.Name, state })),
    services: [...region.ecsClusters.values()].flatMap((cluster) =>
      [...cluster.services.values()].map((service) => {
        const target = region.scalableTargets.get(scalableId(cluster.name, service.name));
        return {
          cluster: cluster.name,
          name: service.name,
          status: service.status,
          desired: service.desired,
          running: runningCount(service),
          taskDefinition: service.deployments[0].taskDefinition,
          rollout: service.deployments[0].rollout,
          scalable: target && { min: target.min, max: target.max, suspended: { ...target.suspended } },
        };
      }),
    ),
    nodegroups: [...region.eksClusters.values()].flatMap((cluster) =>
      [...cluster.nodegroups.values()].map(({ name, scaling, nodes, status }) => ({
        cluster: cluster.name,
        name,
        min: scaling.minSize,
        desired: scaling.desiredSize,
        max: scaling.maxSize,
        nodes,
        status,
      })),
    ),
  };
}
