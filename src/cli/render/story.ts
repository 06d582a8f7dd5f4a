/** One target's story for `cloudnap why`, to be read from top to bottom. Pure. */
import type {
  WireExplanation,
  WireLease,
  WireSensor,
  WireService,
  WireSnapshot,
} from '../../control/wire.js';
import { timeOf, wallOf, when } from '../moments.js';
import { clean, type Paint, sentence } from '../paint.js';
import { powerBrush, presenceWord, stateWords } from './words.js';

/** Paragraphs: what happens next, its state, its leases, presence and sensors, its snapshot, the last action. */
export function storyText(why: WireExplanation, now: number, paint: Paint): string {
  const presence = presenceWord(why.presence, paint);
  return [
    paint.bold(why.target),
    sentence(why.next),
    '',
    ...ownership(why),
    ...stateLines(why.observed, paint),
    '',
    heading('Leases', paint),
    ...(why.leases.length === 0 ? ['  none'] : why.leases.map((lease) => leaseLine(lease, now, paint))),
    ...deadManLines(why, now, paint),
    '',
    `${heading('Presence', paint)} ${presence.brush(presence.text.toLowerCase())}`,
    ...why.sensors.map((sensor) => sensorLine(sensor, now, paint)),
    '',
    heading('Snapshot', paint),
    ...snapshotLines(why.snapshot, now),
    '',
    heading('Last action', paint),
    `  ${lastAction(why, now)}`,
  ].join('\n');
}

function heading(text: string, paint: Paint): string {
  return paint.dim(`${text}:`);
}

function ownership(why: WireExplanation): string[] {
  if (!why.registered) return ['It is not registered: Cloudnap never naps it by itself.'];
  return why.enabled ? [] : ['It is registered but disabled: Cloudnap leaves it alone.'];
}

function stateLines(observed: WireService | null, paint: Paint): string[] {
  if (!observed) return ['Its state in AWS has not been read yet.'];
  const state = powerBrush(observed.power, paint)(clean(stateWords(observed)));
  const lines = [`In AWS it is ${state}.`];
  if (observed.refusal) {
    const hint = observed.refusal.hint === undefined ? '' : ` ${clean(observed.refusal.hint)}`;
    lines.push(paint.yellow(`It is never napped: ${clean(observed.refusal.reason)}.${hint}`));
  }
  return lines;
}

function leaseLine(lease: WireLease, now: number, paint: Paint): string {
  const mark = lease.live ? paint.green('live ') : paint.dim('ended');
  const until = wallOf(lease.until);
  const deadline =
    until === undefined
      ? 'as long as presence is unknown'
      : `${lease.live ? 'until' : 'was until'} ${timeOf(until, now)}, ${when(until, now).split(',')[0]}`;
  return `  ${mark}  ${clean(lease.holder)}, ${deadline}`;
}

/** What AWS does without us. */
function deadManLines({ dead_man }: WireExplanation, now: number, paint: Paint): string[] {
  if (!dead_man) return [];
  const stopsAt = wallOf(dead_man.stops_at);
  const told =
    stopsAt === undefined
      ? []
      : [`  ${paint.green('armed')}  should this computer be gone, AWS stops it ${when(stopsAt, now)}`];
  const lacks = dead_man.lacks
    ? [`  ${paint.yellow(clean(`${dead_man.lacks.why}. ${dead_man.lacks.hint}`))}`]
    : [];
  return ['', heading("Dead-man's switch", paint), ...told, ...lacks];
}

function sensorLine(view: WireSensor, now: number, paint: Paint): string {
  const name = view.sensor.padEnd(9);
  switch (view.health.state) {
    case 'off':
      return `  ${name} ${paint.dim('off by the settings')}`;
    case 'unavailable':
      return `  ${name} ${paint.red('unavailable')}: ${clean(view.health.reason)}; ${clean(view.health.cure)}`;
    case 'watching': {
      const last = wallOf(view.last_activity);
      const activity = last === undefined ? 'nothing yet' : `last activity ${when(last, now)}`;
      return `  ${name} ${activity}${view.wakes ? '' : paint.dim(' (extends presence, does not wake)')}`;
    }
  }
}

function snapshotLines(snapshot: WireSnapshot | null, now: number): string[] {
  if (!snapshot) return ['  none: nothing of it is napping'];
  const taken = wallOf(snapshot.taken_at);
  const at = taken === undefined ? '' : `, taken ${when(taken, now)}`;
  return [
    `  ${snapshot.phase}${at}: ${clean(snapshot.reason)}`,
    `  saved: ${JSON.stringify(snapshot.saved)}`,
  ];
}

function lastAction(why: WireExplanation, now: number): string {
  if (!why.last_action) return 'none yet';
  const at = wallOf(why.last_action.at);
  return `${clean(why.last_action.message)}${at === undefined ? '' : ` (${when(at, now)})`}`;
}
