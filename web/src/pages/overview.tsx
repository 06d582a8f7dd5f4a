/** The one page for every day: whether you are there, what naps next, what comes back, and what you can do about it. */
import { Alert, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect } from 'wouter';
import { useRead } from '../daemon.js';
import { firstRun } from '../first-run.js';
import { Conditions } from '../parts/conditions.js';
import { PresenceCard } from '../parts/presence-card.js';
import { Targets } from '../parts/targets.js';
import { Trouble } from '../parts/trouble.js';
import { Warning } from '../parts/warning.js';
import { WelcomeBack } from '../parts/welcome-back.js';

/** More than one return and its naps tell of. */
const EVENTS = 200;

export function Overview(): ReactNode {
  const { t } = useTranslation();
  const status = useRead('status', {});
  const planned = useRead('plan', {});
  const registered = useRead('registered', {});
  const senses = useRead('senses', {});
  const history = useRead('history', { limit: EVENTS });
  const broken = [status, planned, registered].find((query) => query.isError && query.data === undefined);
  if (broken) return <Trouble error={broken.error} onRetry={() => void broken.refetch()} />;
  if (registered.data?.services.length === 0 && !firstRun.wasLeft())
    return <Redirect to="/first-run" replace />;
  const services = registered.data?.services ?? [];
  const plan = planned.data?.plan ?? [];
  const conditions = status.data?.conditions ?? [];
  const ofRows = new Set<string | undefined>(services.map(({ target }) => target));
  return (
    <Stack gap="lg" maw={960}>
      {status.data?.dry_run && (
        <Alert color="yellow" variant="light">
          {t('dry_run')}
        </Alert>
      )}
      <Warning plan={plan} />
      <PresenceCard
        status={status.data}
        plan={plan}
        services={services}
        sensors={senses.data?.sensors ?? []}
      />
      <WelcomeBack
        known={{ services, plan, conditions, events: history.data?.events ?? [] }}
        presence={status.data?.presence}
      />
      <Conditions
        conditions={conditions.filter(({ target }) => target === undefined || !ofRows.has(target))}
      />
      <Targets services={registered.data?.services} plan={plan} conditions={conditions} />
    </Stack>
  );
}
