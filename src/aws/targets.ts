/** Small things that every driver says and asks about its targets. */
import type { Fields, Why } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import { type Kind, type Target, targetId } from '../core/target.js';

type OfKind<T extends { readonly kind: Kind }, K extends Kind> = Extract<T, { readonly kind: K }>;

/** Fields of the driver's own kind. Others reach it only by a mistake of the caller's, and that is thrown. */
export function expect<K extends Kind>(kind: K, fields: Fields): OfKind<Fields, K> {
  if (fields.kind !== kind) throw new TypeError(`The ${kind} driver was given fields of ${fields.kind}`);
  return fields as OfKind<Fields, K>;
}

/** Targets of the driver's own kind, likewise. */
export function targetsOf<K extends Kind>(kind: K, targets: readonly Target[]): OfKind<Target, K>[] {
  return targets.map((target) => {
    if (target.kind !== kind) throw new TypeError(`The ${kind} driver was given ${targetId(target)}`);
    return target as OfKind<Target, K>;
  });
}

/** The target does not exist (any more). */
export function goneError(target: Target, operation: string): OperationError {
  return new OperationError('missing', 'It does not exist in AWS', { operation, target: targetId(target) });
}

/** The driver itself refuses, as AWS would or as what follows would do harm. */
export function refusedError(target: Target, operation: string, why: Why): OperationError {
  return new OperationError('refused', why.reason, { operation, target: targetId(target), hint: why.hint });
}
