/** CloudFormation's stacks: what is in them, how far the operation at hand has come, and what happened so far. */
import { randomUUID } from 'node:crypto';
import type { Template } from '../cloudformation/template.js';
import type { Caller } from '../credentials.js';

/** A resource's properties with every function in them worked out. */
export type Properties = Readonly<Record<string, unknown>>;

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  physicalId: string | undefined;
  properties: Properties;
  status: string;
  reason: string | undefined;
  changedAt: number;
}

/** Something to be done to one resource. */
export type Step =
  /** Makes it, changes it, replaces it or leaves it, as the template that is being applied says. */
  | { readonly kind: 'apply'; readonly logicalId: string }
  /** Gives it back the properties that it had. */
  | { readonly kind: 'revert'; readonly resource: StackResource }
  /** `restores`: what stands in its place again once it is gone. */
  | { readonly kind: 'delete'; readonly resource: StackResource; readonly restores?: StackResource };

/** What a stack is to be like. */
export interface StackPlan {
  /** The template as it was handed in. */
  readonly text: string;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface StackEvent {
  readonly id: string;
  readonly at: number;
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
  readonly properties: Properties | undefined;
  readonly token: string | undefined;
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly onFailure: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';
  /** The token that it was made with: the same again is the same call. */
  readonly createToken: string | undefined;
  /** Who asked for the operation at hand: its calls are theirs. */
  caller: Caller;
  /** The token of the operation at hand. */
  token: string | undefined;
  updatedAt: number | undefined;
  deletedAt: number | undefined;
  status: string;
  reason: string | undefined;
  /** As last applied whole, or for a new stack as it is being applied. */
  plan: StackPlan;
  /** The one that an update is applying. */
  next: StackPlan | undefined;
  outputs: readonly {
    readonly key: string;
    readonly value: string;
    readonly description: string | undefined;
  }[];
  readonly resources: Map<string, StackResource>;
  /** Oldest first. */
  readonly events: StackEvent[];
  /** What is left of the operation at hand. */
  steps: Step[];
  /** What would take back the steps that are done, last first. */
  undo: Step[];
  /** Whether the first step is under way, or only next. */
  isStepBegun: boolean;
  /** When the step under way is done, or the next one begins. */
  stepEndsAt: number | undefined;
}

/** Notes an event of the stack itself or, with `about`, of a resource. */
function noteEvent(stack: Stack, now: number, about?: StackResource): void {
  stack.events.push({
    id: randomUUID(),
    at: now,
    logicalId: about?.logicalId ?? stack.name,
    physicalId: about === undefined ? stack.id : about.physicalId,
    type: about?.type ?? 'AWS::CloudFormation::Stack',
    status: about?.status ?? stack.status,
    reason: about === undefined ? stack.reason : about.reason,
    properties: about?.properties,
    token: stack.token,
  });
}

/** Puts the stack into a state, with an event. */
export function setStatus(stack: Stack, now: number, status: string, reason?: string): void {
  stack.status = status;
  stack.reason = reason;
  noteEvent(stack, now);
}

/** Puts a resource into a state, with an event. */
export function setResourceStatus(
  stack: Stack,
  resource: StackResource,
  now: number,
  status: string,
  reason?: string,
): void {
  resource.status = status;
  resource.reason = reason;
  resource.changedAt = now;
  noteEvent(stack, now, resource);
}
