/**
 * Which instances must not be stopped, and why. What DescribeInstances shows costs nothing; spot requests and stop
 * protection cost calls of their own and are asked about only where they may matter.
 */
import type { Instance, SpotInstanceRequest } from '@aws-sdk/client-ec2';
import type { Why } from '../core/driver.js';
import type { Clock } from '../core/instant.js';
import { chunks, fewAtOnce } from './batches.js';
import type { Clients } from './clients.js';

/** How long an answer about stop protection is believed: it spares the polls that confirm a change. */
const PROTECTION_MS = 60_000;
/** Ids in one DescribeSpotInstanceRequests. */
const MOST_REQUESTS = 100;

/** What is refused by what DescribeInstances itself shows. */
function plainRefusal(instance: Instance): Why | undefined {
  const group = tagOf(instance, 'aws:autoscaling:groupName');
  if (group !== undefined)
    return {
      reason: `It belongs to the Auto Scaling group ${group}, which would replace it as unhealthy`,
      hint: 'Scale the group instead.',
    };
  if (instance.Operator?.Managed)
    return {
      reason: `It is managed by ${instance.Operator.Principal ?? 'another AWS service'} (EKS Auto Mode and the like)`,
      hint: 'Scale what it runs; its operator then removes it.',
    };
  if (instance.RootDeviceType === 'instance-store')
    return { reason: 'Its root volume is an instance store, which cannot be stopped' };
  if (isSpot(instance)) {
    const fleet = tagOf(instance, 'aws:ec2:fleet-id') ?? tagOf(instance, 'aws:ec2spot:fleet-request-id');
    if (fleet !== undefined)
      return { reason: `It is a spot instance of the fleet ${fleet}, which would replace it` };
  }
  return undefined;
}

/** What a spot request says against stopping its instance; without a request nothing can be known, so not. */
function spotRefusal(request: SpotInstanceRequest | undefined): Why | undefined {
  if (!request) return { reason: 'Its spot request cannot be read, so it may be lost when it stops' };
  if (request.Type !== 'persistent')
    return {
      reason: 'It is a one-time spot instance, which cannot be stopped',
      hint: 'Request it as persistent with the interruption behaviour "stop".',
    };
  if (request.LaunchGroup)
    return { reason: `Its spot request belongs to the launch group ${request.LaunchGroup}` };
  if (request.AvailabilityZoneGroup)
    return { reason: `Its spot request belongs to the zone group ${request.AvailabilityZoneGroup}` };
  if (request.State === 'cancelled' || request.State === 'closed' || request.State === 'failed')
    return { reason: `Its spot request is ${request.State}, so it could not start again` };
  return undefined;
}

function isSpot(instance: Instance): boolean {
  return instance.InstanceLifecycle === 'spot';
}

/** The value of a tag, or undefined. */
export function tagOf(instance: Instance, key: string): string | undefined {
  return instance.Tags?.find((tag) => tag.Key === key)?.Value;
}

/** Asks about spot requests and stop protection. */
export function createRefusals(options: { clients: Clients; clock: Clock }) {
  const { clients, clock } = options;
  /** Answers about stop protection by `region id`, with the boot time they were had at. */
  const protection = new Map<string, { readonly at: number; readonly on: boolean }>();

  const spotRequests = async (region: string, ids: readonly string[], signal?: AbortSignal) => {
    const { sdk, client } = await clients.ec2(region);
    const found = new Map<string, SpotInstanceRequest>();
    for (const part of chunks(ids, MOST_REQUESTS)) {
      // By filter, not by id: one request that is long gone would fail the call for all.
      const Filters = [{ Name: 'spot-instance-request-id', Values: [...part] }];
      const answer = await clients.ask({ operation: 'ec2:DescribeSpotInstanceRequests', signal }, (how) =>
        client.send(new sdk.DescribeSpotInstanceRequestsCommand({ Filters }), how),
      );
      for (const request of answer.SpotInstanceRequests ?? [])
        if (request.SpotInstanceRequestId) found.set(request.SpotInstanceRequestId, request);
    }
    return found;
  };

  const isProtected = async (region: string, id: string, signal?: AbortSignal): Promise<boolean> => {
    const now = clock.now().boot;
    for (const [key, { at }] of protection) if (now - at >= PROTECTION_MS) protection.delete(key);
    const known = protection.get(`${region} ${id}`);
    if (known) return known.on;
    const { sdk, client } = await clients.ec2(region);
    const answer = await clients.ask({ operation: 'ec2:DescribeInstanceAttribute', signal }, (how) =>
      client.send(
        new sdk.DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiStop' }),
        how,
      ),
    );
    const on = answer.DisableApiStop?.Value ?? false;
    protection.set(`${region} ${id}`, { at: now, on });
    return on;
  };

  return {
    /**
     * The refusals of the instances that have one. Stop protection is looked at only when asked for, at one call
     * for each running instance, and where it cannot be read StopInstances itself is the judge.
     */
    async of(
      region: string,
      instances: readonly Instance[],
      how: { protection: boolean; signal?: AbortSignal | undefined },
    ): Promise<ReadonlyMap<string, Why>> {
      const refusals = new Map<string, Why>();
      const open: Instance[] = [];
      for (const instance of instances) {
        const why = plainRefusal(instance);
        if (!why) open.push(instance);
        else if (instance.InstanceId) refusals.set(instance.InstanceId, why);
      }

      const spot = open.filter(isSpot);
      if (spot.length > 0) {
        const ids = spot.flatMap(({ SpotInstanceRequestId: id }) => id ?? []);
        const requests = await spotRequests(region, ids, how.signal).catch(() => {
          how.signal?.throwIfAborted();
          return new Map<string, SpotInstanceRequest>();
        });
        for (const { InstanceId: id, SpotInstanceRequestId: request = '' } of spot) {
          const why = spotRefusal(requests.get(request));
          if (id && why) refusals.set(id, why);
        }
      }

      if (how.protection) {
        const running = open.filter((one) => !isSpot(one) && one.State?.Name === 'running');
        await fewAtOnce(running, async ({ InstanceId: id = '' }) => {
          const on = await isProtected(region, id, how.signal).catch(() => {
            how.signal?.throwIfAborted();
            return false;
          });
          if (on)
            refusals.set(id, {
              reason: 'Stop protection is on',
              hint: 'Turn it off in the EC2 console (Instance settings), or with `aws ec2 modify-instance-attribute --no-disable-api-stop`.',
            });
        });
      }
      return refusals;
    },
  };
}
