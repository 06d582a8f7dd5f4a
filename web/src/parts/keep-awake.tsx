/** How long to keep awake, as buttons for everything and as lines of a menu for one service. */
import { Button, Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { minutesUntilMorning } from '../times.js';

const LENGTHS = [
  { text: 'awake.for_30', minutes: () => 30 },
  { text: 'awake.for_120', minutes: () => 120 },
  { text: 'awake.tomorrow', minutes: () => minutesUntilMorning(new Date()) },
] as const;

export function KeepButtons(props: { onKeep: (minutes: number) => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Button.Group aria-label={t('awake.all')}>
      {LENGTHS.map(({ text, minutes }) => (
        <Button key={text} variant="default" size="sm" onClick={() => props.onKeep(minutes())}>
          {t(text)}
        </Button>
      ))}
    </Button.Group>
  );
}

export function KeepItems(props: { onKeep: (minutes: number) => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <Menu.Label>{t('awake.title')}</Menu.Label>
      {LENGTHS.map(({ text, minutes }) => (
        <Menu.Item key={text} onClick={() => props.onKeep(minutes())}>
          {t(text)}
        </Menu.Item>
      ))}
    </>
  );
}
