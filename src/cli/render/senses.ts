/** What is sensed and how, for `cloudnap sensors` and `cloudnap doctor`. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { WireHealth, WireSenses, WireSensor, WireSignal } from '../../control/wire.js';
import type { PassedOver } from '../../core/sensor.js';
import { secondsOf, wallOf, when } from '../moments.js';
import { clean, type Paint, sentence } from '../paint.js';

/** Every name is shorter than this. */
const NAME_WIDTH = 10;
/** The daemon keeps moments on a clock that nobody sets: told by the wall clock, one may differ by a hair each time. */
const SAME_MS = 50;
const INDENT = ' '.repeat(NAME_WIDTH);

/** A paragraph of the sensors, one of what the session tells, and whether it is locked. */
export function sensesText(senses: WireSenses, now: number, paint: Paint): string {
  const lock = lockLine(senses.locked);
  return [
    ...senses.sensors.flatMap((view) => sensorLines(view, now, paint)),
    '',
    ...senses.signals.flatMap((view) => signalLines(view, paint)),
    ...(lock === undefined ? [] : ['', lock]),
  ].join('\n');
}

/** A sensor: its state in a line, and below it what it lacks, was passed over, and watches beside it. */
function sensorLines(view: WireSensor, now: number, paint: Paint): string[] {
  return [sensorLine(view, now, paint), ...detailLines(view.health, paint).map((line) => INDENT + line)];
}

/** What has changed between two looks, a line each: for outputs that are no terminal. */
export function changedLines(before: WireSenses, after: WireSenses, now: number, paint: Paint): string[] {
  const lock = before.locked === after.locked ? undefined : lockLine(after.locked);
  return [
    ...after.sensors
      .filter((view, at) => isNews(before.sensors[at], view))
      .map((view) => sensorLine(view, now, paint)),
    ...after.signals
      .filter((view, at) => !isDeepStrictEqual(view, before.signals[at]))
      .map((view) => stateLine(view.signal, view.health, false, paint)),
    ...(lock === undefined ? [] : [lock]),
  ].map((line) => `${paint.dim(secondsOf(now))}  ${line}`);
}

function isNews(before: WireSensor | undefined, after: WireSensor): boolean {
  const moved = (wallOf(after.last_activity) ?? 0) - (wallOf(before?.last_activity ?? null) ?? 0);
  return (
    Math.abs(moved) > SAME_MS || !isDeepStrictEqual({ ...before, last_activity: after.last_activity }, after)
  );
}

function sensorLine({ sensor, health, wakes, last_activity }: WireSensor, now: number, paint: Paint): string {
  const line = stateLine(sensor, health, wakes, paint);
  if (health.state !== 'watching') return line;
  const last = wallOf(last_activity);
  const activity = last === undefined ? 'no activity yet' : `last activity ${when(last, now)}`;
  return `${line}; ${activity}${wakes ? '' : paint.dim(' (extends presence, does not wake)')}`;
}

function signalLines({ signal, health }: WireSignal, paint: Paint): string[] {
  return [
    stateLine(signal, health, false, paint),
    ...detailLines(health, paint).map((line) => INDENT + line),
  ];
}

/** `grave`: presence depends on it. */
function stateLine(name: string, health: WireHealth, grave: boolean, paint: Paint): string {
  const label = name.padEnd(NAME_WIDTH);
  switch (health.state) {
    case 'watching':
      return `${label}${paint.green('watching')} by ${clean(health.mechanism)}`;
    case 'off':
      return `${label}${paint.dim('off by the settings')}`;
    case 'unavailable':
      return `${label}${(grave ? paint.red : paint.yellow)('unavailable')}`;
  }
}

/** What there is to say below the state: of what is missing the cure too, of what was not needed the reason alone. */
export function detailLines(health: WireHealth, paint: Paint): string[] {
  if (health.state === 'off') return [];
  const watches = health.state === 'watching';
  const lines = alike(health.passed_over).flatMap(({ mechanisms, reason, cure }) => {
    const what = `${clean(mechanisms.join(', '))}: ${clean(reason)}`;
    return watches ? [paint.dim(`passed over ${what}`)] : [what, cureLine(cure)];
  });
  // Where each mechanism has told its own, what stands for all of them would only say it again.
  if (!watches && lines.length === 0) lines.push(sentence(health.reason), cureLine(health.cure));
  for (const one of health.beside) {
    const mechanism = clean(one.mechanism);
    if (one.state === 'watching') lines.push(`beside it: ${mechanism}`);
    else lines.push(`not beside it: ${mechanism}: ${clean(one.reason)}`, cureLine(one.cure));
  }
  return lines;
}

function cureLine(cure: string): string {
  return `  ${sentence(cure)}`;
}

/** Mechanisms that lack the same, together. What a mechanism cannot do, behind a comma, is left out: it is not used. */
function alike(
  passedOver: readonly PassedOver[],
): readonly { readonly mechanisms: string[]; readonly reason: string; readonly cure: string }[] {
  const groups = new Map<string, { mechanisms: string[]; reason: string; cure: string }>();
  for (const { mechanism, reason, cure } of passedOver) {
    const key = JSON.stringify([reason, cure]);
    const group = groups.get(key) ?? { mechanisms: [], reason, cure };
    group.mechanisms.push(mechanism.replace(/\s*[,;(].*$/, ''));
    groups.set(key, group);
  }
  return [...groups.values()];
}

function lockLine(locked: boolean | null): string | undefined {
  if (locked === null) return undefined;
  return locked ? 'The session is locked.' : 'The session is not locked.';
}
