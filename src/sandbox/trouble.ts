/** Trouble on demand: rules that make the next calls of an operation fail, wait, or lose their answer. */
import { z } from 'zod';

const EFFECT = z.discriminatedUnion('kind', [
  /** Refused for too many calls: RequestLimitExceeded, ThrottlingException. */
  z.object({ kind: z.literal('throttle') }),
  /** Refused by IAM. */
  z.object({ kind: z.literal('deny') }),
  /** The session token has run out. */
  z.object({ kind: z.literal('expired-token') }),
  /** InsufficientInstanceCapacity; use it with `operation: 'StartInstances'` and the instance as `resource`. */
  z.object({ kind: z.literal('no-capacity') }),
  /** The service is down: a retryable server error. */
  z.object({ kind: z.literal('unavailable') }),
  /** Applied, then the connection dies before the answer. */
  z.object({ kind: z.literal('lost-answer') }),
  /** The connection dies before anything is applied. */
  z.object({ kind: z.literal('lost-request') }),
  /** Applied after `ms` on the sandbox's clock. A schedule that meets it fires that much later. */
  z.object({ kind: z.literal('latency'), ms: z.number().min(0) }),
  /** For firings of schedules: delivered once more, `ms` after the first. Calls over the wire take no notice. */
  z.object({ kind: z.literal('doubled'), ms: z.number().min(0).default(5_000) }),
  /** Any other error, as the service would word it. */
  z.object({
    kind: z.literal('error'),
    code: z.string(),
    message: z.string().default('Injected by the sandbox.'),
    status: z.int().min(400).max(599).default(400),
  }),
]);

/** One rule. A call is hit if everything that the rule names is so. */
export const TROUBLE = z.strictObject({
  effect: EFFECT,
  /** Signing name: `ec2`, `ecs`, `eks`, `sts`, `application-autoscaling`, `scheduler`, `cloudformation`, `iam`. */
  service: z.string().optional(),
  /**
   * As the API names it. `Fire` of `scheduler` is the sandbox's own: each try of a schedule to reach its target, with
   * `Name`, `GroupName` and the target's input as parameters. The call that it then makes meets rules of its own.
   */
  operation: z.string().optional(),
  region: z.string().optional(),
  /** A value that stands somewhere in the call's parameters: an instance id, a service's or node group's name. */
  resource: z.string().optional(),
  /** How many calls it hits before it is spent. */
  times: z.union([z.int().min(1), z.literal('always')]).default(1),
});

/** What a rule does to a call. */
export type Effect = z.output<typeof EFFECT>;

/** A rule as it is handed in. */
export type Trouble = z.input<typeof TROUBLE>;

/** The call that rules are held against. */
interface TroubledCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly parameters: unknown;
}

interface Rule extends z.output<typeof TROUBLE> {
  left: number;
}

/** The rules in force. */
export class Troubles {
  #rules: Rule[] = [];

  /** Adds a rule behind those there are. Throws on one that is malformed. */
  add(trouble: Trouble): void {
    const rule = TROUBLE.parse(trouble);
    this.#rules.push({ ...rule, left: rule.times === 'always' ? Number.POSITIVE_INFINITY : rule.times });
  }

  /** Ends all trouble. */
  clear(): void {
    this.#rules = [];
  }

  /** The rules that are not spent yet. */
  list(): readonly object[] {
    return this.#rules.map(({ left, ...rule }) => ({
      ...rule,
      left: Number.isFinite(left) ? left : 'always',
    }));
  }

  /** Whether a rule would refuse this IAM action, whatever it is asked for. Spends nothing. */
  denies(action: string): boolean {
    const [service, operation] = action.split(':');
    return this.#rules.some(
      (rule) =>
        rule.effect.kind === 'deny' &&
        rule.resource === undefined &&
        (rule.service === undefined || rule.service === service) &&
        (rule.operation === undefined || rule.operation === operation),
    );
  }

  /** What happens to this call: every rule it meets counts it once, in the order they were added. */
  meet(call: TroubledCall): readonly Effect[] {
    const met = this.#rules.filter((rule) => isHit(rule, call));
    for (const rule of met) rule.left -= 1;
    this.#rules = this.#rules.filter((rule) => rule.left > 0);
    return met.map((rule) => rule.effect);
  }
}

function isHit(rule: Rule, call: TroubledCall): boolean {
  return (
    (rule.service === undefined || rule.service === call.service) &&
    (rule.operation === undefined || rule.operation === call.operation) &&
    (rule.region === undefined || rule.region === call.region) &&
    (rule.resource === undefined || mentions(call.parameters, rule.resource))
  );
}

function mentions(value: unknown, text: string): boolean {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).some((one) => mentions(one, text));
  }
  return value === text;
}
