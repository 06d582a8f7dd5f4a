/**
 * What is owed and whose each field is, kept from the changes themselves as they reach the world: a field that
 * Cloudnap's naps changed is owed its former value, until it is back or a person has changed it.
 */
import type { FieldName, Fields } from '../../src/core/driver.js';
import type { TargetId } from '../../src/core/target.js';

type Value = number | boolean;
export type Plain = ReadonlyMap<FieldName, Value>;

interface Personal {
  readonly value: Value;
  readonly at: number;
  /** The value is just what the nap had left: nobody can tell that a person has set it. */
  readonly untraceable: boolean;
}

export interface Account {
  /** Fields a nap has changed, with what they were. */
  readonly owed: Map<FieldName, Value>;
  /** What our last change of a field left. */
  readonly left: Map<FieldName, Value>;
  readonly personal: Map<FieldName, Personal>;
  /** What was there before changes that were not ours, newest last. */
  readonly before: { readonly at: number; readonly fields: Fields }[];
}

/** The fields of a snapshot by name; a kind's own form is flattened. */
export function plain(fields: Fields | undefined): Plain {
  const all = new Map<FieldName, Value>();
  if (!fields) return all;
  switch (fields.kind) {
    case 'ec2':
      all.set('state', fields.running);
      break;
    case 'ecs':
      all.set('desired', fields.desired);
      if (fields.scalable) {
        const { min, max, suspended } = fields.scalable;
        all.set('min', min).set('max', max);
        all.set('suspended.scaleIn', suspended.scaleIn).set('suspended.scaleOut', suspended.scaleOut);
        all.set('suspended.scheduled', suspended.scheduled);
      }
      break;
    case 'eks':
      all.set('min', fields.min).set('desired', fields.desired).set('max', fields.max);
  }
  return all;
}

/** Fields that differ, with their value in `to`; fields on one side alone are passed over. */
export function changes(from: Fields | undefined, to: Fields | undefined): [FieldName, Value, Value][] {
  const [before, after] = [plain(from), plain(to)];
  return [...after].flatMap(([field, value]): [FieldName, Value, Value][] => {
    const was = before.get(field);
    return was === undefined || was === value ? [] : [[field, was, value]];
  });
}

/** The field that says whether, and how many, it runs. */
export function isSize(field: FieldName): boolean {
  return field === 'desired' || field === 'state';
}

export class Owed {
  readonly #accounts = new Map<string, Account>();

  of(account: string, id: TargetId): Account {
    const key = `${account} ${id}`;
    let found = this.#accounts.get(key);
    if (!found) {
      found = { owed: new Map(), left: new Map(), personal: new Map(), before: [] };
      this.#accounts.set(key, found);
    }
    return found;
  }

  /** A person, or AWS itself, has changed a target. `traceless`: no nap of ours is confirmed;
   * `isRestoring`: no restore is. */
  others(
    about: {
      account: string;
      id: TargetId;
      at: number;
      isPerson: boolean;
      traceless: boolean;
      isRestoring: boolean;
    },
    from: Fields | undefined,
    to: Fields | undefined,
  ): void {
    const record = this.of(about.account, about.id);
    if (from) record.before.push({ at: about.at, fields: from });
    if (record.before.length > 20) record.before.shift();
    if (!to) {
      record.owed.clear();
      record.personal.clear();
      return;
    }
    for (const [field, , value] of changes(from, to)) {
      if (!about.isPerson) continue;
      // As a nap leaves it: while the nap or its restore was never confirmed it may as well have been ours.
      const asNapped = value === (field === 'state' ? false : typeof value === 'number' ? 0 : true);
      const asLeft = field !== 'state' && record.left.get(field) === value;
      const isUnseen = about.traceless || (about.isRestoring && field !== 'state');
      const untraceable = asLeft || (isUnseen && asNapped);
      record.personal.set(field, { value, at: about.at, untraceable });
      record.owed.delete(field);
    }
  }
}
