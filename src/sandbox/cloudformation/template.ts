/**
 * CloudFormation templates in JSON: their shape, what they refer to, and their functions worked out. What the sandbox
 * does not carry out (conditions, mappings, transforms, other functions) is refused, never skipped.
 */
import { z } from 'zod';
import { AwsError } from '../errors.js';

const TEMPLATE = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09').optional(),
  Description: z.string().max(1024).optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
  Parameters: z
    .record(
      z.string(),
      z.looseObject({ Type: z.enum(['String', 'Number']), Default: z.coerce.string().optional() }),
    )
    .default({}),
  Resources: z.record(
    z.string().regex(/^[A-Za-z0-9]{1,255}$/),
    z.strictObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      DependsOn: z
        .union([z.string(), z.array(z.string())])
        .transform((one) => [one].flat())
        .default([]),
      Metadata: z.record(z.string(), z.unknown()).optional(),
      DeletionPolicy: z.literal('Delete').optional(),
      UpdateReplacePolicy: z.literal('Delete').optional(),
    }),
  ),
  Outputs: z
    .record(z.string(), z.strictObject({ Value: z.unknown(), Description: z.string().optional() }))
    .default({}),
});

/** A template whose shape is right. */
export type Template = z.output<typeof TEMPLATE>;

/** What a template's functions look up. */
export interface Scope {
  /** A parameter, a pseudo parameter or what a resource is referred to by; undefined if there is no such thing. */
  ref(name: string): string | undefined;
  /** A resource's attribute; undefined if there is no such thing. */
  attribute(logicalId: string, attribute: string): string | undefined;
}

/** CloudFormation's error for a template or a request that makes no sense. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** Reads a template. Throws ValidationError. */
export function parseTemplate(text: string): Template {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw validationError('Template format error: JSON not well-formed.');
  }
  const parsed = TEMPLATE.safeParse(json);
  if (!parsed.success) throw validationError(`Template format error: ${z.prettifyError(parsed.error)}`);
  const { Resources } = parsed.data;
  if (Object.keys(Resources).length === 0)
    throw validationError('Template format error: At least one Resources member must be defined.');
  const { Outputs } = parsed.data;
  const blocks = {
    Resources: Object.values(Resources).flatMap(({ Properties, DependsOn }) => [
      ...mentioned(Properties),
      ...DependsOn,
    ]),
    Outputs: mentioned(Object.values(Outputs)),
  };
  for (const [block, names] of Object.entries(blocks)) {
    const unknown = names.filter((name) => !isKnown(name, parsed.data));
    if (unknown.length > 0)
      throw validationError(
        `Template format error: Unresolved resource dependencies [${unknown.join(', ')}] in the ${block} block of the template`,
      );
  }
  inOrder(parsed.data);
  return parsed.data;
}

/** The resources, those that others need first. Throws ValidationError on a circle. */
export function inOrder(template: Template): readonly string[] {
  const ordered: string[] = [];
  const visit = (id: string, from: readonly string[]): void => {
    if (ordered.includes(id)) return;
    if (from.includes(id))
      throw validationError(`Circular dependency between resources: [${from.join(', ')}]`);
    const resource = template.Resources[id];
    if (resource === undefined) return;
    for (const name of [...resource.DependsOn, ...mentioned(resource.Properties)]) visit(name, [...from, id]);
    ordered.push(id);
  };
  for (const id of Object.keys(template.Resources)) visit(id, []);
  return ordered;
}

/** A value with its functions worked out: Ref, Fn::GetAtt, Fn::Sub, Fn::Join and Fn::Split. Throws ValidationError. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, scope));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [key = '', argument] = entries[0] ?? [];
  const isFunction = entries.length === 1 && (key === 'Ref' || key.startsWith('Fn::'));
  if (isFunction) return call(key, argument, scope);
  return Object.fromEntries(entries.map(([name, one]) => [name, resolve(one, scope)]));
}

function call(name: string, argument: unknown, scope: Scope): string | readonly string[] {
  switch (name) {
    case 'Ref':
      return found(scope.ref(String(argument)), String(argument));
    case 'Fn::GetAtt':
      return attributeOf(getAtt(argument), scope);
    case 'Fn::Sub':
      return substitute(argument, scope);
    case 'Fn::Join': {
      const [separator, parts] = argumentOf(name, z.tuple([z.string(), z.unknown()]), argument);
      return argumentOf(name, z.array(z.coerce.string()), resolve(parts, scope)).join(separator);
    }
    case 'Fn::Split': {
      const [separator, text] = argumentOf(name, z.tuple([z.string(), z.unknown()]), argument);
      return argumentOf(name, z.string(), resolve(text, scope)).split(separator);
    }
    default:
      throw validationError(`Template error: the sandbox does not know ${name}`);
  }
}

function substitute(argument: unknown, scope: Scope): string {
  const [text, extra] = subArguments(argument);
  return text.replace(/\$\{(!?)([^}]*)\}/g, (_all, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (Object.hasOwn(extra, name)) return String(resolve(extra[name], scope));
    return name.includes('.') ? attributeOf(getAtt(name), scope) : found(scope.ref(name), name);
  });
}

function subArguments(argument: unknown): readonly [string, Readonly<Record<string, unknown>>] {
  if (typeof argument === 'string') return [argument, {}];
  return argumentOf('Fn::Sub', z.tuple([z.string(), z.record(z.string(), z.unknown())]), argument);
}

function getAtt(argument: unknown): readonly [string, string] {
  const parts = typeof argument === 'string' ? argument.split('.') : argument;
  const [id = '', ...attribute] = argumentOf('Fn::GetAtt', z.array(z.string()).min(2), parts);
  return [id, attribute.join('.')];
}

function argumentOf<Argument extends z.ZodType>(
  name: string,
  shape: Argument,
  argument: unknown,
): z.output<Argument> {
  const parsed = shape.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw validationError(
    `Template error: every ${name} object must have the arguments that it is documented to have`,
  );
}

function attributeOf([id, attribute]: readonly [string, string], scope: Scope): string {
  const value = scope.attribute(id, attribute);
  if (value !== undefined) return value;
  throw validationError(
    `Template error: resource ${id} does not support attribute type ${attribute} in Fn::GetAtt`,
  );
}

function found(value: string | undefined, name: string): string {
  if (value === undefined) throw validationError(`Template format error: Unresolved dependency [${name}]`);
  return value;
}

/** Every name that a value's functions mention. */
function mentioned(value: unknown): readonly string[] {
  const names: string[] = [];
  const note = (name: string): string => {
    names.push(name);
    return '';
  };
  resolve(value, { ref: note, attribute: note });
  return names;
}

function isKnown(name: string, template: Template): boolean {
  return (
    name.startsWith('AWS::') ||
    Object.hasOwn(template.Parameters, name) ||
    Object.hasOwn(template.Resources, name)
  );
}
