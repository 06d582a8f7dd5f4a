/** ECS: clusters and services, with its page sizes, its ten names a call and its refusals. */
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { json11 } from '../protocol/json11.js';
import { operation, type Service } from '../service.js';
import { deploy, type EcsService, setDesired } from '../state/ecs-services.js';
import type { EcsCluster, Region } from '../state/world.js';
import { clusterJson, ecsArn, nameOf, serviceJson } from './ecs-shapes.js';

const MAX_DESCRIBED_SERVICES = 10;
const MAX_DESCRIBED_CLUSTERS = 100;

const clusterName = z.string().default('default').transform(nameOf);
const pageSize = (ordinary: number) => z.int().min(1).max(100).default(ordinary);

export const ecs: Service = {
  signingName: 'ecs',
  protocol: json11('AmazonEC2ContainerServiceV20141113'),
  errors: commonErrors({
    action: 'ecs',
    throttled: ['ThrottlingException', 400],
    denied: ['AccessDeniedException', 400],
    expiredToken: ['ExpiredTokenException', 400],
    unknownKey: ['UnrecognizedClientException', 400],
    unavailable: ['ServerException', 500],
    invalid: ['InvalidParameterException', 400],
    unknownOperation: ['UnknownOperationException', 400],
  }),
  operations: {
    ListClusters: operation({
      input: z.object({ maxResults: pageSize(100), nextToken: z.string().optional() }),
      run(input, { region }) {
        const arns = [...region.ecsClusters.keys()].map((name) => ecsArn(region, `cluster/${name}`));
        const page = ecsPage('ListClusters', arns, input);
        return { clusterArns: page.items, nextToken: page.nextToken };
      },
    }),

    DescribeClusters: operation({
      input: z.object({ clusters: z.array(z.string()).default(['default']) }),
      run(input, { region }) {
        if (input.clusters.length > MAX_DESCRIBED_CLUSTERS) throw tooMany('Clusters', MAX_DESCRIBED_CLUSTERS);
        const names = input.clusters.map(nameOf);
        return {
          clusters: names
            .flatMap((name) => region.ecsClusters.get(name) ?? [])
            .map((cluster) => clusterJson(region, cluster)),
          failures: names
            .filter((name) => !region.ecsClusters.has(name))
            .map((name) => ({ arn: ecsArn(region, `cluster/${name}`), reason: 'MISSING' })),
        };
      },
    }),

    ListServices: operation({
      input: z.object({
        cluster: clusterName,
        schedulingStrategy: z.enum(['REPLICA', 'DAEMON']).optional(),
        maxResults: pageSize(10),
        nextToken: z.string().optional(),
      }),
      run(input, { region }) {
        const services = [...clusterOf(region, input.cluster).services.values()].filter(
          (service) =>
            service.status === 'ACTIVE' &&
            (input.schedulingStrategy === undefined || service.scheduling === input.schedulingStrategy),
        );
        const arns = services.map((service) => ecsArn(region, `service/${input.cluster}/${service.name}`));
        const page = ecsPage('ListServices', arns, input);
        return { serviceArns: page.items, nextToken: page.nextToken };
      },
    }),

    DescribeServices: operation({
      input: z.object({ cluster: clusterName, services: z.array(z.string()).min(1) }),
      run(input, { region }) {
        if (input.services.length > MAX_DESCRIBED_SERVICES) throw tooMany('Services', MAX_DESCRIBED_SERVICES);
        const cluster = clusterOf(region, input.cluster);
        const names = input.services.map(nameOf);
        return {
          services: names
            .flatMap((name) => cluster.services.get(name) ?? [])
            .map((service) => serviceJson(region, service)),
          failures: names
            .filter((name) => !cluster.services.has(name))
            .map((name) => ({ arn: ecsArn(region, `service/${cluster.name}/${name}`), reason: 'MISSING' })),
        };
      },
    }),

    UpdateService: operation({
      mutates: true,
      input: z.object({
        cluster: clusterName,
        service: z.string().transform(nameOf),
        desiredCount: z.int().min(0).optional(),
        taskDefinition: z.string().transform(nameOf).optional(),
        forceNewDeployment: z.boolean().default(false),
      }),
      run(input, { region, now }) {
        const service = activeService(clusterOf(region, input.cluster), input.service);
        if (service.scheduling === 'DAEMON' && input.desiredCount !== undefined) {
          throw new AwsError(
            'InvalidParameterException',
            'The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try your request again',
          );
        }
        const current = service.deployments[0].taskDefinition;
        const wanted = input.taskDefinition ?? current;
        if (wanted !== current || input.forceNewDeployment) deploy(service, wanted, now);
        if (input.desiredCount !== undefined) setDesired(service, input.desiredCount, now);
        return { service: serviceJson(region, service) };
      },
    }),
  },
};

function clusterOf(region: Region, name: string): EcsCluster {
  const cluster = region.ecsClusters.get(name);
  if (cluster === undefined) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}

function activeService(cluster: EcsCluster, name: string): EcsService {
  const service = cluster.services.get(name);
  if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  return service;
}

function tooMany(what: string, most: number): AwsError {
  return new AwsError('InvalidParameterException', `${what} cannot have more than ${most} elements`);
}

function ecsPage(
  operationName: string,
  arns: readonly string[],
  input: { readonly maxResults: number; readonly nextToken?: string | undefined },
) {
  const request = { operation: operationName, size: input.maxResults, token: input.nextToken };
  return pageOf(arns, request, () => new AwsError('InvalidParameterException', 'Invalid token'));
}
