/** services.yaml in its own words (SPEC section 4), and what its entries mean to the core. */
import { z } from 'zod';
import type { RegistrationDraft } from '../core/registry.js';
import type { Kind, Target } from '../core/target.js';
import {
  choice,
  clusterName,
  flag,
  instanceId,
  MAX_MINUTES,
  nodegroupName,
  number,
  regionName,
  serviceName,
  text,
  whole,
} from './fields.js';

/** The key of each kind's list. */
export const SECTIONS = {
  ec2: 'ec2_instances',
  ecs: 'ecs_services',
  eks: 'eks_nodegroups',
} as const satisfies Record<Kind, string>;
export type Section = (typeof SECTIONS)[Kind];

/** Far above any quota of tasks or nodes. */
const MAX_SIZE = 100_000;

const NAME = 'a short name that does not begin with ec2:, ecs: or eks:';
const TARGETS = 'a list of target names such as [db, "ec2:eu-central-1:i-1234567890abcdef0"]';
const size = (of: string) => whole({ min: 0, max: MAX_SIZE, of });

/** What every entry may have; null is as good as absent, for a key whose value was not filled in. */
const common = {
  name: text(NAME, (value) => value.trim() === value && !/^(ec2|ecs|eks):/i.test(value))
    .nullish()
    .meta({ description: 'A unique name to call the target by.' }),
  description: z.string({ error: 'text' }).nullish().meta({ description: 'For people; shown in lists.' }),
  enabled: flag().nullish().meta({ description: 'false: the entry stays, but the target is left alone.' }),
  inactivity_timeout_minutes: number({ above: 0, max: MAX_MINUTES, of: 'of minutes' })
    .nullish()
    .meta({ description: 'Its own timeout instead of the one in settings.json; fractions are allowed.' }),
  depends_on: z
    .array(text('a target name'), { error: TARGETS })
    .nullish()
    .meta({ description: 'Targets that must run before it: names or target names of other entries.' }),
  shared: flag().nullish().meta({
    description: 'true: teammates need it too; it naps when nobody in the team holds it (leases.team).',
  }),
};

const region = () => regionName().meta({ description: 'The AWS region, such as eu-central-1.' });

const ENTRY = { error: 'an entry with its keys indented under "-"' };

const ec2Entry = z.strictObject(
  { instance_id: instanceId().meta({ description: 'The instance id.' }), region: region(), ...common },
  ENTRY,
);
const ecsEntry = z.strictObject(
  {
    cluster_name: clusterName().meta({ description: "The ECS cluster's name." }),
    service_name: serviceName().meta({ description: "The service's name." }),
    region: region(),
    desired_count: size('of tasks')
      .nullish()
      .meta({ description: 'Tasks for an explicit start when nothing better is remembered.' }),
    ...common,
  },
  ENTRY,
);
const eksEntry = z.strictObject(
  {
    cluster_name: clusterName().meta({ description: "The EKS cluster's name." }),
    nodegroup_name: nodegroupName().meta({ description: "The managed node group's name." }),
    region: region(),
    desired_size: size('of nodes')
      .nullish()
      .meta({ description: 'Nodes for an explicit start when nothing better is remembered.' }),
    autoscaler: choice('ours').nullish().meta({
      description: 'ours: nap it although the Cluster Autoscaler is tagged to manage it.',
    }),
    ...common,
  },
  ENTRY,
);

const list = <T extends z.ZodType>(entry: T, description: string) =>
  z.array(entry, { error: 'a list of entries, each beginning with "-"' }).nullish().meta({ description });

/** The whole file. Strict, as with the settings: unknown keys are told and kept. */
export const servicesSchema = z.strictObject(
  {
    ec2_instances: list(ec2Entry, 'EC2 instances.'),
    ecs_services: list(ecsEntry, 'ECS services.'),
    eks_nodegroups: list(eksEntry, 'EKS managed node groups.'),
  },
  { error: `the keys ${Object.values(SECTIONS).join(', ')}` },
);
export type ServicesYaml = z.output<typeof servicesSchema>;

type CommonEntry = z.output<z.ZodObject<typeof common>>;

/** An entry of any kind: its target, the size it names, and what every entry may have. */
export interface AnyEntry {
  readonly section: Section;
  /** From 0, within its section. */
  readonly index: number;
  readonly target: Target;
  readonly desired: number | undefined;
  readonly autoscalerOurs: boolean;
  readonly common: CommonEntry;
}

/** All entries, kind after kind, each in the file's order. */
export function entriesOf(yaml: ServicesYaml): readonly AnyEntry[] {
  return [
    ...(yaml.ec2_instances ?? []).map((entry, index): AnyEntry => {
      const target: Target = { kind: 'ec2', region: entry.region, instanceId: entry.instance_id };
      return {
        section: SECTIONS.ec2,
        index,
        target,
        desired: undefined,
        autoscalerOurs: false,
        common: entry,
      };
    }),
    ...(yaml.ecs_services ?? []).map((entry, index): AnyEntry => {
      const { region, cluster_name: cluster, service_name: service } = entry;
      const target: Target = { kind: 'ecs', region, cluster, service };
      const desired = entry.desired_count ?? undefined;
      return { section: SECTIONS.ecs, index, target, desired, autoscalerOurs: false, common: entry };
    }),
    ...(yaml.eks_nodegroups ?? []).map((entry, index): AnyEntry => {
      const { region, cluster_name: cluster, nodegroup_name: nodegroup } = entry;
      const target: Target = { kind: 'eks', region, cluster, nodegroup };
      const desired = entry.desired_size ?? undefined;
      const autoscalerOurs = entry.autoscaler === 'ours';
      return { section: SECTIONS.eks, index, target, desired, autoscalerOurs, common: entry };
    }),
  ];
}

/** A new entry as it is written: the keys in the order people know them, absent ones left out. */
export function entryOf(draft: RegistrationDraft): Readonly<Record<string, unknown>> {
  const { target } = draft;
  const keys = {
    ...targetKeys(target),
    region: target.region,
    name: draft.name,
    // An instance has no size: the key is then unknown there, which is told.
    [target.kind === 'ecs' ? 'desired_count' : 'desired_size']: draft.desired,
    description: draft.description,
    enabled: draft.enabled,
    inactivity_timeout_minutes: draft.timeoutMinutes,
    depends_on: draft.dependsOn,
    autoscaler: draft.autoscaler,
    shared: draft.shared,
  };
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}

function targetKeys(target: Target): Record<string, string> {
  switch (target.kind) {
    case 'ec2':
      return { instance_id: target.instanceId };
    case 'ecs':
      return { cluster_name: target.cluster, service_name: target.service };
    case 'eks':
      return { cluster_name: target.cluster, nodegroup_name: target.nodegroup };
  }
}
