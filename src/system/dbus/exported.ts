/** An object of ours that any program on the bus may use: its methods, properties and signals, as tables. */
import { PROPERTIES } from './messages.js';
import type { Answer, Incoming } from './transport.js';
import { TypedValue } from './typed-value.js';

/** Types are signatures as in the specification. */
interface ExportedInterface {
  readonly name: string;
  readonly methods?: Readonly<Record<string, ExportedMethod>>;
  /** All of them can be read, and none be set. */
  readonly properties?: Readonly<Record<string, ExportedProperty>>;
  /** The types of each signal's arguments. */
  readonly signals?: Readonly<Record<string, string>>;
}

interface ExportedMethod {
  readonly takes?: string;
  readonly gives?: string;
  /** `args` are of the types in `takes`, variants unwrapped; what is returned must be of those in `gives`. */
  run(args: readonly unknown[]): readonly unknown[];
}

interface ExportedProperty {
  readonly type: string;
  read(): unknown;
}

export interface ExportedObject {
  readonly path: string;
  readonly interfaces: readonly ExportedInterface[];
}

const NOTHING: Answer = { signature: '', body: [] };

/** What a call of the object is answered with; undefined: there is no such method. */
export function answerFor(object: ExportedObject, call: Incoming): Answer | undefined {
  if (call.path !== object.path) return undefined;
  if (call.interface === PROPERTIES) return properties(object, call);
  if (call.interface === 'org.freedesktop.DBus.Introspectable' && call.member === 'Introspect')
    return { signature: 's', body: [introspection(object)] };
  const { methods = {} } = object.interfaces.find(({ name }) => name === call.interface) ?? {};
  const method = Object.hasOwn(methods, call.member) ? methods[call.member] : undefined;
  if (!method) return undefined;
  const { takes = '', gives = '' } = method;
  if (call.signature !== takes)
    return {
      errorName: 'org.freedesktop.DBus.Error.InvalidArgs',
      message: `${call.member} takes "${takes}", not "${call.signature}"`,
    };
  const body = method.run(call.body());
  return gives === '' ? NOTHING : { signature: gives, body };
}

function properties(object: ExportedObject, call: Incoming): Answer | undefined {
  const [name, key] = call.body();
  const found = object.interfaces.find((candidate) => candidate.name === name)?.properties ?? {};
  if (call.member === 'GetAll' && call.signature === 's') {
    const all = Object.entries(found).map(([each, property]) => [each, typed(property)]);
    return { signature: 'a{sv}', body: [Object.fromEntries(all)] };
  }
  if (call.member === 'Set')
    return {
      errorName: 'org.freedesktop.DBus.Error.PropertyReadOnly',
      message: `${String(key)} cannot be set`,
    };
  if (call.member !== 'Get' || call.signature !== 'ss') return undefined;
  const property = typeof key === 'string' && Object.hasOwn(found, key) ? found[key] : undefined;
  if (property) return { signature: 'v', body: [typed(property)] };
  return {
    errorName: 'org.freedesktop.DBus.Error.UnknownProperty',
    message: `there is no property ${String(key)}`,
  };
}

function typed(property: ExportedProperty): TypedValue {
  return new TypedValue(property.type, property.read());
}

/** The description that hosts and debuggers ask for. Its names need no escapes: the bus takes no others. */
function introspection({ interfaces }: ExportedObject): string {
  const args = (types: string, direction: string) =>
    completeTypes(types).map((type) => `<arg type="${type}"${direction}/>`);
  const lines = interfaces.flatMap(({ name, methods = {}, properties: values = {}, signals = {} }) => [
    `<interface name="${name}">`,
    ...Object.entries(methods).flatMap(([member, { takes = '', gives = '' }]) => [
      `<method name="${member}">`,
      ...args(takes, ' direction="in"'),
      ...args(gives, ' direction="out"'),
      '</method>',
    ]),
    ...Object.entries(values).map(
      ([member, { type }]) => `<property name="${member}" type="${type}" access="read"/>`,
    ),
    ...Object.entries(signals).flatMap(([member, types]) => [
      `<signal name="${member}">`,
      ...args(types, ''),
      '</signal>',
    ]),
    '</interface>',
  ]);
  return `<node>${lines.join('')}</node>`;
}

/** Splits a signature into the types of its arguments. */
function completeTypes(signature: string): readonly string[] {
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < signature.length; at++) {
    const sign = signature.charAt(at);
    if (sign === '(' || sign === '{') depth += 1;
    if (sign === ')' || sign === '}') depth -= 1;
    if (depth > 0 || sign === 'a') continue;
    types.push(signature.slice(start, at + 1));
    start = at + 1;
  }
  return types;
}
