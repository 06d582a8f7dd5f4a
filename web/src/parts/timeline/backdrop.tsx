/** What lies behind all rows: the marks of the axis, the present moment, and the patterns the bars are filled with. */
import type { ReactNode } from 'react';
import { fraction, type Period, ticksOf } from '../../timeline-period.js';

export function Backdrop(props: { period: Period; now: number }): ReactNode {
  const { period, now } = props;
  const x = (at: number) => `${100 * fraction(at, period)}%`;
  return (
    <svg className="tl-backdrop" aria-hidden="true">
      {ticksOf(period).map(({ at, isMinor }) => (
        <line
          key={at}
          className="tl-mark"
          data-minor={isMinor || undefined}
          x1={x(at)}
          x2={x(at)}
          y2="100%"
        />
      ))}
      {now >= period.from && now < period.to && <line className="tl-now" x1={x(now)} x2={x(now)} y2="100%" />}
    </svg>
  );
}

/** Stripes, so that colour is never the only sign. Once on the page, for every chart and the key to them. */
export function Patterns(): ReactNode {
  return (
    <svg className="tl-patterns" aria-hidden="true">
      <defs>
        {(['napping', 'locked', 'unknown'] as const).map((kind) => (
          <pattern
            key={kind}
            id={`tl-${kind}`}
            data-kind={kind}
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform={kind === 'unknown' ? 'rotate(-45)' : 'rotate(45)'}
          >
            <rect width="6" height="6" />
            <line y2="6" />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}
