/** Every registered service with how it stands, what keeps it awake and what comes next. */
import { Anchor, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { WirePlan, WireRegistered } from '../../../src/control/wire.js';
import { useNow } from '../now.js';
import { clockTime } from '../times.js';
import { COLOR, phaseOf } from './state.js';

export function Targets(props: {
  services: readonly WireRegistered[] | undefined;
  plan: readonly WirePlan[];
}): ReactNode {
  const { t } = useTranslation();
  const { services, plan } = props;
  if (!services) return <Skeleton height={200} aria-label={t('loading')} />;
  const next = new Map(plan.map((step) => [step.target, step]));
  return (
    <section aria-labelledby="targets">
      <Title order={2} id="targets" size="h4" mb="sm">
        {t('target.title')}
      </Title>
      {services.length === 0 ? (
        <Paper withBorder p="xl">
          <Stack gap="xs" align="flex-start">
            <Text fw={600}>{t('target.none')}</Text>
            <Text c="dimmed">{t('target.none_body')}</Text>
            <Anchor component={Link} href="/services">
              {t('target.pick')}
            </Anchor>
          </Stack>
        </Paper>
      ) : (
        <Paper withBorder component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {services.map((service, i) => (
            <Target
              key={service.target}
              service={service}
              next={next.get(service.target)}
              isFirst={i === 0}
            />
          ))}
        </Paper>
      )}
    </section>
  );
}

function Target(props: { service: WireRegistered; next: WirePlan | undefined; isFirst: boolean }): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { service, next, isFirst } = props;
  const phase = phaseOf(service);
  const when = next?.at ? clockTime(next.at, now, i18n.language) : '';
  return (
    <Group
      component="li"
      justify="space-between"
      wrap="nowrap"
      p="md"
      gap="md"
      style={isFirst ? {} : { borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <Group gap="sm" wrap="nowrap" miw={0}>
        <span className="dot" style={{ '--dot': `var(--mantine-color-${COLOR[phase]}-6)` } as object} />
        <Stack gap={0} miw={0}>
          <Text fw={600} truncate>
            {service.name ?? service.target}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {service.service_type} · {service.region}
            {service.description ? ` · ${service.description}` : ''}
          </Text>
        </Stack>
      </Group>
      <Stack gap={0} align="flex-end" style={{ flex: 'none' }}>
        <Text size="sm">{service.enabled ? t(`phase.${phase}`) : t('target.off')}</Text>
        <Text size="xs" c="dimmed" className="number">
          {next && next.action !== 'none' && next.action !== 'keep'
            ? t(`action.${next.action}`, { when })
            : ''}
        </Text>
      </Stack>
    </Group>
  );
}
