/** EC2: describing, starting and stopping instances, with the limits and refusals of the real service. */
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { ec2Query } from '../protocol/query-xml.js';
import { type Call, type Operation, operation, type Service } from '../service.js';
import { REGION_NAMES } from '../state/world.js';
import { applyFilters, INSTANCE_FIELDS } from './ec2-filters.js';
import { instancesOf, startInstances, stopInstances } from './ec2-power.js';
import { reservationXml, spotRequestId, spotRequestXml, tagRows } from './ec2-shapes.js';

const strings = z.array(z.string()).default([]);
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
const filters = z.array(z.object({ Name: z.string(), Value: strings })).default([]);
const paging = { MaxResults: z.coerce.number().int().optional(), NextToken: z.string().optional() };

/** An EC2 operation; all of them take DryRun, which asks only whether one may. */
function ec2Operation<Shape extends z.ZodRawShape>(spec: {
  readonly input: Shape;
  readonly mutates?: boolean;
  readonly run: (input: z.output<z.ZodObject<Shape>>, call: Call) => object;
}): Operation {
  const checked = operation({ ...spec, input: z.object(spec.input) });
  const dryRun = z.object({ DryRun: flag });
  return {
    mutates: checked.mutates,
    run(parameters, call) {
      if (dryRun.safeParse(parameters).data?.DryRun) {
        throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
      }
      return checked.run(parameters, call);
    },
  };
}

export const ec2: Service = {
  signingName: 'ec2',
  protocol: ec2Query('http://ec2.amazonaws.com/doc/2016-11-15/'),
  errors: {
    ...commonErrors({
      action: 'ec2',
      throttled: ['RequestLimitExceeded', 503],
      denied: ['UnauthorizedOperation', 403],
      expiredToken: ['RequestExpired', 400],
      unknownKey: ['AuthFailure', 401],
      unavailable: ['Unavailable', 503],
      invalid: ['InvalidParameterValue', 400],
      unknownOperation: ['InvalidAction', 400],
    }),
    throttled: () => new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503),
    unknownKey: () =>
      new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401),
  },
  operations: {
    DescribeInstances: ec2Operation({
      input: { InstanceId: strings, Filter: filters, ...paging },
      run(input, { region }) {
        if (input.InstanceId.length > 0 && input.MaxResults !== undefined) {
          throw new AwsError(
            'InvalidParameterCombination',
            'The parameter instancesSet cannot be used with the parameter maxResults',
          );
        }
        checkPageSize(input.MaxResults, 5, 1000);
        const asked =
          input.InstanceId.length > 0
            ? instancesOf(region, input.InstanceId)
            : [...region.instances.values()];
        const found = applyFilters(asked, input.Filter, INSTANCE_FIELDS, (instance) => instance.tags);
        const page = ec2Page('DescribeInstances', found, input);
        return {
          reservationSet: page.items.map((instance) => reservationXml(instance, region.account)),
          nextToken: page.nextToken,
        };
      },
    }),

    StartInstances: ec2Operation({
      mutates: true,
      input: { InstanceId: z.array(z.string()).min(1) },
      run: (input, { region, now, delays }) =>
        startInstances(instancesOf(region, input.InstanceId), now, delays),
    }),

    StopInstances: ec2Operation({
      mutates: true,
      input: { InstanceId: z.array(z.string()).min(1), Hibernate: flag, Force: flag },
      run: (input, { region, now }) =>
        stopInstances(instancesOf(region, input.InstanceId), { hibernate: input.Hibernate }, now),
    }),

    DescribeInstanceAttribute: ec2Operation({
      input: { InstanceId: z.string(), Attribute: z.string() },
      run(input, { region }) {
        const [instance] = instancesOf(region, [input.InstanceId]);
        if (input.Attribute !== 'disableApiStop') {
          throw new AwsError('InvalidParameterValue', `The attribute '${input.Attribute}' is not kept here`);
        }
        return { instanceId: input.InstanceId, disableApiStop: { value: instance?.stopProtected } };
      },
    }),

    DescribeSpotInstanceRequests: ec2Operation({
      input: { SpotInstanceRequestId: strings, Filter: filters, ...paging },
      run(input, { region, now, delays }) {
        const onSpot = [...region.instances.values()].filter((instance) => instance.spot !== undefined);
        const ids = input.SpotInstanceRequestId;
        const asked = onSpot.filter((instance) => ids.length === 0 || ids.includes(spotRequestId(instance)));
        if (asked.length < ids.length) {
          throw new AwsError(
            'InvalidSpotInstanceRequestID.NotFound',
            `The spot instance request ID '${ids.join(', ')}' does not exist`,
          );
        }
        const found = applyFilters(asked, input.Filter, {
          'instance-id': (instance) => [instance.id],
          'spot-instance-request-id': (instance) => [spotRequestId(instance)],
          type: (instance) => [instance.spot],
        });
        const page = ec2Page('DescribeSpotInstanceRequests', found, input);
        return {
          spotInstanceRequestSet: page.items.map((instance) => spotRequestXml(instance, now, delays)),
          nextToken: page.nextToken,
        };
      },
    }),

    DescribeTags: ec2Operation({
      input: { Filter: filters, ...paging },
      run(input, { region }) {
        const found = applyFilters(tagRows(region), input.Filter, {
          key: (row) => [row.key],
          value: (row) => [row.value],
          'resource-id': (row) => [row.resourceId],
          'resource-type': (row) => [row.resourceType],
        });
        const page = ec2Page('DescribeTags', found, input);
        return { tagSet: page.items, nextToken: page.nextToken };
      },
    }),

    DescribeRegions: ec2Operation({
      input: { RegionName: strings },
      run(input) {
        const unknown = input.RegionName.find((name) => !REGION_NAMES.includes(name));
        if (unknown !== undefined) {
          throw new AwsError('InvalidParameterValue', `Invalid region name: '${unknown}'`);
        }
        const names = input.RegionName.length > 0 ? input.RegionName : REGION_NAMES;
        return {
          regionInfo: names.map((regionName) => ({
            regionName,
            regionEndpoint: `ec2.${regionName}.amazonaws.com`,
            optInStatus: 'opt-in-not-required',
          })),
        };
      },
    }),
  },
};

/** EC2's page when no size is asked for. */
const MAX_PAGE = 1000;

function ec2Page<Item>(
  operationName: string,
  all: readonly Item[],
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
) {
  const request = { operation: operationName, size: input.MaxResults ?? MAX_PAGE, token: input.NextToken };
  return pageOf(all, request, () => new AwsError('InvalidNextToken', 'The token is not valid.'));
}

function checkPageSize(size: number | undefined, least: number, most: number): void {
  if (size === undefined || (size >= least && size <= most)) return;
  throw new AwsError(
    'InvalidParameterValue',
    `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}.`,
  );
}
