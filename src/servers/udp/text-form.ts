/** The text form of requests and replies: `NAME:arg:arg` in; `OK NAME count` with a table or a line, or `ERROR CODE message`, out. */
import type { Failure } from '../../control/failure.js';
import { CommandError } from '../../core/errors.js';
import { COMMANDS, type Command } from './commands.js';
import { clip, MAX_DATAGRAM, pack, shrinkCells } from './split.js';
import type { Table } from './tables.js';

/** Longest message of an error, bytes: with its hint it always fits one datagram. */
const MAX_MESSAGE = 1_024;

/** Every digit that `part/parts` could take. */
const PART_ROOM = ' 99999/99999'.length;

/** Content fields that are numbers; text arguments for them are read as such. */
const NUMBERS: ReadonlySet<string> = new Set(['minutes', 'desired_size']);
const NUMBER = /^(\d+(\.\d*)?|\.\d+)$/;

/** The command a text request gives and the content its arguments make, not yet checked. */
interface TextRequest {
  readonly command: Command;
  readonly content: object;
  /** The command as it is to be used, for hints. */
  readonly usage: string;
}

/**
 * Reads a request, white space around it removed. The last argument may hold colons as they are where it is a
 * target, because nothing can follow it.
 * @throws CommandError UNKNOWN_COMMAND, or BAD_REQUEST when the number of arguments is wrong.
 */
export function readText(text: string): TextRequest {
  const [head = '', ...given] = text.split(':');
  const command = COMMANDS.get(head.toUpperCase());
  if (command === undefined)
    throw new CommandError('UNKNOWN_COMMAND', `"${clip(head, 64)}" is not a command`, {
      hint: 'Send HELP for the commands.',
    });
  const { fields, required } = command;
  const usage = `Usage: ${command.name}${command.usage.startsWith('[') ? '[:target]' : command.usage && `:${command.usage}`}`;
  const last = fields.length - 1;
  const args =
    fields[last] === 'target' && given.length > fields.length
      ? [...given.slice(0, last), given.slice(last).join(':')]
      : given;
  if (args.length < required || args.length > fields.length)
    throw new CommandError('BAD_REQUEST', `${command.name} was given ${count(given.length, 'argument')}`, {
      hint: usage,
    });
  const content: Record<string, unknown> = { ...command.implied };
  for (const [index, arg] of args.entries()) {
    const field = fields[index] ?? '';
    const value = arg.replaceAll(/%3a/gi, ':');
    content[field] = NUMBERS.has(field) && NUMBER.test(value) ? Number(value) : value;
  }
  return { command, content, usage };
}

/**
 * The reply to a command that was done. One that does not fit a datagram is split between rows: each part has
 * the header line, and `count` stays the number of all rows.
 */
export function writeText(command: Command, content: object): readonly Buffer[] {
  if (command.table) return writeTable(command.name, command.table, content);
  const head = `OK ${command.name} 0\n`;
  const { message } = content as { message: string };
  return [Buffer.from(head + clip(oneLine(message), MAX_DATAGRAM - head.length))];
}

/** The reply to a command that was not done: one line, the hint at its end. */
export function writeTextFailure({ code, message, hint }: Omit<Failure, 'unforeseen'>): readonly Buffer[] {
  const sentence = hint !== undefined && /\p{L}$|[\d)"'\]]$/u.test(message) ? `${message}.` : message;
  const line = hint === undefined ? sentence : `${clip(sentence, MAX_MESSAGE)} ${clip(hint, MAX_MESSAGE)}`;
  return [Buffer.from(`ERROR ${code} ${clip(oneLine(line), 3 * MAX_MESSAGE)}`)];
}

function writeTable(name: string, table: Table, content: object): readonly Buffer[] {
  const header = table.columns.join('\t');
  const rows = table.rows(content).map((row) => row.map(cell));
  const head = `OK ${name} ${rows.length}`;
  const room = MAX_DATAGRAM - Buffer.byteLength(`${head}\n${header}\n`) - PART_ROOM;
  const lines = rows.map((row) => shrinkCells(row, room - 1).join('\t'));
  const whole = Buffer.from([head, header, ...lines].join('\n'));
  if (whole.length <= MAX_DATAGRAM) return [whole];
  const runs = pack(
    lines.map((line) => Buffer.byteLength(line) + 1),
    room,
  );
  return runs.map(([from, to], index) =>
    Buffer.from([`${head} ${index + 1}/${runs.length}`, header, ...lines.slice(from, to)].join('\n')),
  );
}

/** A value as a cell: tabs and line ends become spaces, nothing becomes `-`. */
function cell(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === '' ? '-' : oneLine(String(value));
}

/** Control characters and line separators as spaces: nothing inside a value can look like the end of a row. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
