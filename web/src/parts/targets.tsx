/** Every registered service: how it stands, who keeps it and until when, and what comes next. */
import { Anchor, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { WireCondition, WirePlan, WireRegistered } from '../../../src/control/wire.js';
import { useNow } from '../now.js';
import { nameOf } from '../services-filter.js';
import { clockTime, countdown } from '../times.js';
import { askerText, COLOR, phaseOf } from './state.js';
import { TargetMenu } from './target-menu.js';
import { Hint } from './trouble.js';

export function Targets(props: {
  services: readonly WireRegistered[] | undefined;
  plan: readonly WirePlan[];
  conditions: readonly WireCondition[];
}): ReactNode {
  const { t } = useTranslation();
  const { services, plan, conditions } = props;
  if (!services) return <Skeleton height={200} aria-label={t('loading')} />;
  const next = new Map(plan.map((step) => [step.target, step]));
  return (
    <section aria-labelledby="targets">
      <Group justify="space-between" mb="sm">
        <Title order={2} id="targets" size="h4">
          {t('target.title')}
        </Title>
        {services.length > 0 && (
          <Anchor component={Link} href="/services" size="sm">
            {t('target.more')}
          </Anchor>
        )}
      </Group>
      {services.length === 0 ? (
        <Paper withBorder p="xl">
          <Stack gap="xs" align="flex-start">
            <Text fw={600}>{t('target.none')}</Text>
            <Text c="dimmed">{t('target.none_body')}</Text>
            <Anchor component={Link} href="/first-run">
              {t('target.set_up')}
            </Anchor>
          </Stack>
        </Paper>
      ) : (
        <Paper withBorder component="ul" m={0} p={0} className="rows">
          {services.map((service) => (
            <Target
              key={service.target}
              service={service}
              next={next.get(service.target)}
              trouble={conditions.find(({ target }) => target === service.target)}
              names={new Map(services.map((other) => [other.target, nameOf(other)]))}
            />
          ))}
        </Paper>
      )}
    </section>
  );
}

function Target(props: {
  service: WireRegistered;
  next: WirePlan | undefined;
  trouble: WireCondition | undefined;
  names: ReadonlyMap<string, string>;
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { service, next, trouble, names } = props;
  const phase = phaseOf(service);
  const clock = (at: string) => clockTime(at, now, i18n.language);
  const kept = next?.action === 'keep' ? '' : keptText(t, service, { clock, names });
  return (
    <li className="row">
      <Group gap="sm" wrap="nowrap" miw={0} className="row-name">
        <span className="dot" style={{ '--dot': `var(--mantine-color-${COLOR[phase]}-6)` } as object} />
        <Stack gap={0} miw={0}>
          <Text fw={600} truncate>
            {nameOf(service)}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {service.service_type} · {service.region}
            {service.description ? ` · ${service.description}` : ''}
          </Text>
        </Stack>
      </Group>
      <Stack gap={0} className="row-state">
        <Text size="sm">
          {service.enabled ? t(`phase.${phase}`) : t('target.off')}
          {next?.warned && next.at ? (
            <Text span size="sm" fw={600} className="number">
              {' · '}
              {t('target.naps_in', { left: countdown(next.at, now) })}
            </Text>
          ) : null}
        </Text>
        <Text size="xs" c="dimmed" className="number">
          {[kept, nextText(t, service, next, clock)].filter((part) => part !== '').join(', ')}
        </Text>
      </Stack>
      <TargetMenu service={service} />
      {(trouble ?? (next?.action === 'keep' && service.refusal)) && (
        <Text size="xs" className="row-note" {...(trouble ? {} : { c: 'dimmed' })}>
          {trouble ? (
            <>
              {trouble.message} {trouble.hint && <Hint text={trouble.hint} />}
            </>
          ) : (
            <>
              {t('services.never')}: {service.refusal?.reason}
            </>
          )}
        </Text>
      )}
    </li>
  );
}

/** Who keeps it the longest, and until when. */
function keptText(
  t: TFunction,
  service: WireRegistered,
  { clock, names }: { clock: (at: string) => string; names: ReadonlyMap<string, string> },
): string {
  const [lease] = service.leases;
  if (!lease || !service.enabled || service.power === 'off') return '';
  if (lease.until === null) return t('target.unlimited');
  const when = clock(lease.until);
  switch (lease.kind) {
    case 'hold':
      return t('kept.hold', { when, by: askerText(t, lease.hold?.by ?? '') });
    case 'dependent':
      return t('kept.dependent', { when, name: names.get(lease.dependent ?? '') ?? lease.dependent ?? '' });
    case 'presence':
      return t('kept.presence', { when });
    default:
      return t('kept.other', { when, holder: lease.holder });
  }
}

/** What happens to it by itself, where its state does not say so already. */
function nextText(
  t: TFunction,
  service: WireRegistered,
  next: WirePlan | undefined,
  clock: (at: string) => string,
): string {
  if (!next || next.warned || !service.enabled) return '';
  if (next.action === 'nap')
    return service.leases.length > 0
      ? t('action.then_naps')
      : next.at
        ? t('action.nap', { when: clock(next.at) })
        : '';
  if (next.action === 'restore') return t('action.restore');
  if (service.phase === 'napped') return t('action.asleep');
  return next.action === 'keep' ? t('action.keep') : '';
}
