/** The JSON form of requests and replies: SPEC section 8's envelope, read without trust and written in parts. */
import type { Failure } from '../../control/failure.js';
import { CommandError } from '../../core/errors.js';
import { rawMembers } from './raw-members.js';
import { clip, jsonBytes, MAX_DATAGRAM, pack, shrink } from './split.js';

/** What a reply repeats of its request. */
export interface Asked {
  /** The request's id as JSON text, exactly as it was sent where it is a number; `null` when there was none. */
  readonly id: string;
  /** The request's type; undefined when there was none. */
  readonly type: string | undefined;
}

export interface JsonRequest extends Asked {
  readonly type: string;
  /** Not yet checked. */
  readonly content: unknown;
}

/** A request that could not be read, with as much of its envelope as could. */
export class Unreadable extends CommandError {
  readonly asked: Asked;
  constructor(asked: Asked, message: string, hint?: string) {
    super('BAD_REQUEST', message, { hint });
    this.name = 'Unreadable';
    this.asked = asked;
  }
}

/** What is answered when not even an id could be read. */
export const UNKNOWN: Asked = { id: 'null', type: undefined };

/** Ids and types are repeated in every part of a reply, so they are short; in characters. */
const MAX_ID = 256;
const MAX_TYPE = 64;
/** Longest message and hint of an error, bytes. */
const MAX_MESSAGE = 1_024;
/** Every digit that `part` and `parts` could take. */
const PART_ROOM = ',"part":99999,"parts":99999'.length;

/**
 * Reads a request's envelope. Its `timestamp` and `source` are only looked at where it is signed.
 * @throws Unreadable
 */
export function readJson(text: string): JsonRequest {
  let envelope: Record<string, unknown>;
  try {
    envelope = JSON.parse(text);
  } catch (error) {
    throw new Unreadable(UNKNOWN, error instanceof Error ? clip(error.message, 200) : 'not JSON');
  }
  const id = idText(envelope.id, text);
  if (id === undefined)
    throw new Unreadable(UNKNOWN, `id: expected a number or a string of at most ${MAX_ID} characters`);
  const { type, content } = envelope;
  if (typeof type !== 'string' || type.length > MAX_TYPE)
    throw new Unreadable({ id, type: undefined }, `type: expected one of the types of requests`, HELP_HINT);
  if (content !== undefined && (typeof content !== 'object' || Array.isArray(content)))
    throw new Unreadable({ id, type }, 'content: expected an object');
  return { id, type, content };
}
const HELP_HINT = 'Send HELP for the commands.';

/** Numbers keep the text they were sent as: nanoseconds since 1970 do not survive becoming a JavaScript number. */
function idText(id: unknown, text: string): string | undefined {
  if (typeof id === 'string') return id.length <= MAX_ID ? JSON.stringify(id) : undefined;
  if (typeof id !== 'number') return undefined;
  if (Number.isSafeInteger(id)) return String(id);
  const raw = rawMembers(text).get('id') ?? '';
  return raw.length <= MAX_ID ? raw : undefined;
}

/** The reply to a request that was done. `content` is what follows `success`. */
export function writeJson(asked: Asked, wallMs: number, content: object): readonly Buffer[] {
  return write(asked, wallMs, { success: true, ...content });
}

/** The reply to a request that was not done. */
export function writeJsonFailure(
  asked: Asked,
  wallMs: number,
  { code, message, hint }: Omit<Failure, 'unforeseen'>,
): readonly Buffer[] {
  const error = {
    code,
    message: clip(message, MAX_MESSAGE),
    hint: hint === undefined ? null : clip(hint, MAX_MESSAGE),
  };
  return write(asked, wallMs, { success: false, error });
}

/**
 * One message, or several that each hold a run of the elements of the content's lists; every other field is in
 * all of them. Whoever joins the lists of all parts, in order, has the whole.
 */
function write(asked: Asked, wallMs: number, content: object): readonly Buffer[] {
  const { id, type = 'ERROR' } = asked;
  const envelope = `{"id":${id},"type":${JSON.stringify(`${type}_RESPONSE`)},"timestamp":${Math.floor(wallMs / 1000)},"source":"server"`;
  const whole = Buffer.from(`${envelope},"content":${JSON.stringify(content)}}`);
  if (whole.length <= MAX_DATAGRAM) return [whole];

  const members = Object.entries(content);
  const lists = members.filter((member): member is [string, unknown[]] => Array.isArray(member[1]));
  const frame = Buffer.byteLength(`${envelope},"content":}`) + PART_ROOM;
  const emptied = { ...content, ...Object.fromEntries(lists.map(([name]) => [name, []])) };
  // Half a datagram for what every part repeats leaves the other half for the largest element.
  const shared = shrink(emptied, MAX_DATAGRAM / 2 - frame);
  const room = MAX_DATAGRAM - frame - jsonBytes(shared);
  const elements = lists.flatMap(([name, list]) =>
    list.map((element) => ({ name, element: shrink(element, room - 1) })),
  );
  const runs = pack(
    elements.map(({ element }) => jsonBytes(element) + 1),
    room,
  );
  return runs.map(([from, to], index) => {
    const part: Record<string, unknown> = { ...shared };
    for (const [name] of lists)
      part[name] = elements
        .slice(from, to)
        .filter((each) => each.name === name)
        .map((each) => each.element);
    const where = runs.length === 1 ? '' : `,"part":${index + 1},"parts":${runs.length}`;
    return Buffer.from(`${envelope}${where},"content":${JSON.stringify(part)}}`);
  });
}
