/** The third step: what will happen to what was picked, when, and what that is worth. */
import { Anchor, Button, Group, Paper, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useRead } from '../../daemon.js';
import { useNow } from '../../now.js';
import { nameOf } from '../../services-filter.js';
import { clockTime } from '../../times.js';
import { Trouble } from '../trouble.js';

/** Hours in a week, and those of them that a person is at their desk: eight on five days. */
const WEEK_HOURS = 168;
const DESK_HOURS = 40;
const WEEKS_A_MONTH = 52 / 12;

export function SeePlan(props: { onDone: () => void; onBack: () => void }): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const planned = useRead('plan', {});
  const registered = useRead('registered', {});
  const settings = useRead('settings', {}, { refreshMs: false });
  if (planned.isError && !planned.data)
    return <Trouble error={planned.error} onRetry={() => void planned.refetch()} />;
  if (!planned.data || !registered.data) return <Skeleton height={200} aria-label={t('loading')} />;
  const { plan } = planned.data;
  const names = new Map(registered.data.services.map((service) => [service.target, nameOf(service)]));
  const timeout = settings.data?.settings.find(
    ({ key }) => key === 'activity_monitor.inactivity_timeout_minutes',
  )?.value;
  const naps = plan.filter(({ action }) => action === 'nap');
  const hourly = naps.reduce((sum, { saves_per_hour: saves }) => sum + (saves ?? 0), 0);
  const unpriced = naps.filter(({ saves_per_hour: saves }) => saves === null).length;
  const money = (usd: number) =>
    new Intl.NumberFormat(i18n.language, { style: 'currency', currency: 'USD' }).format(usd);
  return (
    <Stack gap="lg">
      {typeof timeout === 'number' && (
        <Text>
          {t('first_run.timeout', { minutes: new Intl.NumberFormat(i18n.language).format(timeout) })}{' '}
          <Anchor component={Link} href="/settings" underline="always">
            {t('first_run.change')}
          </Anchor>
        </Text>
      )}
      <Paper withBorder component="ul" m={0} p={0} className="rows">
        {plan.map((step) => (
          <li key={step.target} className="row">
            <Text fw={600} className="row-name" truncate>
              {names.get(step.target) ?? step.target}
            </Text>
            <Text size="sm" className="row-state number" {...(step.action === 'nap' ? {} : { c: 'dimmed' })}>
              {step.action === 'nap' && step.at
                ? t('first_run.naps', { when: clockTime(step.at, now, i18n.language) })
                : t(step.action === 'nap' ? 'first_run.naps_soon' : 'first_run.stays')}
            </Text>
            {step.action !== 'nap' && (
              <Text size="xs" c="dimmed" className="row-note flush">
                {step.reason}
              </Text>
            )}
          </li>
        ))}
      </Paper>
      {hourly > 0 && (
        <Stack gap={2}>
          <Text fw={600} className="number">
            {t('first_run.saves', {
              month: money(hourly * (WEEK_HOURS - DESK_HOURS) * WEEKS_A_MONTH),
            })}
          </Text>
          <Text size="sm" c="dimmed">
            {t('first_run.saves_body', { hour: money(hourly), hours: DESK_HOURS })}{' '}
            {unpriced > 0 && t('first_run.unpriced', { count: unpriced })}
          </Text>
        </Stack>
      )}
      <Group justify="space-between">
        <Button variant="subtle" onClick={props.onBack}>
          {t('first_run.back')}
        </Button>
        <Button onClick={props.onDone}>{t('first_run.good')}</Button>
      </Group>
    </Stack>
  );
}
