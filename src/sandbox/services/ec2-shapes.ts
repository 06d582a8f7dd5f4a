/** EC2's resources as its XML has them. */
import { type Instance, isSpotRequestDisabled, STATE_CODES } from '../state/instances.js';
import type { Region } from '../state/world.js';
import type { Delays } from '../timing.js';

/** An element of DescribeInstances' reservationSet: here every instance has a reservation of its own. */
export function reservationXml(instance: Instance, account: string): object {
  return {
    reservationId: instance.id.replace('i-', 'r-'),
    ownerId: account,
    instancesSet: [instanceXml(instance)],
  };
}

/** The state of an instance as EC2 pairs it: code and name. */
export function stateXml(state: Instance['state']): object {
  return { code: STATE_CODES[state], name: state };
}

/** Tags as a tagSet. */
function tagsXml(tags: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** The Spot request's id for an instance that runs on Spot. */
export function spotRequestId(instance: Instance): string {
  return `sir-${instance.id.slice(-8)}`;
}

/** An element of DescribeSpotInstanceRequests' spotInstanceRequestSet. */
export function spotRequestXml(instance: Instance, now: number, delays: Delays): object {
  const disabled = isSpotRequestDisabled(instance, now, delays);
  const stopping = instance.state === 'stopping' || instance.state === 'stopped';
  return {
    spotInstanceRequestId: spotRequestId(instance),
    instanceId: instance.id,
    type: instance.spot,
    state: instance.state === 'terminated' ? 'closed' : disabled ? 'disabled' : 'active',
    status: {
      code: disabled ? 'instance-stopped-by-user' : stopping ? 'marked-for-stop' : 'fulfilled',
      updateTime: new Date(instance.stateSince),
    },
    instanceInterruptionBehavior: instance.spot === 'persistent' ? 'stop' : 'terminate',
    createTime: new Date(instance.launchedAt),
  };
}

/** An element of DescribeTags' tagSet. */
interface TagRow {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly key: string;
  readonly value: string;
}

/** The tags of everything in the region, as DescribeTags lists them. */
export function tagRows(region: Region): readonly TagRow[] {
  return [...region.instances.values()].flatMap((instance) =>
    Object.entries(instance.tags).map(([key, value]) => ({
      resourceId: instance.id,
      resourceType: 'instance',
      key,
      value,
    })),
  );
}

function instanceXml(instance: Instance): object {
  const gone = instance.state === 'terminated';
  const suffix = instance.id.slice(-8);
  return {
    instanceId: instance.id,
    imageId: 'ami-0c0ffee0c0ffee0c0',
    instanceState: stateXml(instance.state),
    privateDnsName: gone ? '' : `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal`,
    dnsName: '',
    reason: instance.transitionReason,
    amiLaunchIndex: 0,
    instanceType: instance.type,
    launchTime: new Date(instance.launchedAt),
    placement: { availabilityZone: instance.availabilityZone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    ...(gone
      ? {}
      : { subnetId: `subnet-0${suffix}`, vpcId: 'vpc-0dev', privateIpAddress: instance.privateIp }),
    stateReason: instance.stateReason,
    architecture: 'x86_64',
    rootDeviceType: instance.rootDevice,
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping:
      instance.rootDevice === 'ebs' && !gone
        ? [{ deviceName: '/dev/xvda', ebs: { volumeId: `vol-0${suffix}`, status: 'attached' } }]
        : [],
    virtualizationType: 'hvm',
    ...(instance.spot === undefined
      ? {}
      : { instanceLifecycle: 'spot', spotInstanceRequestId: spotRequestId(instance) }),
    tagSet: tagsXml(instance.tags),
    hibernationOptions: { configured: false },
    operator: {
      managed: instance.managedBy !== undefined,
      ...(instance.managedBy === undefined ? {} : { principal: instance.managedBy }),
    },
  };
}
