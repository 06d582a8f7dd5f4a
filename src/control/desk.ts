/**
 * The operations of the desk: those of `Control` and those beside it, looked up, checked and run. The control socket
 * and the dashboard serve them all; UDP serves those of `Control` that SPEC section 8 names.
 */
import { z } from 'zod';
import { BY_HAND, type Desk, type SettingView } from '../core/desk.js';
import { CommandError } from '../core/errors.js';
import { describeFault } from '../core/registry.js';
import { check, nothing, OPERATIONS, perform, word } from './operations.js';
import type { DeskOperationName, DeskOperations, OperationName, WireSetting } from './wire.js';

interface DeskOperation<Name extends DeskOperationName> {
  readonly schema: z.ZodType<DeskOperations[Name]['request']>;
  run(
    desk: Desk,
    request: DeskOperations[Name]['request'],
    by: string,
  ): Promise<DeskOperations[Name]['response']>;
}

const DESK_OPERATIONS: { readonly [Name in DeskOperationName]: DeskOperation<Name> } = {
  settings: {
    schema: nothing,
    run: async ({ settings }) => {
      const read = await settings.read();
      return {
        settings: read.settings.map(encodeSetting),
        faults: read.faults.map(describeFault),
        unknown_keys: read.unknownKeys,
      };
    },
  },
  changeSetting: {
    schema: z.strictObject({ key: word, value: z.json() }),
    run: async ({ settings }, { key, value }, by) => {
      const why = BY_HAND[key];
      if (why !== undefined && by === 'dashboard')
        throw new CommandError('REFUSED', `${key} cannot be set from a browser: ${why}`, {
          hint: `Set it in a terminal: "cloudnap config set ${key} VALUE".`,
        });
      return encodeSetting(await settings.change(key, value));
    },
  },
};

/** Every operation that can be asked of the desk. */
export const ALL_OPERATIONS: readonly (OperationName | DeskOperationName)[] = [
  ...(Object.keys(OPERATIONS) as OperationName[]),
  ...(Object.keys(DESK_OPERATIONS) as DeskOperationName[]),
];

/** Checks, then runs. @throws CommandError BAD_REQUEST when the request does not fit the operation. */
export async function performAtDesk(
  desk: Desk,
  operation: OperationName | DeskOperationName,
  request: unknown,
  by: string,
): Promise<object> {
  if (!isDeskOperation(operation)) return perform(desk.control, operation, request, by);
  const { schema, run } = DESK_OPERATIONS[operation] as DeskOperation<DeskOperationName>;
  return run(desk, check(schema, request), by);
}

function isDeskOperation(name: OperationName | DeskOperationName): name is DeskOperationName {
  return name in DESK_OPERATIONS;
}

function encodeSetting(view: SettingView): WireSetting {
  return { ...view, unit: view.unit ?? null, by_hand: BY_HAND[view.key] ?? null };
}
