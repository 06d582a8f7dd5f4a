/** The few calls to DynamoDB that a team's table takes: reads that are strongly consistent, writes under a condition. */
import { OperationError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import type { TeamPlace } from '../core/team.js';
import type { Clients } from './clients.js';
import { type Item, KEY, text } from './team-rows.js';

/** BatchGetItem takes at most this many keys. */
const MOST_KEYS = 100;
/** Keys that DynamoDB leaves out of an answer are asked for again so often, after waits that double, in milliseconds. */
const MOST_TRIES = 6;
const FIRST_WAIT_MS = 50;

/** An UpdateItem. Attributes are named `#name` in the expressions; `names` gives those that no expression may spell. */
export interface Update {
  readonly key: string;
  /** What follows SET, and what follows REMOVE; empty: nothing. */
  readonly set: string;
  readonly remove?: string;
  readonly condition: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Item;
}

export type TeamCalls = ReturnType<typeof createTeamCalls>;

/** Calls to one table. All reject with OperationError. */
export function createTeamCalls({
  clients,
  clock,
  place,
}: {
  clients: Clients;
  clock: Clock;
  place: TeamPlace;
}) {
  const { table, region } = place;

  /** One call, with what to do where the table is not there. */
  const ask: Clients['ask'] = async (about, call) => {
    try {
      return await clients.ask(about, call);
    } catch (thrown) {
      if (!(thrown instanceof OperationError) || thrown.fault !== 'missing') throw thrown;
      throw new OperationError('missing', `There is no table ${table} in ${region}`, {
        operation: thrown.operation,
        hint: 'Make it with `cloudnap team create`, or join another with `cloudnap team join`.',
        cause: thrown.cause,
      });
    }
  };

  const get = async (key: string, signal?: AbortSignal): Promise<Item | undefined> => {
    const { sdk, client } = await clients.dynamodb(region);
    const command = new sdk.GetItemCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true });
    const answer = await ask({ operation: 'dynamodb:GetItem', signal }, (how) => client.send(command, how));
    return answer.Item;
  };

  return {
    ask,
    get,

    /** The rows of these keys, as many as there are; each key is asked for once. */
    async getMany(keys: readonly string[], signal?: AbortSignal): Promise<readonly Item[]> {
      const { sdk, client } = await clients.dynamodb(region);
      const found: Item[] = [];
      let left = [...new Set(keys)].map(keyOf);
      let tries = 0;
      while (left.length > 0) {
        const asked = left.slice(0, MOST_KEYS);
        const command = new sdk.BatchGetItemCommand({
          RequestItems: { [table]: { Keys: asked, ConsistentRead: true } },
        });
        const answer = await ask({ operation: 'dynamodb:BatchGetItem', signal }, (how) =>
          client.send(command, how),
        );
        found.push(...(answer.Responses?.[table] ?? []));
        const unprocessed = answer.UnprocessedKeys?.[table]?.Keys ?? [];
        left = [...left.slice(MOST_KEYS), ...unprocessed.map((key) => keyOf(key[KEY]?.S ?? ''))];
        if (unprocessed.length === 0) continue;
        tries += 1;
        if (tries >= MOST_TRIES)
          throw new OperationError('throttled', 'DynamoDB asked for fewer reads', {
            operation: 'dynamodb:BatchGetItem',
          });
        await sleep(clock, FIRST_WAIT_MS * 2 ** tries, signal);
      }
      return found;
    },

    /** Every row of the table. */
    async scan(signal?: AbortSignal, limit?: number): Promise<readonly Item[]> {
      const { sdk, client } = await clients.dynamodb(region);
      const found: Item[] = [];
      let from: Item | undefined;
      do {
        const command = new sdk.ScanCommand({
          TableName: table,
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: { ...from } }),
          ...(limit === undefined ? {} : { Limit: limit }),
        });
        const answer = await ask({ operation: 'dynamodb:Scan', signal }, (how) => client.send(command, how));
        found.push(...(answer.Items ?? []));
        from = answer.LastEvaluatedKey;
      } while (from !== undefined && (limit === undefined || found.length < limit));
      return found;
    },

    /** Writes under a condition: the row as it is after that, or, where the condition was not met, as it was found. */
    async update(
      { key, set, remove = '', condition, names = {}, values }: Update,
      signal?: AbortSignal,
    ): Promise<{ readonly isDone: boolean; readonly item: Item | undefined }> {
      const { sdk, client } = await clients.dynamodb(region);
      const expression = `SET ${set}${remove === '' ? '' : ` REMOVE ${remove}`}`;
      const command = new sdk.UpdateItemCommand({
        TableName: table,
        Key: keyOf(key),
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeNames: namesIn(`${expression} ${condition}`, names),
        ExpressionAttributeValues: { ...values },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        const answer = await ask({ operation: 'dynamodb:UpdateItem', signal }, (how) =>
          client.send(command, how),
        );
        return { isDone: true, item: answer.Attributes };
      } catch (thrown) {
        const cause = thrown instanceof OperationError ? thrown.cause : undefined;
        if (!(cause instanceof sdk.ConditionalCheckFailedException)) throw thrown;
        // An endpoint that speaks the protocol of before 2023 does not send it along.
        return { isDone: false, item: cause.Item ?? (await get(key, signal)) };
      }
    },

    /** Deletes a row; one that is gone already is passed over. */
    async remove(key: string, signal?: AbortSignal): Promise<void> {
      const { sdk, client } = await clients.dynamodb(region);
      const command = new sdk.DeleteItemCommand({ TableName: table, Key: keyOf(key) });
      await ask({ operation: 'dynamodb:DeleteItem', signal }, (how) => client.send(command, how));
    },
  };
}

function keyOf(key: string) {
  return { [KEY]: text(key) };
}

/** Every `#name` an expression mentions. Spelled so, no attribute can collide with DynamoDB's many reserved words. */
function namesIn(expressions: string, given: Readonly<Record<string, string>>): Record<string, string> {
  const mentioned = expressions.match(/#\w+/g) ?? [];
  return Object.fromEntries(mentioned.map((name) => [name, given[name] ?? name.slice(1)]));
}
