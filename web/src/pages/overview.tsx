/** The one page for every day: whether you are there, what naps next, and what you can do about it. */
import { Alert, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../daemon.js';
import { Conditions } from '../parts/conditions.js';
import { Controls } from '../parts/controls.js';
import { PresenceCard } from '../parts/presence-card.js';
import { Targets } from '../parts/targets.js';
import { Trouble } from '../parts/trouble.js';

export function Overview(): ReactNode {
  const { t } = useTranslation();
  const status = useRead('status', {});
  const plan = useRead('plan', {});
  const registered = useRead('registered', {});
  const broken = [status, plan, registered].find((query) => query.isError && query.data === undefined);
  if (broken) return <Trouble error={broken.error} onRetry={() => void broken.refetch()} />;
  return (
    <Stack gap="lg" maw={960}>
      {status.data?.dry_run && (
        <Alert color="yellow" variant="light">
          {t('dry_run')}
        </Alert>
      )}
      <PresenceCard status={status.data} plan={plan.data?.plan} />
      <Controls plan={plan.data?.plan ?? []} services={registered.data?.services ?? []} />
      <Conditions conditions={status.data?.conditions ?? []} />
      <Targets services={registered.data?.services} plan={plan.data?.plan ?? []} />
    </Stack>
  );
}
