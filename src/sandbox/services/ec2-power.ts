/**
 * StartInstances and StopInstances. Both are all or nothing: every instance of the call is checked before the
 * first one is touched, so one that cannot loses the others their turn.
 */
import { AwsError } from '../errors.js';
import { beginStart, beginStop, type Instance, isSpotRequestDisabled } from '../state/instances.js';
import type { Region } from '../state/world.js';
import type { Delays } from '../timing.js';
import { stateXml } from './ec2-shapes.js';

/** The instances with these ids, in the ids' order; one that does not exist fails the call. */
export function instancesOf(region: Region, ids: readonly string[]): readonly Instance[] {
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined) {
    throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  }
  const found = ids.flatMap((id) => region.instances.get(id) ?? []);
  if (found.length < ids.length) {
    const missing = ids.filter((id) => !region.instances.has(id)).join(', ');
    const [one, verb] = missing.includes(',') ? ['IDs', 'do'] : ['ID', 'does'];
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ${one} '${missing}' ${verb} not exist`);
  }
  return found;
}

/** Starts them all, or none. Running ones stay as they are. */
export function startInstances(instances: readonly Instance[], now: number, delays: Delays): object {
  for (const instance of instances) checkStart(instance, now, delays);
  return {
    instancesSet: instances.map((instance) =>
      change(instance, () => {
        if (instance.state === 'stopped') beginStart(instance, now);
      }),
    ),
  };
}

/** Stops them all, or none. Stopped ones stay as they are. */
export function stopInstances(
  instances: readonly Instance[],
  options: { readonly hibernate: boolean },
  now: number,
): object {
  for (const instance of instances) checkStop(instance, options.hibernate);
  return {
    instancesSet: instances.map((instance) =>
      change(instance, () => {
        if (instance.state === 'running') beginStop(instance, now);
      }),
    ),
  };
}

function change(instance: Instance, effect: () => void): object {
  const previousState = stateXml(instance.state);
  effect();
  return { instanceId: instance.id, currentState: stateXml(instance.state), previousState };
}

function checkStart(instance: Instance, now: number, delays: Delays): void {
  const { id, state } = instance;
  checkManaged(instance);
  if (state === 'terminated' || state === 'stopping') {
    throw new AwsError(
      'IncorrectInstanceState',
      `The instance '${id}' is not in a state from which it can be started.`,
    );
  }
  if (
    state === 'stopped' &&
    instance.spot === 'persistent' &&
    !isSpotRequestDisabled(instance, now, delays)
  ) {
    throw new AwsError(
      'IncorrectSpotRequestState',
      `You can't start the Spot Instance '${id}' because the associated Spot Instance request is not in an appropriate state to support start.`,
    );
  }
}

function checkStop(instance: Instance, hibernate: boolean): void {
  const { id, state } = instance;
  checkManaged(instance);
  if (instance.stopProtected) {
    throw new AwsError(
      'OperationNotPermitted',
      `The instance '${id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
    );
  }
  if (instance.rootDevice === 'instance-store') {
    throw new AwsError(
      'UnsupportedOperation',
      `The instance '${id}' does not have an 'ebs' root device type and cannot be stopped.`,
    );
  }
  if (instance.spot === 'one-time') {
    throw new AwsError(
      'UnsupportedOperation',
      `You can't stop the Spot Instance '${id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
    );
  }
  if (hibernate) {
    throw new AwsError(
      'UnsupportedHibernationConfiguration',
      `The instance '${id}' is not configured for hibernation.`,
    );
  }
  if (state === 'terminated' || state === 'pending') {
    throw new AwsError(
      'IncorrectInstanceState',
      `This instance '${id}' is not in a state from which it can be stopped.`,
    );
  }
}

function checkManaged({ id, managedBy }: Instance): void {
  if (managedBy === undefined) return;
  throw new AwsError(
    'OperationNotPermitted',
    `The instance '${id}' is managed by the operator '${managedBy}'.`,
  );
}
