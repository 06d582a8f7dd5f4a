/** The whole story of one service: who keeps it awake, until when, and what comes next. */
import { Modal, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireExplanation } from '../../../src/control/wire.js';
import { useRead } from '../daemon.js';
import { useNow } from '../now.js';
import { clockTime, relative } from '../times.js';
import { Trouble } from './trouble.js';

export function Why(props: { target: string; isOpen: boolean; onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Modal opened={props.isOpen} onClose={props.onClose} title={t('why.title')} size="lg" centered>
      {props.isOpen && <Story target={props.target} />}
    </Modal>
  );
}

function Story(props: { target: string }): ReactNode {
  const { t } = useTranslation();
  const why = useRead('why', { target: props.target });
  if (why.isError) return <Trouble error={why.error} onRetry={() => void why.refetch()} />;
  if (!why.data) return <Skeleton height={200} aria-label={t('loading')} />;
  return <Told why={why.data} />;
}

function Told(props: { why: WireExplanation }): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { why } = props;
  const at = (time: string) => clockTime(time, now, i18n.language);
  return (
    <Stack gap="md">
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {why.observed?.name ?? why.target}
      </Text>
      <Text size="lg">{why.next}</Text>
      <Part title={t('why.leases')}>
        {why.leases.length === 0 && t('why.no_lease')}
        {why.leases.map((lease) => (
          <Text size="sm" key={`${lease.holder} ${lease.until}`} {...(lease.live ? {} : { c: 'dimmed' })}>
            {lease.holder}:{' '}
            {lease.until === null
              ? t('target.unlimited')
              : t(lease.live ? 'why.until' : 'why.ended', { when: at(lease.until) })}
          </Text>
        ))}
      </Part>
      <Part title={t('why.sensors')}>
        {why.sensors.map((sensor) => (
          <Text size="sm" key={sensor.sensor}>
            {t(`sensor.${sensor.sensor}`)}:{' '}
            {sensor.last_activity === null
              ? t(`about.${sensor.health.state}`)
              : relative(sensor.last_activity, now, i18n.language)}
          </Text>
        ))}
      </Part>
      {why.snapshot && (
        <Part title={t('why.snapshot')}>
          <Text size="sm">
            {why.snapshot.taken_at === null ? '' : `${at(why.snapshot.taken_at)}: `}
            {why.snapshot.reason}
          </Text>
        </Part>
      )}
      {why.last_action && (
        <Part title={t('why.last')}>
          <Text size="sm">
            {why.last_action.at === null ? '' : `${at(why.last_action.at)}: `}
            {why.last_action.message}
          </Text>
        </Part>
      )}
    </Stack>
  );
}

function Part(props: { title: string; children: ReactNode }): ReactNode {
  return (
    <section>
      <Title order={3} size="h6" c="dimmed">
        {props.title}
      </Title>
      {props.children}
    </section>
  );
}
