/** EKS: clusters, managed node groups and their updates, one update at a time. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { restJson } from '../protocol/rest-json.js';
import { operation, type Service } from '../service.js';
import type { Nodegroup } from '../state/nodegroups.js';
import type { EksCluster, Region } from '../state/world.js';
import { updateScaling } from './eks-scaling.js';
import { eksArn, eksClusterJson, nodegroupJson, updateJson } from './eks-shapes.js';

const page = {
  maxResults: z.coerce.number().int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
};
const inCluster = { clusterName: z.string() };
const inNodegroup = { ...inCluster, nodegroupName: z.string() };

export const eks: Service = {
  signingName: 'eks',
  protocol: restJson([
    { method: 'GET', path: '/clusters', operation: 'ListClusters' },
    { method: 'GET', path: '/clusters/{name}', operation: 'DescribeCluster' },
    { method: 'GET', path: '/clusters/{clusterName}/node-groups', operation: 'ListNodegroups' },
    {
      method: 'GET',
      path: '/clusters/{clusterName}/node-groups/{nodegroupName}',
      operation: 'DescribeNodegroup',
    },
    {
      method: 'POST',
      path: '/clusters/{clusterName}/node-groups/{nodegroupName}/update-config',
      operation: 'UpdateNodegroupConfig',
    },
    { method: 'GET', path: '/clusters/{clusterName}/updates', operation: 'ListUpdates' },
    { method: 'GET', path: '/clusters/{clusterName}/updates/{updateId}', operation: 'DescribeUpdate' },
    { method: 'GET', path: '/clusters/{clusterName}/fargate-profiles', operation: 'ListFargateProfiles' },
    {
      method: 'GET',
      path: '/clusters/{clusterName}/fargate-profiles/{fargateProfileName}',
      operation: 'DescribeFargateProfile',
    },
  ]),
  errors: commonErrors({
    action: 'eks',
    throttled: ['ThrottlingException', 429],
    denied: ['AccessDeniedException', 403],
    expiredToken: ['ExpiredTokenException', 403],
    unknownKey: ['UnrecognizedClientException', 403],
    unavailable: ['ServiceUnavailableException', 503],
    invalid: ['InvalidParameterException', 400],
    unknownOperation: ['UnknownOperationException', 404],
  }),
  operations: {
    ListClusters: operation({
      input: z.object(page),
      run(input, { region }) {
        const names = eksPage('ListClusters', [...region.eksClusters.keys()], input);
        return { clusters: names.items, nextToken: names.nextToken };
      },
    }),

    DescribeCluster: operation({
      input: z.object({ name: z.string() }),
      run: (input, { region }) => ({ cluster: eksClusterJson(region, clusterOf(region, input.name)) }),
    }),

    ListNodegroups: operation({
      input: z.object({ ...inCluster, ...page }),
      run(input, { region }) {
        const all = [...clusterOf(region, input.clusterName).nodegroups.keys()];
        const names = eksPage('ListNodegroups', all, input);
        return { nodegroups: names.items, nextToken: names.nextToken };
      },
    }),

    DescribeNodegroup: operation({
      input: z.object(inNodegroup),
      run: (input, { region }) => ({ nodegroup: nodegroupJson(region, nodegroupOf(region, input)) }),
    }),

    UpdateNodegroupConfig: operation({
      mutates: true,
      input: z.object({
        ...inNodegroup,
        /** The same token again is the same update: what a retried call relies on. */
        clientRequestToken: z.string().default(() => randomUUID()),
        scalingConfig: z
          .object({
            minSize: z.int().min(0).optional(),
            maxSize: z.int().min(1).optional(),
            desiredSize: z.int().min(0).optional(),
          })
          .optional(),
        labels: z
          .object({
            addOrUpdateLabels: z.record(z.string(), z.string()).default({}),
            removeLabels: z.array(z.string()).default([]),
          })
          .optional(),
      }),
      run(input, { region, now }) {
        const nodegroup = nodegroupOf(region, input);
        const known = nodegroup.updates.find(({ token }) => token === input.clientRequestToken);
        if (known !== undefined) return { update: updateJson(known) };
        const update = updateScaling(nodegroup, input.scalingConfig ?? {}, {
          now,
          token: input.clientRequestToken,
        });
        for (const label of input.labels?.removeLabels ?? []) delete nodegroup.labels[label];
        Object.assign(nodegroup.labels, input.labels?.addOrUpdateLabels);
        return { update: updateJson(update) };
      },
    }),

    ListUpdates: operation({
      input: z.object({ ...inCluster, nodegroupName: z.string().optional(), ...page }),
      run(input, { region }) {
        const { nodegroupName } = input;
        const cluster = clusterOf(region, input.clusterName);
        const ids =
          nodegroupName === undefined
            ? []
            : nodegroupOf(region, { clusterName: cluster.name, nodegroupName }).updates.map(({ id }) => id);
        const newestFirst = eksPage('ListUpdates', ids.reverse(), input);
        return { updateIds: newestFirst.items, nextToken: newestFirst.nextToken };
      },
    }),

    DescribeUpdate: operation({
      input: z.object({ ...inCluster, updateId: z.string(), nodegroupName: z.string().optional() }),
      run(input, { region }) {
        const { nodegroupName } = input;
        const cluster = clusterOf(region, input.clusterName);
        const update =
          nodegroupName === undefined
            ? undefined
            : nodegroupOf(region, { clusterName: cluster.name, nodegroupName }).updates.find(
                ({ id }) => id === input.updateId,
              );
        if (update === undefined) throw notFound(`No update found for ID: ${input.updateId}.`);
        return { update: updateJson(update) };
      },
    }),

    ListFargateProfiles: operation({
      input: z.object({ ...inCluster, ...page }),
      run(input, { region }) {
        const { fargateProfiles } = clusterOf(region, input.clusterName);
        const names = eksPage('ListFargateProfiles', fargateProfiles, input);
        return { fargateProfileNames: names.items, nextToken: names.nextToken };
      },
    }),

    DescribeFargateProfile: operation({
      input: z.object({ ...inCluster, fargateProfileName: z.string() }),
      run(input, { region }) {
        const cluster = clusterOf(region, input.clusterName);
        const name = input.fargateProfileName;
        if (!cluster.fargateProfiles.includes(name)) {
          throw notFound(`No Fargate Profile found with name: ${name}.`);
        }
        return {
          fargateProfile: {
            fargateProfileName: name,
            fargateProfileArn: eksArn(region, `fargateprofile/${cluster.name}/${name}`),
            clusterName: cluster.name,
            status: 'ACTIVE',
            createdAt: cluster.createdAt / 1000,
            selectors: [{ namespace: 'default' }],
          },
        };
      },
    }),
  },
};

function clusterOf(region: Region, name: string): EksCluster {
  const cluster = region.eksClusters.get(name);
  if (cluster === undefined) throw notFound(`No cluster found for name: ${name}.`);
  return cluster;
}

function nodegroupOf(region: Region, input: { clusterName: string; nodegroupName: string }): Nodegroup {
  const nodegroup = clusterOf(region, input.clusterName).nodegroups.get(input.nodegroupName);
  if (nodegroup === undefined) throw notFound(`No node group found for name: ${input.nodegroupName}.`);
  return nodegroup;
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

function eksPage(
  operationName: string,
  names: readonly string[],
  input: { readonly maxResults: number; readonly nextToken?: string | undefined },
) {
  const request = { operation: operationName, size: input.maxResults, token: input.nextToken };
  return pageOf(names, request, () => new AwsError('InvalidParameterException', 'Invalid nextToken'));
}
