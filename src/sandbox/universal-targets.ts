/**
 * What a schedule can call here: four of the scheduler's universal targets, `arn:aws:scheduler:::aws-sdk:SERVICE:action`.
 * Their input has the API's names in Pascal case whatever the wire has, and they are the wire's operations.
 */
import type { Question } from './policy.js';
import type { Service } from './service.js';
import { applicationAutoScaling, targetArn } from './services/application-autoscaling.js';
import { ec2 } from './services/ec2.js';
import { ecs } from './services/ecs.js';
import { ecsArn, nameOf } from './services/ecs-shapes.js';
import { eks } from './services/eks.js';
import { eksArn, nodegroupArn } from './services/eks-shapes.js';
import type { Region } from './state/world.js';

/** A target's input as JSON has it. */
type Input = Readonly<Record<string, unknown>>;

/** One API action that a schedule can call. */
export interface UniversalTarget {
  readonly service: Service;
  readonly operation: string;
  /** Names without which the scheduler refuses the schedule. */
  readonly required: readonly string[];
  /** The input as the operation takes it from the wire. */
  toWire(input: Input): Readonly<Record<string, unknown>>;
  /** What the role must be allowed, all of it. */
  needs(input: Input, region: Region): readonly Question[];
}

const PREFIX = 'arn:aws:scheduler:::aws-sdk:';

const TARGETS: Readonly<Record<string, UniversalTarget>> = {
  'ec2:stopInstances': {
    service: ec2,
    operation: 'StopInstances',
    required: ['InstanceIds'],
    toWire: ({ InstanceIds, Hibernate, Force }) => ({
      InstanceId: InstanceIds,
      ...(Hibernate === undefined ? {} : { Hibernate: String(Hibernate) }),
      ...(Force === undefined ? {} : { Force: String(Force) }),
    }),
    needs: ({ InstanceIds }, { name, account }) =>
      [InstanceIds].flat().map((id) => ({
        action: 'ec2:StopInstances',
        resource: `arn:aws:ec2:${name}:${account}:instance/${id}`,
      })),
  },
  'ecs:updateService': {
    service: ecs,
    operation: 'UpdateService',
    required: ['Service'],
    toWire: lowerFirst,
    needs: ({ Cluster, Service }, region) => [onService('ecs:UpdateService', region, Cluster, Service)],
  },
  'eks:updateNodegroupConfig': {
    service: eks,
    operation: 'UpdateNodegroupConfig',
    required: ['ClusterName', 'NodegroupName'],
    toWire: lowerFirst,
    needs({ ClusterName, NodegroupName }, region) {
      const cluster = String(ClusterName);
      const name = String(NodegroupName);
      const known = region.eksClusters.get(cluster)?.nodegroups.get(name);
      const resource = known ? nodegroupArn(region, known) : eksArn(region, `nodegroup/${cluster}/${name}/*`);
      return [{ action: 'eks:UpdateNodegroupConfig', resource }];
    },
  },
  'applicationautoscaling:registerScalableTarget': {
    service: applicationAutoScaling,
    operation: 'RegisterScalableTarget',
    required: ['ServiceNamespace', 'ResourceId', 'ScalableDimension'],
    toWire: (input) => ({ ...input }),
    // Application Auto Scaling asks the target's own service whether the caller may do there what it is about to do
    // (its user guide, "Permissions validation for Application Auto Scaling API calls on target resources").
    needs({ ResourceId, ServiceNamespace, ScalableDimension }, region) {
      const [, cluster, name] = String(ResourceId).split('/');
      return [
        {
          action: 'application-autoscaling:RegisterScalableTarget',
          resource: targetArn(region, String(ResourceId)),
          context: {
            'application-autoscaling:service-namespace': String(ServiceNamespace),
            'application-autoscaling:scalable-dimension': String(ScalableDimension),
          },
        },
        onService('ecs:DescribeServices', region, cluster, name),
        onService('ecs:UpdateService', region, cluster, name),
      ];
    },
  },
};

/** The target that an ARN names; undefined if the sandbox cannot call it. */
export function universalTarget(arn: string): UniversalTarget | undefined {
  const name = arn.slice(PREFIX.length);
  return arn.startsWith(PREFIX) && Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
}

function onService(action: string, region: Region, cluster: unknown, service: unknown): Question {
  const clusterName = nameOf(String(cluster ?? 'default'));
  return {
    action,
    resource: ecsArn(region, `service/${clusterName}/${nameOf(String(service))}`),
    context: { 'ecs:cluster': ecsArn(region, `cluster/${clusterName}`) },
  };
}

/** `{ScalingConfig: {MinSize: 0}}` as `{scalingConfig: {minSize: 0}}`. */
function lowerFirst(input: Input): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), lowered(value)]),
  );
}

function lowered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowered);
  return typeof value === 'object' && value !== null ? lowerFirst({ ...value }) : value;
}
