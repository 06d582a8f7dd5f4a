/** What a stack's template refers to, as far as it is there: parameters, pseudo parameters, resources. */
import type { Stack, StackResource } from '../state/stacks.js';
import type { Region } from '../state/world.js';
import { type ResourceType, resourceType } from './resource-types.js';
import { resolve, type Scope } from './template.js';

/** What the stack's template can refer to, as far as its resources are there. */
export function scopeOf(stack: Stack, region: Region): Scope {
  const { parameters } = stack.next ?? stack.plan;
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': region.name,
    'AWS::AccountId': region.account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.name,
    'AWS::StackId': stack.id,
  };
  return {
    ref: (name) => pseudo[name] ?? parameters[name] ?? stack.resources.get(name)?.physicalId,
    attribute(logicalId, attribute) {
      const resource = stack.resources.get(logicalId);
      if (resource?.physicalId === undefined) return undefined;
      return typeOf(resource).attributes(resource.physicalId, region)[attribute];
    },
  };
}

/** The template's outputs. Every resource must be there. */
export function outputsOf(stack: Stack, region: Region): Stack['outputs'] {
  const scope = scopeOf(stack, region);
  return Object.entries(stack.plan.template.Outputs).map(([key, output]) => ({
    key,
    value: String(resolve(output.Value, scope)),
    description: output.Description,
  }));
}

/** A resource's type: stacks have no others than the sandbox knows. */
export function typeOf(resource: StackResource): ResourceType {
  const type = resourceType(resource.type);
  if (type === undefined) throw new Error(`No resource type ${resource.type}`);
  return type;
}
