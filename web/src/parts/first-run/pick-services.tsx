/** The second step: which services may nap. What is ticked is registered when the step is left, and not before. */
import { Alert, Anchor, Button, Checkbox, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChange, useRead } from '../../daemon.js';
import { registrationOf } from '../../registration.js';
import { idOf, nameOf, type Shown } from '../../services-filter.js';
import { phaseOf } from '../state.js';
import { Hint, Trouble } from '../trouble.js';

export function PickServices(props: { onDone: () => void }): ReactNode {
  const { t } = useTranslation();
  const found = useRead('list', {}, { refreshMs: false });
  const registered = useRead('registered', {});
  const register = useChange('register');
  const unregister = useChange('unregister');
  const before = new Set<string>(registered.data?.services.map(({ target }) => target));
  const [picked, setPicked] = useState<ReadonlySet<string>>();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  if (found.isError && !found.data)
    return <Trouble error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data)
    return (
      <Stack gap="sm" role="status" aria-label={t('loading')}>
        <Text c="dimmed">{t('services.loading')}</Text>
        <Skeleton height={220} />
      </Stack>
    );
  const services: readonly Shown[] = found.data.services;
  const now = picked ?? before;
  const free = services.filter(({ refusal }) => !refusal);
  const tick = (targets: readonly string[], isTicked: boolean) => {
    const next = new Set(now);
    for (const target of targets) isTicked ? next.add(target) : next.delete(target);
    setPicked(next);
  };
  const save = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      for (const service of services) {
        const { target } = service;
        if (now.has(target) && !before.has(target))
          await register.mutateAsync(registrationOf(service, services));
        if (!now.has(target) && before.has(target)) await unregister.mutateAsync({ target });
      }
      props.onDone();
    } catch (thrown) {
      setFailure(thrown);
    } finally {
      setBusy(false);
    }
  };
  const areAll = free.length > 0 && free.every(({ target }) => now.has(target));
  return (
    <Stack gap="lg">
      {found.data.failures.map(({ region, service_type: type, message, hint }) => (
        <Alert color="orange" variant="light" key={`${type} ${region}`} title={`${type} · ${region}`}>
          {message} {hint && <Hint text={hint} />}
        </Alert>
      ))}
      {services.length === 0 && (
        <Paper withBorder p="lg">
          <Text fw={600}>{t('services.empty')}</Text>
          <Text c="dimmed">{t('services.empty_body')}</Text>
          <Button mt="sm" size="xs" variant="default" onClick={() => void found.refetch()}>
            {t('services.refresh')}
          </Button>
        </Paper>
      )}
      {free.length > 1 && (
        <Checkbox
          label={t('first_run.all', { count: free.length })}
          checked={areAll}
          indeterminate={!areAll && free.some(({ target }) => now.has(target))}
          onChange={() =>
            tick(
              free.map(({ target }) => target),
              !areAll,
            )
          }
        />
      )}
      {[...Map.groupBy(services, ({ region }) => region)].map(([region, inRegion]) => (
        <section key={region} aria-labelledby={`pick-${region}`}>
          <Title order={2} size="h6" c="dimmed" mb="xs" id={`pick-${region}`}>
            {region}
          </Title>
          <Stack gap="xs">
            {inRegion.map((service) => (
              <Checkbox
                key={service.target}
                label={nameOf(service)}
                description={
                  <>
                    {describe(service, t(`phase.${phaseOf({ ...service, phase: null })}`))}
                    {service.refusal && (
                      <>
                        <br />
                        {t('services.never')}: {service.refusal.reason}
                      </>
                    )}
                  </>
                }
                disabled={service.refusal !== undefined && !before.has(service.target)}
                checked={now.has(service.target)}
                onChange={(event) => tick([service.target], event.currentTarget.checked)}
              />
            ))}
          </Stack>
        </section>
      ))}
      {failure !== undefined && <Trouble error={failure} title={t('failed_change')} />}
      <Group justify="space-between">
        <Anchor component="button" type="button" size="sm" onClick={() => void found.refetch()}>
          {t('services.refresh')}
        </Anchor>
        <Button loading={isBusy} disabled={now.size === 0} onClick={() => void save()}>
          {t('first_run.let_nap', { count: now.size })}
        </Button>
      </Group>
    </Stack>
  );
}

function describe(service: Shown, state: string): string {
  const { service_type: type, name, instance_type: size } = service;
  return [type, ...(name ? [idOf(service)] : []), ...(size ? [size] : []), state].join(' · ');
}
