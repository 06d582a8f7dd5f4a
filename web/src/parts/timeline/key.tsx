/** What the fillings of the bars mean. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { BarKind } from '../../timeline-rows.js';

export function Key(props: { kinds: readonly BarKind[] }): ReactNode {
  const { t } = useTranslation();
  return (
    <ul className="tl-key">
      {props.kinds.map((kind) => (
        <li key={kind}>
          <svg aria-hidden="true">
            <rect className="tl-bar" data-kind={kind} style={{ '--width': '100%' } as object} />
          </svg>
          {t(`timeline.state.${kind}`)}
        </li>
      ))}
    </ul>
  );
}
