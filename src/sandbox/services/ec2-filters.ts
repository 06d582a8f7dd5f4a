/** EC2's filters: values with wildcards, every filter must match, any of its values will do. */
import { AwsError } from '../errors.js';
import { type Instance, STATE_CODES } from '../state/instances.js';
import { wildcard } from '../wildcard.js';

/** One filter as the query protocol carries it. */
export interface Filter {
  readonly Name: string;
  readonly Value: readonly string[];
}

/** What each filter reads from a resource; `tag:…` comes on top, for resources that have tags. */
type Fields<Resource> = Readonly<Record<string, (resource: Resource) => readonly (string | undefined)[]>>;

/** Filters that DescribeInstances understands here. */
export const INSTANCE_FIELDS: Fields<Instance> = {
  'instance-id': (instance) => [instance.id],
  'instance-type': (instance) => [instance.type],
  'instance-state-name': (instance) => [instance.state],
  'instance-state-code': (instance) => [String(STATE_CODES[instance.state])],
  'instance-lifecycle': (instance) => [instance.spot === undefined ? undefined : 'spot'],
  'availability-zone': (instance) => [instance.availabilityZone],
  'private-ip-address': (instance) => [instance.privateIp],
  'root-device-type': (instance) => [instance.rootDevice],
  'operator.managed': (instance) => [String(instance.managedBy !== undefined)],
  'operator.principal': (instance) => [instance.managedBy],
  'tag-key': (instance) => Object.keys(instance.tags),
};

/** Those of `resources` that all filters let through. A filter that does not exist is an error. */
export function applyFilters<Resource>(
  resources: readonly Resource[],
  filters: readonly Filter[],
  fields: Fields<Resource>,
  tagsOf: (resource: Resource) => Readonly<Record<string, string>> = () => ({}),
): readonly Resource[] {
  const tests = filters.map(({ Name, Value }) => {
    const patterns = Value.map((value) => wildcard(value));
    const read = Name.startsWith('tag:')
      ? (resource: Resource) => [tagsOf(resource)[Name.slice('tag:'.length)]]
      : fields[Name];
    if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    return (resource: Resource) =>
      read(resource).some((value) => value !== undefined && patterns.some((pattern) => pattern.test(value)));
  });
  return resources.filter((resource) => tests.every((passes) => passes(resource)));
}
