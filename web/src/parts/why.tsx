/** The whole story of one service, told in its order: what was done, how it stands and who keeps it, what comes next. */
import { Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireExplanation, WireLease, WirePlan } from '../../../src/control/wire.js';
import { useRead } from '../daemon.js';
import { useNow } from '../now.js';
import { nameOf } from '../services-filter.js';
import { clockTime, relative } from '../times.js';
import { Dialog } from './dialog.js';
import { savedText } from './saved.js';
import { askerText, COLOR, phaseOf } from './state.js';
import { Hint, Trouble } from './trouble.js';

export function Why(props: { target: string; isOpen: boolean; onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title={t('why.title')} size="lg">
      {props.isOpen && <Story target={props.target} />}
    </Dialog>
  );
}

function Story(props: { target: string }): ReactNode {
  const { t } = useTranslation();
  const why = useRead('why', { target: props.target });
  const plan = useRead('plan', {});
  if (why.isError && !why.data) return <Trouble error={why.error} onRetry={() => void why.refetch()} />;
  if (!why.data) return <Skeleton height={260} aria-label={t('loading')} />;
  return <Told why={why.data} next={plan.data?.plan.find(({ target }) => target === props.target)} />;
}

function Told(props: { why: WireExplanation; next: WirePlan | undefined }): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { why, next } = props;
  const at = (time: string) => clockTime(time, now, i18n.language);
  const phase = why.observed ? phaseOf({ ...why.observed, phase: why.snapshot?.phase ?? null }) : 'unknown';
  const live = why.leases.filter((lease) => lease.live);
  const ended = why.leases.filter((lease) => !lease.live);
  const spoke = why.sensors.filter((sensor) => sensor.last_activity !== null);
  return (
    <Stack gap="lg">
      <Group gap="sm" wrap="nowrap" align="baseline">
        <span className="dot" style={{ '--dot': `var(--mantine-color-${COLOR[phase]}-6)` } as object} />
        <Text size="xl" fw={650} style={{ overflowWrap: 'anywhere' }}>
          {t(`why.is_${phase}`, { name: why.observed ? nameOf(why.observed) : why.target })}
        </Text>
      </Group>
      <ol className="story">
        {why.last_action && (
          <Beat
            title={t('why.before')}
            when={
              why.last_action.at === null
                ? ''
                : `${at(why.last_action.at)}, ${relative(why.last_action.at, now, i18n.language)}`
            }
          >
            <Text size="sm">{why.last_action.message}</Text>
            {why.snapshot && (
              <Text size="sm">{t('why.remembered', { what: savedText(t, why.snapshot.saved) })}</Text>
            )}
          </Beat>
        )}
        <Beat title={t('why.now')} when="">
          {!why.registered && <Text size="sm">{t('why.not_registered')}</Text>}
          {why.registered && !why.enabled && <Text size="sm">{t('why.disabled')}</Text>}
          {live.map((lease) => (
            <Text size="sm" key={`${lease.holder} ${lease.until}`}>
              {leaseText(t, lease, at)}
            </Text>
          ))}
          {why.registered && live.length === 0 && (
            <Text size="sm">
              {t('why.nobody')}
              {ended[0]?.until ? ` ${t('why.ended', { when: at(ended[0].until) })}` : ''}
            </Text>
          )}
          {spoke.length > 0 && (
            <Text size="sm" c="dimmed">
              {t('why.sensors')}:{' '}
              {spoke
                .map(
                  (sensor) =>
                    `${t(`sensor.${sensor.sensor}`)} ${relative(sensor.last_activity ?? '', now, i18n.language)}`,
                )
                .join(', ')}
            </Text>
          )}
          {why.observed?.refusal && (
            <Text size="sm">
              {t('services.never')}: {why.observed.refusal.reason}.{' '}
              {why.observed.refusal.hint && <Hint text={why.observed.refusal.hint} />}
            </Text>
          )}
        </Beat>
        <Beat
          title={t('why.next')}
          when={next?.at ? `${at(next.at)}, ${relative(next.at, now, i18n.language)}` : ''}
        >
          <Text size="sm">{nextText(t, why, next)}</Text>
          {next?.waits && <Text size="sm">{t('why.waits', { what: next.waits })}</Text>}
          {why.dead_man?.stops_at && (
            <Text size="sm">{t('why.aws_stops', { when: at(why.dead_man.stops_at) })}</Text>
          )}
          {why.dead_man?.lacks && (
            <Text size="sm">
              {t('dead_man.lacks', { why: why.dead_man.lacks.why })} <Hint text={why.dead_man.lacks.hint} />
            </Text>
          )}
        </Beat>
      </ol>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {why.target}
        {why.observed ? ` · AWS: ${why.observed.state}` : ''}
      </Text>
    </Stack>
  );
}

function Beat(props: { title: string; when: string; children: ReactNode }): ReactNode {
  return (
    <li>
      <Group gap="xs" align="baseline">
        <Title order={3} size="h6">
          {props.title}
        </Title>
        <Text size="xs" c="dimmed" className="number">
          {props.when}
        </Text>
      </Group>
      {props.children}
    </li>
  );
}

function leaseText(t: TFunction, lease: WireLease, at: (time: string) => string): string {
  if (lease.until === null) return t('why.kept_unknown');
  const when = at(lease.until);
  if (lease.kind === 'presence') return t('why.kept_presence', { when });
  if (lease.hold) return t('why.kept_hold', { when, by: askerText(t, lease.hold.by) });
  return t('why.kept_other', { when, holder: lease.holder });
}

/** In the page's own words where the plan says enough, else in the daemon's. */
function nextText(t: TFunction, why: WireExplanation, next: WirePlan | undefined): string {
  if (!why.registered) return t('why.next_unregistered');
  if (next?.action === 'nap') return t(next.warned ? 'why.next_warned' : 'why.next_nap');
  if (next?.action === 'restore') return t('why.next_restore');
  if (why.snapshot?.phase === 'napped') return t('why.next_asleep');
  return why.next;
}
