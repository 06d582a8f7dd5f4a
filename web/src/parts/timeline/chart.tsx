/**
 * Rows of bars over one axis, drawn by hand. It is a grid to the keyboard and to screen readers: one stop, from which
 * the arrow keys go on; what a bar says is shown at it, for the pointer as for the keyboard.
 */
import { type KeyboardEvent, type ReactNode, useCallback, useId, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fraction, type Period, ticksOf, tickText } from '../../timeline-period.js';
import { firstPlace, type Place, placeAfter, type Row } from '../../timeline-rows.js';
import { Backdrop } from './backdrop.js';
import { Bars } from './bars.js';
import { useWords } from './words.js';

export function Chart(props: {
  title: string;
  period: Period;
  rows: readonly Row[];
  now: number;
}): ReactNode {
  const { title, period, rows, now } = props;
  const { t } = useTranslation();
  const words = useWords(period.view);
  const grid = useRef<HTMLDivElement>(null);
  const help = useId();
  const [stop, setStop] = useState<Place>();
  const [shown, setShown] = useState<Place>();
  const show = useCallback((row: number, bar: number | undefined) => {
    setShown(bar === undefined ? undefined : { row, bar });
  }, []);
  // What the stop was at may be gone after the rows were read anew.
  const at = stop && rows[stop.row]?.bars[stop.bar] ? stop : firstPlace(rows);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setShown(undefined);
    if (at === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = placeAfter(rows, at, event.key);
    if (!next) return;
    event.preventDefault();
    grid.current
      ?.querySelectorAll('[role="row"]')
      [next.row]?.querySelectorAll<SVGElement>('[role="gridcell"]')
      [next.bar]?.focus();
  };
  const onFocus = useCallback((row: number, bar: number) => {
    setStop({ row, bar });
    setShown({ row, bar });
  }, []);
  const shownRow = shown && rows[shown.row];
  const shownBar = shown && shownRow?.bars[shown.bar];
  return (
    <section className="tl">
      <h2 className="tl-title" id={`${help}-title`}>
        {title}
      </h2>
      <Axis period={period} />
      <p id={help} className="tl-aside">
        {t('timeline.help')}
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a table cannot hold a picture's shapes as its cells */}
      <div
        className="tl-rows"
        ref={grid}
        role="grid"
        aria-labelledby={`${help}-title`}
        aria-describedby={help}
        aria-readonly="true"
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onBlur={() => setShown(undefined)}
        onPointerLeave={() => setShown(undefined)}
      >
        <Backdrop period={period} now={now} />
        {rows.map((row, i) => (
          // biome-ignore lint/a11y/useSemanticElements: as above
          // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus
          <div className="tl-row" role="row" key={row.id} data-of={row.of}>
            {/* biome-ignore lint/a11y/useSemanticElements: as above */}
            {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
            <div className="tl-name" role="rowheader" title={row.detail}>
              {words.row(row)}
            </div>
            <Bars
              row={row}
              index={i}
              period={period}
              stop={at?.row === i ? at.bar : undefined}
              shown={shown?.row === i ? shown.bar : undefined}
              onShow={show}
              onFocus={onFocus}
            />
            {shown?.row === i && shownRow && shownBar && (
              <Tip mid={fraction((shownBar.from + shownBar.to) / 2, period)}>
                <strong>
                  {words.row(shownRow)}
                  {shownBar.kind === 'active' ? '' : ` · ${words.state(shownBar)}`}
                </strong>
                <span className="number">{words.when(shownBar)}</span>
              </Tip>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}

/** The marks' words over the rows. A screen reader hears the times of each bar. */
function Axis(props: { period: Period }): ReactNode {
  const { i18n } = useTranslation();
  const { period } = props;
  const ticks = useMemo(() => ticksOf(period), [period]);
  return (
    <div className="tl-axis" aria-hidden="true">
      {ticks.map((tick) => (
        <span
          key={tick.at}
          data-minor={tick.isMinor || undefined}
          style={{ insetInlineStart: `${100 * fraction(tick.at, period)}%` }}
        >
          {tickText(tick, period.view, i18n.language)}
        </span>
      ))}
    </div>
  );
}

/** What a bar says, over it; within the track wherever the bar is. What it says is read out as the bar's own label. */
function Tip(props: { mid: number; children: ReactNode }): ReactNode {
  const { mid, children } = props;
  const side = mid < 1 / 3 ? 'start' : mid > 2 / 3 ? 'end' : 'mid';
  return (
    <div className="tl-tip-track" aria-hidden="true">
      <div className="tl-tip" data-side={side} style={{ insetInlineStart: `${100 * mid}%` }}>
        {children}
      </div>
    </div>
  );
}
