/** CloudFormation's stacks, events and resources as its XML has them. */
import type { Stack, StackEvent, StackResource } from '../state/stacks.js';

/** A stack as DescribeStacks answers it. */
export function stackXml(stack: Stack): object {
  const { plan } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    Description: plan.template.Description,
    Parameters: Object.entries(plan.parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
    CreationTime: new Date(stack.createdAt),
    LastUpdatedTime: dateOf(stack.updatedAt),
    DeletionTime: dateOf(stack.deletedAt),
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: stack.onFailure === 'DO_NOTHING',
    Capabilities: plan.capabilities,
    Outputs: stack.outputs.map(({ key, value, description }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
    })),
    Tags: Object.entries(plan.tags).map(([Key, Value]) => ({ Key, Value })),
    EnableTerminationProtection: false,
  };
}

/** An event as DescribeStackEvents answers it. */
export function eventXml(stack: Stack, event: StackEvent): object {
  return {
    EventId: event.id,
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId ?? '',
    ResourceType: event.type,
    Timestamp: new Date(event.at),
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties === undefined ? undefined : JSON.stringify(event.properties),
    ClientRequestToken: event.token,
  };
}

/** A resource as DescribeStackResources answers it. */
export function resourceXml(stack: Stack, resource: StackResource): object {
  return {
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    Timestamp: new Date(resource.changedAt),
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.reason,
  };
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
