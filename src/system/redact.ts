/**
 * Takes secrets out of whatever is about to be logged: by the names of keys at any depth, and by what secrets
 * look like inside text. Makes plain, bounded data of it on the way, errors with their causes included.
 */

const HIDDEN = '[redacted]';
/** Deeper than any data of ours; what is below it is not worth a line of a log. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_TEXT = 8_192;

/** Keys whose values are secret, after case, `-`, `_`, `.` and spaces are taken out. */
const SECRET_KEY =
  /secret|passw|passphrase|token|authorization|signature|credential|accesskey|apikey|privatekey|cookie/;

/**
 * The same names inside text, as headers, query strings, XML and (escaped) JSON write them before a value.
 * Repetitions are bounded here and below: no text, however odd, takes more than a moment.
 */
const NAMED_IN_TEXT =
  /((?:secret|passw(?:or)?d|passphrase|token|signature|api[_-]?key|private[_-]?key)[\w.-]{0,40})([\s"'\\]{0,8}[:=>][\s"'\\]{0,8})(?!\s)[^\s"'\\,;&<>)}\]]+/gi;

/** Everything up to the end of the line is secret: the scheme, the credential, the signature. */
const HEADER_IN_TEXT =
  /((?:proxy-)?authorization|(?:set-)?cookie)([\s"'\\]{0,8}[:=][\s"'\\]{0,8})[^\r\n"'\\]+/gi;

/** A 40 character AWS secret a few words after its name: `secret access key is wJal…`. */
const SECRET_AFTER_NAME = /(secret[\w\s-]{0,40}?[\s:="'\\]{1,8})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi;

const ACCESS_KEY_ID = /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g;
const SCHEME_IN_TEXT = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/** The text without what looks like a secret, cut where it is very long. */
export function redactText(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return short
    .replace(HEADER_IN_TEXT, `$1$2${HIDDEN}`)
    .replace(NAMED_IN_TEXT, `$1$2${HIDDEN}`)
    .replace(SECRET_AFTER_NAME, `$1${HIDDEN}`)
    .replace(SCHEME_IN_TEXT, `$1 ${HIDDEN}`)
    .replace(ACCESS_KEY_ID, HIDDEN);
}

/** A plain copy of any value, without secrets and without circles. What is given is left as it is. */
export function redact(value: unknown): unknown {
  return copy(value, 0, new Set());
}

function copy(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[…]';
  above.add(value);
  try {
    return copyObject(value, depth, above);
  } finally {
    above.delete(value);
  }
}

function copyObject(value: object, depth: number, above: Set<object>): unknown {
  const inner = (item: unknown) => copy(item, depth + 1, above);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(inner);
  if (value instanceof Set) return [...value].slice(0, MAX_ITEMS).map(inner);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return copyFields([...value], inner);
  if (value instanceof Error) return copyFields(errorFields(value), inner);
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON());
  return copyFields(Object.entries(value), inner);
}

function copyFields(
  fields: readonly (readonly [unknown, unknown])[],
  inner: (item: unknown) => unknown,
): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, item] of fields.slice(0, MAX_ITEMS)) {
    const name = redactText(String(key));
    plain[name] = isSecret(name, item) ? HIDDEN : inner(item);
  }
  return plain;
}

/** `tokenPresent: true` and `token: null` give nothing away and are worth reading. */
function isSecret(key: string, item: unknown): boolean {
  if (item === undefined || item === null || typeof item === 'boolean') return false;
  return SECRET_KEY.test(key.toLowerCase().replace(/[-_.\s]/g, ''));
}

/** An error's own fields do not include the most telling ones; `$response` is a whole HTTP exchange. */
function errorFields(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).filter(([key]) => key !== '$response');
  const errors = error instanceof AggregateError ? { errors: error.errors } : {};
  return Object.entries({ name, message, ...Object.fromEntries(own), ...errors, cause, stack });
}
