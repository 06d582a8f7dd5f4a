/**
 * Carries a stack's operation on, one resource after another, each in its time: creating, updating, deleting, and
 * taking back what was done when a resource fails.
 */
import { z } from 'zod';
import { AwsError } from '../errors.js';
import type { Journal } from '../journal.js';
import { refusalOf } from '../refusals.js';
import { iam } from '../services/iam.js';
import { scheduler } from '../services/scheduler.js';
import {
  type Properties,
  type Stack,
  type StackPlan,
  type StackResource,
  type Step,
  setResourceStatus,
  setStatus,
} from '../state/stacks.js';
import type { Region } from '../state/world.js';
import type { Delays } from '../timing.js';
import type { Troubles } from '../trouble.js';
import { generatedName, type Place, type ResourceType, resourceType } from './resource-types.js';
import { outputsOf, scopeOf, typeOf } from './scope.js';
import { inOrder, resolve } from './template.js';

/** What carrying on touches besides the region. */
export interface EngineState {
  readonly delays: Delays;
  readonly troubles: Troubles;
  readonly journal: Journal;
}

interface At extends EngineState {
  readonly region: Region;
  readonly now: number;
}

/** When a stack of the region is next carried on; undefined if none is being worked on. */
export function nextStackStep(region: Region): number | undefined {
  const instants = [...region.stacks.values()].flatMap(({ stepEndsAt }) => stepEndsAt ?? []);
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** Sets an operation going: the stack's state, then its steps, the first one now. */
export function beginOperation(
  stack: Stack,
  status: string,
  steps: readonly Step[],
  on: { readonly now: number; readonly reason?: string },
): void {
  setStatus(stack, on.now, status, on.reason);
  stack.steps = [...steps];
  stack.isStepBegun = false;
  stack.stepEndsAt = on.now;
}

/** A step for every resource of a template, in the order that they need one another. */
export function applyAll({ template }: StackPlan): readonly Step[] {
  return inOrder(template).map((logicalId) => ({ kind: 'apply', logicalId }));
}

/** A step to delete each of the resources, those first that may need the others. */
export function deleteAll(resources: Iterable<StackResource>): readonly Step[] {
  return [...resources].reverse().map((resource) => ({ kind: 'delete', resource }));
}

/** Carries on every stack of the region whose step is done by `now`. */
export function carryOn(region: Region, now: number, state: EngineState): void {
  for (const stack of region.stacks.values()) {
    if (stack.stepEndsAt === undefined || stack.stepEndsAt > now) continue;
    stack.stepEndsAt = undefined;
    const at = { ...state, region, now };
    const [step] = stack.steps;
    if (step === undefined) finish(stack, at);
    else if (stack.isStepBegun) complete(stack, step, at);
    else begin(stack, step, at);
  }
}

/** Begins a step; one with nothing to do is passed over. */
function begin(stack: Stack, step: Step, at: At): void {
  const { now, delays } = at;
  try {
    if (step.kind === 'delete') {
      setResourceStatus(stack, step.resource, now, 'DELETE_IN_PROGRESS');
      typeOf(step.resource).beginDelete(step.resource.physicalId ?? '', placeOf(stack, at));
    } else if (step.kind === 'revert') {
      setResourceStatus(stack, step.resource, now, 'UPDATE_IN_PROGRESS');
    } else if (apply(stack, step.logicalId, at) === undefined) {
      goOn(stack, now);
      return;
    }
    stack.isStepBegun = true;
    stack.stepEndsAt = now + delays.stackResource;
  } catch (error) {
    fail(stack, step, reasonOf(error), at);
  }
}

/** Notes what the template wants of a resource; undefined if it is so already. */
function apply(stack: Stack, logicalId: string, at: At): StackResource | undefined {
  const { template } = stack.next ?? stack.plan;
  const wanted = template.Resources[logicalId];
  if (wanted === undefined) throw new Error(`The template has no ${logicalId}`);
  const properties = resolve(wanted.Properties, scopeOf(stack, at.region)) as Properties;
  const known = stack.resources.get(logicalId);
  if (known !== undefined && JSON.stringify(known.properties) === JSON.stringify(properties))
    return undefined;
  const type = resourceType(wanted.Type);
  const isReplaced =
    known?.type !== wanted.Type ||
    known.properties[type?.nameProperty ?? ''] !== properties[type?.nameProperty ?? ''];
  const resource: StackResource = {
    logicalId,
    type: wanted.Type,
    physicalId: isReplaced ? undefined : known.physicalId,
    properties,
    status: '',
    reason: undefined,
    changedAt: at.now,
  };
  const undo: Step = !isReplaced
    ? { kind: 'revert', resource: known }
    : { kind: 'delete', resource, ...(known === undefined ? {} : { restores: known }) };
  stack.undo.unshift(undo);
  stack.resources.set(logicalId, resource);
  setResourceStatus(
    stack,
    resource,
    at.now,
    known === undefined ? 'CREATE_IN_PROGRESS' : 'UPDATE_IN_PROGRESS',
  );
  return resource;
}

function complete(stack: Stack, step: Step, at: At): void {
  const { now } = at;
  try {
    if (step.kind === 'delete') {
      remove(stack, step, at);
    } else {
      const resource = step.kind === 'revert' ? step.resource : stack.resources.get(step.logicalId);
      if (resource === undefined) throw new Error('A step lost its resource');
      put(stack, resource, at);
      stack.resources.set(resource.logicalId, resource);
      const done = resource.status.replace('_IN_PROGRESS', '_COMPLETE');
      setResourceStatus(stack, resource, now, done);
    }
    goOn(stack, now);
  } catch (error) {
    fail(stack, step, reasonOf(error), at);
  }
}

function put(stack: Stack, resource: StackResource, at: At): void {
  const type = typeOf(resource);
  const place = placeOf(stack, at);
  if (resource.physicalId !== undefined) {
    ask(stack, type, type.calls.update, resource.properties, at);
    type.update(resource.physicalId, resource.properties, place);
    return;
  }
  const given = resource.properties[type.nameProperty];
  const name = typeof given === 'string' ? given : generatedName(stack.name, resource.logicalId);
  ask(stack, type, type.calls.create, { ...resource.properties, [type.nameProperty]: name }, at);
  type.create(name, resource.properties, place);
  resource.physicalId = name;
}

function remove(stack: Stack, { resource, restores }: Step & { kind: 'delete' }, at: At): void {
  const type = typeOf(resource);
  if (resource.physicalId !== undefined) {
    ask(stack, type, type.calls.delete, { [type.nameProperty]: resource.physicalId }, at);
    type.delete(resource.physicalId, placeOf(stack, at));
  }
  setResourceStatus(stack, resource, at.now, 'DELETE_COMPLETE');
  if (restores !== undefined) stack.resources.set(restores.logicalId, restores);
  else if (stack.resources.get(resource.logicalId) === resource) stack.resources.delete(resource.logicalId);
}

/** The call that CloudFormation makes on the way: it meets trouble and goes into the journal. */
function ask(stack: Stack, type: ResourceType, operation: string, parameters: Properties, at: At): void {
  const { region, now, troubles, journal } = at;
  const service = type.service === iam.signingName ? iam : scheduler;
  const call = { service: type.service, operation, region: region.name, parameters };
  const refusal = troubles
    .meet(call)
    .map((effect) => refusalOf(effect, service, stack.caller, operation))
    .find(Boolean);
  const { account, arn: by } = stack.caller;
  const outcome = refusal === undefined ? {} : { error: refusal.code };
  journal.record({ ...call, ...outcome, at: now, account, by, answered: true });
  if (refusal !== undefined) throw refusal;
}

/** On to the next step. */
function goOn(stack: Stack, now: number): void {
  stack.steps.shift();
  stack.isStepBegun = false;
  stack.stepEndsAt = now;
}

function finish(stack: Stack, { region, now }: At): void {
  if (stack.status === 'UPDATE_IN_PROGRESS') {
    cleanUp(stack, region, now);
    return;
  }
  if (stack.status === 'CREATE_IN_PROGRESS') stack.outputs = outputsOf(stack, region);
  if (stack.status === 'DELETE_IN_PROGRESS') stack.deletedAt = now;
  stack.undo = [];
  setStatus(stack, now, stack.status.replace(/(_COMPLETE_CLEANUP)?_IN_PROGRESS$/, '_COMPLETE'));
}

/** An update that went through deletes what the new template does without, and what it replaced. */
function cleanUp(stack: Stack, region: Region, now: number): void {
  stack.plan = stack.next ?? stack.plan;
  stack.next = undefined;
  const replaced = stack.undo.flatMap((step) => (step.kind === 'delete' ? (step.restores ?? []) : []));
  const dropped = [...stack.resources.values()].filter(
    ({ logicalId }) => stack.plan.template.Resources[logicalId] === undefined,
  );
  stack.undo = [];
  stack.outputs = outputsOf(stack, region);
  beginOperation(stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', deleteAll([...dropped, ...replaced]), { now });
}

/** A resource failed: what the operation did so far is taken back, or the stack is left as failed. */
function fail(stack: Stack, step: Step, reason: string, { now }: At): void {
  const logicalId = step.kind === 'apply' ? step.logicalId : step.resource.logicalId;
  const resource = step.kind === 'apply' ? stack.resources.get(logicalId) : step.resource;
  if (resource !== undefined) {
    const failed = resource.status.replace('_IN_PROGRESS', '_FAILED');
    setResourceStatus(stack, resource, now, failed, reason);
  }
  const why = `The following resource(s) failed: [${logicalId}].`;
  const { undo } = stack;
  stack.undo = [];
  if (stack.status === 'CREATE_IN_PROGRESS' && stack.onFailure !== 'DO_NOTHING') {
    const back = stack.onFailure === 'DELETE' ? 'DELETE_IN_PROGRESS' : 'ROLLBACK_IN_PROGRESS';
    beginOperation(stack, back, undo, { now, reason: `${why} Rollback requested by user.` });
  } else if (stack.status === 'UPDATE_IN_PROGRESS') {
    stack.next = undefined;
    beginOperation(stack, 'UPDATE_ROLLBACK_IN_PROGRESS', undo, { now, reason: why });
  } else if (stack.status === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') {
    // What could not be cleaned up is left behind: the update stands.
    goOn(stack, now);
  } else {
    setStatus(stack, now, stack.status.replace('_IN_PROGRESS', '_FAILED'), why);
  }
}

function placeOf(stack: Stack, { region, now, delays }: At): Place {
  return { region, now, delays, stack };
}

/** The reason in CloudFormation's words; a fault of the sandbox's own goes on as one. */
function reasonOf(error: unknown): string {
  if (error instanceof AwsError)
    return `Resource handler returned message: "${error.message}" (HandlerErrorCode: ${error.code})`;
  if (error instanceof z.ZodError) return `Properties validation failed: ${z.prettifyError(error)}`;
  throw error;
}
