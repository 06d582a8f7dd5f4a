/**
 * The live panel of the demo: presence with the countdown, and each target's state, as lines that fit the
 * terminal. Pure: the drawing itself is demo-view.ts.
 */
import type { WireEvent, WireRegistered, WireStatus } from '../../control/wire.js';
import { lengthOf, secondsOf, wallOf } from '../moments.js';
import { clean, type Paint } from '../paint.js';
import { cut, pad, widthOf } from '../width.js';
import {
  type Brush,
  leaseWords,
  levelBrush,
  nextNapWords,
  powerBrush,
  presenceWord,
  stateWords,
} from './words.js';

export interface PanelState {
  readonly status: WireStatus;
  readonly targets: readonly WireRegistered[];
}

export interface PanelSize {
  readonly columns: number;
  /** Lines the panel may take at most. */
  readonly rows: number;
}

/** A piece of a line: a plain text and how it is painted. */
interface Piece {
  readonly text: string;
  readonly brush?: Brush;
}

/** Targets that do not fit are counted in a last line; on a narrow terminal the lease is left out first. */
export function panel(state: PanelState, now: number, size: PanelSize, paint: Paint): string[] {
  const { status, targets } = state;
  const rule = [{ text: '─'.repeat(Math.min(size.columns, 72)), brush: paint.dim }];
  const top = [rule, presenceLine(status, now, paint), ...conditionLines(status, paint)];
  const room = Math.max(0, size.rows - top.length);
  const shown = targets.length <= room ? targets : targets.slice(0, Math.max(0, room - 1));
  const left = targets.length - shown.length;
  const lines = [...top, ...targetLines(shown, now, size.columns, paint)];
  if (left > 0) lines.push([{ text: `and ${left} more`, brush: paint.dim }]);
  return lines.slice(0, size.rows).map((pieces) => fitted(pieces, size.columns));
}

function presenceLine(status: WireStatus, now: number, paint: Paint): Piece[] {
  const { text, brush } = presenceWord(status.presence, paint);
  return [
    { text: `● ${text}`, brush },
    { text: `  idle ${lengthOf(status.idle_seconds * 1000)}` },
    { text: `  ${countdown(status, now)}`, brush: paint.bold },
  ];
}

/** The countdown to the next nap, or what there is instead of one. */
function countdown(status: WireStatus, now: number): string {
  const next = nextNapWords(status, now);
  if (next !== undefined) return `next nap ${next}`;
  return status.napping > 0 ? `${status.napping} napping` : 'no nap is coming';
}

function conditionLines(status: WireStatus, paint: Paint): Piece[][] {
  return status.conditions.map((condition) => [
    { text: '! ', brush: paint.red },
    { text: clean(condition.message) },
  ]);
}

function targetLines(
  targets: readonly WireRegistered[],
  now: number,
  columns: number,
  paint: Paint,
): Piece[][] {
  const names = targets.map((view) => clean(view.name ?? view.target));
  const states = targets.map((view) => clean(stateWords(view)));
  const nameWidth = Math.min(widest(names), Math.max(12, Math.floor(columns * 0.45)));
  const stateWidth = Math.min(widest(states), 24);
  return targets.map((view, at) => [
    { text: `  ${pad(names[at] ?? '', nameWidth)}` },
    { text: `  ${pad(states[at] ?? '', stateWidth)}`, brush: powerBrush(view.power, paint) },
    { text: `  ${clean(leaseWords(view, now))}`, brush: paint.dim },
  ]);
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(widthOf));
}

/** Pieces cut where the line would be wider than the terminal; the colours end with them. */
function fitted(pieces: readonly Piece[], columns: number): string {
  let room = columns;
  let line = '';
  for (const { text, brush } of pieces) {
    if (room <= 0) break;
    const part = cut(text, room);
    room -= widthOf(part);
    line += brush ? brush(part) : part;
  }
  return line;
}

/** One event as a line that scrolls by: the time, and the sentence with its reason. */
export function eventLine(event: WireEvent, paint: Paint): string {
  return `${paint.dim(secondsOf(wallOf(event.at) ?? 0))}  ${levelBrush(event.level, paint)(clean(event.message))}`;
}

/** What changed of the targets between two looks, a line each: for outputs that are no terminal. */
export function changeLines(
  before: readonly WireRegistered[],
  after: readonly WireRegistered[],
  now: number,
): string[] {
  const old = new Map(before.map((view) => [view.target, view]));
  return after.flatMap((view) => {
    const from = old.get(view.target);
    const [was, is] = [from && clean(stateWords(from)), clean(stateWords(view))];
    if (was === is) return [];
    const name = clean(view.name ?? view.target);
    return [`${secondsOf(now)}  ${name}: ${was === undefined ? is : `${was} -> ${is}`}`];
  });
}
