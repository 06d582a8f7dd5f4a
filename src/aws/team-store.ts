/** The table itself: made, waited for, and known to be a team's before anything in it is believed or written. */
import { messageOf, OperationError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { TeamPlace } from '../core/team.js';
import type { Clients } from './clients.js';
import type { TeamCalls } from './team-calls.js';
import { EXPIRES, KEY, MARKER } from './team-rows.js';

/** How often it is looked whether a table can be used yet, and for how long, in milliseconds. It takes seconds. */
const LOOK_MS = 1_000;
const PATIENCE_MS = 5 * 60_000;

/** The one table of a team. */
export function createTeamStore(options: {
  clients: Clients;
  calls: TeamCalls;
  clock: Clock;
  log: Logger;
  place: TeamPlace;
}) {
  const { clients, calls, clock, log, place } = options;
  const { table, region } = place;
  let isOpen = false;

  const foreign = (why: string, cause?: unknown) =>
    new OperationError('refused', `The table ${table} in ${region} is not a Cloudnap team's: ${why}`, {
      operation: 'dynamodb:GetItem',
      hint: 'Name another table in leases.team.table, or make one with `cloudnap team create`.',
      cause,
    });

  /** Whether the row is there by which a team's table is known. */
  const isMarked = async (signal?: AbortSignal): Promise<boolean> => {
    try {
      const marker = await calls.get(MARKER[KEY]?.S ?? '', signal);
      return marker?.kind?.S === MARKER.kind?.S;
    } catch (thrown) {
      if (!(thrown instanceof OperationError) || thrown.fault !== 'refused') throw thrown;
      throw foreign('it has another key', thrown);
    }
  };

  /** Resolves when the table can be used. One just made may not be found yet. */
  const untilActive = async (isNew: boolean, signal?: AbortSignal): Promise<void> => {
    const { sdk, client } = await clients.dynamodb(region);
    const until = clock.now().boot + PATIENCE_MS;
    for (;;) {
      const status = await calls
        .ask({ operation: 'dynamodb:DescribeTable', signal }, (how) =>
          client.send(new sdk.DescribeTableCommand({ TableName: table }), how),
        )
        .then((answer) => answer.Table?.TableStatus)
        .catch((thrown: unknown) => {
          if (isNew && thrown instanceof OperationError && thrown.fault === 'missing') return 'CREATING';
          throw thrown;
        });
      // A table that is being changed can be used all the while.
      if (status === 'ACTIVE' || status === 'UPDATING') return;
      if (clock.now().boot >= until)
        throw new OperationError('busy', `The table ${table} in ${region} is still ${status}`, {
          operation: 'dynamodb:DescribeTable',
          hint: 'Run `cloudnap team create` again in a few minutes.',
        });
      await sleep(clock, LOOK_MS, signal);
    }
  };

  const make = async (signal?: AbortSignal): Promise<'created' | 'found'> => {
    const { sdk, client } = await clients.dynamodb(region);
    const command = new sdk.CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: KEY, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: KEY, KeyType: 'HASH' }],
    });
    try {
      await calls.ask({ operation: 'dynamodb:CreateTable', signal }, (how) => client.send(command, how));
      return 'created';
    } catch (thrown) {
      // There is one of that name already, or this very call was answered to nobody.
      if (thrown instanceof OperationError && thrown.fault === 'busy') return 'found';
      throw thrown;
    }
  };

  /** Has DynamoDB delete members that are long gone. Where it cannot be had, their rows stay, and harm nobody. */
  const tidy = async (signal?: AbortSignal): Promise<void> => {
    const { sdk, client } = await clients.dynamodb(region);
    const command = new sdk.UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: EXPIRES, Enabled: true },
    });
    try {
      await calls.ask({ operation: 'dynamodb:UpdateTimeToLive', signal }, (how) => client.send(command, how));
    } catch (thrown) {
      signal?.throwIfAborted();
      log.warn(`Rows of members who are gone stay in the team's table: ${messageOf(thrown)}`);
    }
  };

  const mark = async (signal?: AbortSignal): Promise<void> => {
    const { sdk, client } = await clients.dynamodb(region);
    const command = new sdk.PutItemCommand({ TableName: table, Item: { ...MARKER } });
    await calls.ask({ operation: 'dynamodb:PutItem', signal }, (how) => client.send(command, how));
  };

  return {
    /** See `TeamTable.create`. */
    async create(signal?: AbortSignal): Promise<'created' | 'found'> {
      const made = await make(signal);
      await untilActive(made === 'created', signal);
      if (!(await isMarked(signal))) {
        // An empty one may be ours, its making cut off before this line.
        if (made === 'found' && (await calls.scan(signal, 1)).length > 0)
          throw foreign('it has rows of others');
        await mark(signal);
        await tidy(signal);
      }
      isOpen = true;
      return made;
    },

    /** Makes sure, once, that the table is a team's. @throws OperationError */
    async open(signal?: AbortSignal): Promise<void> {
      if (isOpen) return;
      if (!(await isMarked(signal))) throw foreign('it was not made by `cloudnap team create`');
      isOpen = true;
    },
  };
}
