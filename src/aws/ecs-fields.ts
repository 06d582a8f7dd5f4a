/** The pure half of the ECS driver: what a nap leaves, what a restore wants, and how two readings differ. */
import type { EcsFields, FieldName, Suspended } from '../core/driver.js';
import { fitted } from './bounds.js';
import { ALL_SUSPENDED, type Scalable } from './scalable.js';

/** The service's own field, and those of its scalable target, in the order they are told. */
const SCALABLE: readonly Exclude<FieldName, 'state' | 'desired'>[] = [
  'min',
  'max',
  'suspended.scaleIn',
  'suspended.scaleOut',
  'suspended.scheduled',
];

function fieldOf(scalable: Scalable, field: (typeof SCALABLE)[number]): number | boolean {
  switch (field) {
    case 'min':
      return scalable.min;
    case 'max':
      return scalable.max;
    case 'suspended.scaleIn':
      return scalable.suspended.scaleIn;
    case 'suspended.scaleOut':
      return scalable.suspended.scaleOut;
    case 'suspended.scheduled':
      return scalable.suspended.scheduled;
  }
}

/** What a nap of `saved` leaves. */
export function napOf(saved: EcsFields): EcsFields {
  const scalable = saved.scalable && { ...saved.scalable, min: 0, suspended: ALL_SUSPENDED };
  return { kind: 'ecs', desired: 0, scalable };
}

/**
 * Fields that differ. A scalable target on one side alone is no field of ours to put back or to have left: one
 * that was added meanwhile was never saved, and one that was removed is gone.
 */
export function differing(a: EcsFields, b: EcsFields): FieldName[] {
  const fields: FieldName[] = a.desired === b.desired ? [] : ['desired'];
  const [one, other] = [a.scalable, b.scalable];
  if (!one || !other) return fields;
  return [...fields, ...SCALABLE.filter((field) => fieldOf(one, field) !== fieldOf(other, field))];
}

/** What a restore of `saved` that spares `keep` is to end at, given how things stand now. */
export function wanted(saved: EcsFields, keep: readonly FieldName[], now: EcsFields): EcsFields {
  const kept = (field: FieldName) => keep.includes(field);
  const desired = kept('desired') ? now.desired : saved.desired;
  if (!saved.scalable || !now.scalable) return { kind: 'ecs', desired, scalable: now.scalable };
  const { min, max } = fitted(
    { desired: saved.desired, min: saved.scalable.min, max: saved.scalable.max },
    keep,
    { desired: now.desired, min: now.scalable.min, max: now.scalable.max },
  );
  const [was, is] = [saved.scalable.suspended, now.scalable.suspended];
  const suspended: Suspended = {
    scaleIn: kept('suspended.scaleIn') ? is.scaleIn : was.scaleIn,
    scaleOut: kept('suspended.scaleOut') ? is.scaleOut : was.scaleOut,
    scheduled: kept('suspended.scheduled') ? is.scheduled : was.scheduled,
  };
  return { kind: 'ecs', desired, scalable: { min, max, suspended } };
}
