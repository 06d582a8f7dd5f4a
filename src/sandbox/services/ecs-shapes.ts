/** ECS's names and resources as its JSON has them. Times are seconds since the epoch. */
import { type EcsService, runningCount } from '../state/ecs-services.js';
import type { EcsCluster, Region } from '../state/world.js';

/** `arn:aws:ecs:REGION:ACCOUNT:RESOURCE`. */
export function ecsArn(region: Region, resource: string): string {
  return `arn:aws:ecs:${region.name}:${region.account}:${resource}`;
}

/** The name at the end of an ARN, or the name itself. */
export function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1) : nameOrArn;
}

/** A cluster as DescribeClusters answers it. */
export function clusterJson(region: Region, cluster: EcsCluster): object {
  const services = [...cluster.services.values()].filter((service) => service.status === 'ACTIVE');
  return {
    clusterArn: ecsArn(region, `cluster/${cluster.name}`),
    clusterName: cluster.name,
    status: 'ACTIVE',
    registeredContainerInstancesCount: 0,
    runningTasksCount: services.reduce((sum, service) => sum + runningCount(service), 0),
    pendingTasksCount: services.reduce((sum, service) => sum + pendingCount(service), 0),
    activeServicesCount: services.length,
    tags: [],
  };
}

/** A service as DescribeServices and UpdateService answer it. */
export function serviceJson(region: Region, service: EcsService): object {
  const clusterArn = ecsArn(region, `cluster/${service.cluster}`);
  const [primary] = service.deployments;
  return {
    serviceArn: ecsArn(region, `service/${service.cluster}/${service.name}`),
    serviceName: service.name,
    clusterArn,
    status: service.status,
    desiredCount: service.desired,
    runningCount: runningCount(service),
    pendingCount: pendingCount(service),
    launchType: service.scheduling === 'DAEMON' ? 'EC2' : 'FARGATE',
    taskDefinition: ecsArn(region, `task-definition/${primary.taskDefinition}`),
    schedulingStrategy: service.scheduling,
    deploymentController: { type: 'ECS' },
    createdAt: service.createdAt / 1000,
    loadBalancers: [],
    events: service.events.map(({ id, at, message }) => ({ id, createdAt: at / 1000, message })),
    deployments: service.deployments.map((deployment) => ({
      id: deployment.id,
      status: deployment.status,
      taskDefinition: ecsArn(region, `task-definition/${deployment.taskDefinition}`),
      desiredCount: deployment === primary ? service.desired : 0,
      runningCount: deployment.running,
      pendingCount: deployment === primary ? pendingCount(service) : 0,
      failedTasks: 0,
      createdAt: deployment.createdAt / 1000,
      updatedAt: deployment.updatedAt / 1000,
      rolloutState: deployment.rollout,
      rolloutStateReason: `ECS deployment ${deployment.id} ${deployment.rollout === 'COMPLETED' ? 'completed' : 'in progress'}.`,
    })),
  };
}

function pendingCount(service: EcsService): number {
  return Math.max(0, service.desired - service.deployments[0].running);
}
