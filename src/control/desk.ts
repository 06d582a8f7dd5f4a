/**
 * The operations of the desk: those of `Control` and those beside it, looked up, checked and run. The control socket
 * and the dashboard serve them all; UDP serves those of `Control` that SPEC section 8 names.
 */
import { z } from 'zod';
import { BY_HAND, type Desk, type SettingView } from '../core/desk.js';
import { CommandError } from '../core/errors.js';
import { describeFault } from '../core/registry.js';
import type { SignIn, SignInState } from '../core/sign-in.js';
import { encodeDone, rfc3339 } from './encode.js';
import { encodeSavings } from './encode-savings.js';
import { encodeTimeline } from './encode-timeline.js';
import { LEASE_OPERATIONS } from './lease-operations.js';
import { check, nothing, OPERATIONS, perform, word } from './operations.js';
import type { OperationName } from './wire.js';
import type { DeskOperationName, DeskOperations, WireSetting, WireSignIn } from './wire-desk.js';

interface DeskOperation<Name extends DeskOperationName> {
  readonly schema: z.ZodType<DeskOperations[Name]['request']>;
  run(
    desk: Desk,
    request: DeskOperations[Name]['request'],
    by: string,
  ): Promise<DeskOperations[Name]['response']>;
}

/** RFC 3339, as wall milliseconds are told everywhere. */
const instant = z.iso.datetime({ offset: true });

const secret = z.string().min(1, 'must not be empty').max(4_096);

const DESK_OPERATIONS: { readonly [Name in DeskOperationName]: DeskOperation<Name> } = {
  ...LEASE_OPERATIONS,
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
      const why = Object.hasOwn(BY_HAND, key) ? BY_HAND[key] : undefined;
      if (why !== undefined && by === 'dashboard')
        throw new CommandError('REFUSED', `${key} cannot be set from a browser: ${why}`, {
          hint: `Set it in a terminal: "cloudnap config set ${key} VALUE".`,
        });
      return encodeSetting(await settings.change(key, value));
    },
  },
  savings: {
    schema: z.strictObject({ from: instant.optional(), to: instant.optional() }),
    run: async ({ records }, { from, to }) =>
      encodeSavings(
        await records.savings({
          ...(from === undefined ? {} : { from: Date.parse(from) }),
          ...(to === undefined ? {} : { to: Date.parse(to) }),
        }),
      ),
  },
  timeline: {
    schema: z.strictObject({ from: instant, to: instant }),
    run: async ({ records }, { from, to }) =>
      encodeTimeline(await records.timeline({ from: Date.parse(from), to: Date.parse(to) })),
  },
  signInState: {
    schema: nothing,
    run: async ({ signIn }) => (signIn ? encodeSignIn(await signIn.state()) : GIVEN),
  },
  signInWithKeys: {
    schema: z.strictObject({
      access_key_id: secret,
      secret_access_key: secret,
      session_token: z.string().max(16_384).optional(),
      region: word.optional(),
      save: z.enum(['memory', 'keyring', 'file']).optional(),
      passphrase: secret.optional(),
    }),
    run: async (desk, { access_key_id, secret_access_key, session_token, region, save, passphrase }) => {
      const keys = {
        accessKeyId: access_key_id,
        secretAccessKey: secret_access_key,
        sessionToken: session_token,
        region,
      };
      return changeable(desk).withKeys({ keys, save, passphrase });
    },
  },
  signInWithProfile: {
    schema: z.strictObject({ profile: word }),
    run: async (desk, { profile }) => changeable(desk).withProfile({ profile }),
  },
  unlock: {
    schema: z.strictObject({ passphrase: secret.optional() }),
    run: async (desk, { passphrase }) => changeable(desk).unlock({ passphrase }),
  },
  signOut: {
    schema: nothing,
    run: async (desk) => encodeDone(await changeable(desk).signOut()),
  },
  profiles: {
    schema: nothing,
    run: async ({ signIn }) => ({ profiles: (await signIn?.profiles()) ?? [] }),
  },
  permissions: {
    schema: nothing,
    run: async (desk) => {
      const { region, permissions } = await changeable(desk).permissions();
      return { region, permissions };
    },
  },
};

/** Every operation that can be asked of the desk. */
export const ALL_OPERATIONS: readonly (OperationName | DeskOperationName)[] = [
  ...(Object.keys(OPERATIONS) as OperationName[]),
  ...(Object.keys(DESK_OPERATIONS) as DeskOperationName[]),
];

/** What a request must look like. */
export function requestSchemaOf(operation: OperationName | DeskOperationName): z.ZodType {
  return isDeskOperation(operation) ? DESK_OPERATIONS[operation].schema : OPERATIONS[operation].schema;
}

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

/** @throws CommandError REFUSED where the keys are given */
function changeable({ signIn }: Desk): SignIn {
  if (signIn) return signIn;
  throw new CommandError('REFUSED', 'This daemon was given its keys, and uses no others', {
    hint: 'The demo works on a make-believe AWS; "cloudnap start" runs a daemon for your own account.',
  });
}

const NOWHERE = { available: false, why: 'the keys are given' } as const;

const GIVEN: WireSignIn = {
  changeable: false,
  source: null,
  identity: null,
  expires_at: null,
  problem: null,
  places: { keyring: NOWHERE, file: NOWHERE },
};

function encodeSignIn({ source, identity, expiresAt, problem, places }: SignInState): WireSignIn {
  return {
    changeable: true,
    source,
    identity: identity ? { account: identity.account, arn: identity.arn } : null,
    expires_at: rfc3339(expiresAt),
    problem: problem ? { ...problem, hint: problem.hint ?? null } : null,
    places,
  };
}
