/** A timeline as the wire's JSON. Pure; every field is named in wire-desk.ts. */
import type { Span, TimelineView } from '../core/timeline.js';
import type { WireSpan, WireTimeline } from './wire-desk.js';

export function encodeTimeline({ from, to, sensors, presence, targets }: TimelineView): WireTimeline {
  return {
    from: instant(from),
    to: instant(to),
    sensors: sensors.map(({ sensor, spans }) => ({ sensor, spans: spans.map(encodeSpan) })),
    presence: presence.map((span) => ({ state: span.state, ...encodeSpan(span) })),
    targets: targets.map(({ targetId, account, name, spans }) => ({
      target: targetId,
      account,
      name: name ?? null,
      spans: spans.map((span) => ({ state: span.state, ...encodeSpan(span) })),
    })),
  };
}

function encodeSpan({ from, until }: Span): WireSpan {
  return { from: instant(from), to: instant(until) };
}

function instant(wall: number): string {
  return new Date(wall).toISOString();
}
