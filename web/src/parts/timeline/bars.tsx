/** One row's bars as SVG. Places are in percent of the track, so that nothing is measured and any width fits. */
import { memo, type PointerEvent, type ReactNode } from 'react';
import { fraction, type Period } from '../../timeline-period.js';
import { nearestBar, type Row } from '../../timeline-rows.js';
import { useWords } from './words.js';

/** How far beside a bar the pointer may be, in pixels: some are but two wide. */
const REACH_PX = 8;

interface BarsProps {
  readonly row: Row;
  readonly index: number;
  readonly period: Period;
  /** The bar at which the keyboard stops; undefined: in another row. */
  readonly stop: number | undefined;
  /** The bar whose words are shown. */
  readonly shown: number | undefined;
  readonly onShow: (row: number, bar: number | undefined) => void;
  readonly onFocus: (row: number, bar: number) => void;
}

/** Drawn anew only when something of its own row changes: there may be thousands of bars. */
export const Bars = memo(function Bars(props: BarsProps): ReactNode {
  const { row, index, period, stop, shown, onShow, onFocus } = props;
  const words = useWords(period.view);
  const onPointer = (event: PointerEvent<SVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const perPixel = (period.to - period.from) / Math.max(1, width);
    const at = period.from + (event.clientX - left) * perPixel;
    onShow(index, nearestBar(row.bars, at, REACH_PX * perPixel));
  };
  return (
    <svg
      className="tl-track"
      role="none"
      onPointerMove={onPointer}
      onPointerDown={onPointer}
      onPointerLeave={() => onShow(index, undefined)}
    >
      {row.bars.map((bar, i) => (
        // biome-ignore lint/a11y/useSemanticElements: HTML has no shapes
        <rect
          key={`${bar.kind} ${bar.from}`}
          className="tl-bar"
          data-kind={bar.kind}
          data-shown={shown === i || undefined}
          role="gridcell"
          aria-label={words.aloud(bar)}
          tabIndex={stop === i ? 0 : -1}
          x={percent(fraction(bar.from, period))}
          style={{ '--width': percent(fraction(bar.to, period) - fraction(bar.from, period)) } as object}
          onFocus={() => onFocus(index, i)}
        />
      ))}
    </svg>
  );
});

function percent(part: number): string {
  return `${(100 * part).toFixed(3)}%`;
}
