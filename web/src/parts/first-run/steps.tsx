/** How far the first run is, and the way back to a step that is done. */
import { Text, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export const STEPS = ['sign_in', 'pick', 'plan', 'done'] as const;
export type Step = (typeof STEPS)[number];

export function Steps(props: {
  at: Step;
  /** The first step that is not done. */
  reached: Step;
  onStep: (step: Step) => void;
}): ReactNode {
  const { t } = useTranslation();
  const at = STEPS.indexOf(props.at);
  const reached = Math.max(at, STEPS.indexOf(props.reached));
  return (
    <ol className="steps" aria-label={t('first_run.progress', { step: at + 1, count: STEPS.length })}>
      {STEPS.map((step, i) => {
        const isDone = i < at || (i < reached && i !== at);
        const label = (
          <>
            <span className="step-mark" aria-hidden="true">
              {isDone ? '✓' : i + 1}
            </span>
            <Text span size="sm" fw={i === at ? 650 : 400}>
              {t(`first_run.${step}`)}
            </Text>
          </>
        );
        return (
          <li
            key={step}
            data-state={i === at ? 'at' : isDone ? 'done' : 'ahead'}
            aria-current={i === at ? 'step' : undefined}
          >
            {i < reached && i !== at && props.at !== 'done' ? (
              <UnstyledButton className="step" onClick={() => props.onStep(step)}>
                {label}
              </UnstyledButton>
            ) : (
              <span className="step">{label}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
