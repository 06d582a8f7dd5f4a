/** What is asked for when a service is chosen to nap. Pure. */
import type { RegisterRequest, WireService } from '../../src/control/wire.js';

/**
 * The fields that name it in the registry, and an instance's Name tag as its name, so that messages and commands call
 * it as people do. Names are unique: one that another service of `among` bears too is left out.
 */
export function registrationOf(service: WireService, among: readonly WireService[]): RegisterRequest {
  const { service_type, region, instance_id, cluster_name, service_name, nodegroup_name } = service;
  const name = service.name?.trim() ?? '';
  const isFree = among.every((other) => other.target === service.target || other.name?.trim() !== name);
  return {
    service_type,
    region,
    instance_id,
    cluster_name,
    service_name,
    nodegroup_name,
    ...(name !== '' && isFree && !LIKE_A_TARGET.test(name) ? { name } : {}),
  };
}

/** Nobody could tell such a name from a target. */
const LIKE_A_TARGET = /^(ec2|ecs|eks):/i;
