/** What runs here: the version, the sensors with what each needs, and everything doctor has to say. */
import { Alert, Badge, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireCheck, WireHealth, WireSensor } from '../../../src/control/wire.js';
import { useRead } from '../daemon.js';
import { useNow } from '../now.js';
import { Hint, Trouble } from '../parts/trouble.js';
import { relative } from '../times.js';

const HEALTH_COLOR = { watching: 'teal', off: 'gray', unavailable: 'orange' } as const;
const CHECK_COLOR = { ok: 'teal', warn: 'orange', fail: 'red' } as const;

export function About(): ReactNode {
  const { t } = useTranslation();
  const status = useRead('status', {});
  const senses = useRead('senses', {});
  return (
    <Stack gap="lg" maw={860}>
      <Stack gap={4}>
        <Title order={1} size="h2">
          {t('nav.about')}
        </Title>
        <Text c="dimmed">Cloudnap {status.data?.version}</Text>
      </Stack>
      <section aria-labelledby="sensors">
        <Title order={2} size="h4" mb="sm" id="sensors">
          {t('about.sensors')}
        </Title>
        {senses.isError && <Trouble error={senses.error} onRetry={() => void senses.refetch()} />}
        {!senses.data && !senses.isError && <Skeleton height={260} aria-label={t('loading')} />}
        {senses.data && (
          <Paper withBorder component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
            {senses.data.sensors.map((sensor, i) => (
              <Sensed key={sensor.sensor} name={sensor.sensor} of={sensor} isFirst={i === 0} />
            ))}
            {senses.data.signals.map(({ signal, health }) => (
              <Sensed key={signal} name={signal} of={{ health }} isFirst={false} />
            ))}
          </Paper>
        )}
      </section>
      <Doctor />
    </Stack>
  );
}

function Sensed(props: {
  name: string;
  of: { health: WireHealth } & Partial<Pick<WireSensor, 'wakes' | 'last_activity'>>;
  isFirst: boolean;
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { health, wakes, last_activity: last } = props.of;
  const passedOver = health.state === 'off' ? [] : health.passed_over;
  const beside = health.state === 'off' ? [] : health.beside;
  return (
    <Stack
      component="li"
      gap={4}
      p="md"
      style={props.isFirst ? {} : { borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <Group justify="space-between">
        <Group gap="sm">
          <Text fw={600}>{t(`sensor.${props.name}`)}</Text>
          <Badge size="sm" tt="none" variant="dot" color={HEALTH_COLOR[health.state]}>
            {t(`about.${health.state}`)}
          </Badge>
          {wakes && <Text size="xs">{t('about.wakes')}</Text>}
        </Group>
        {last && (
          <Text size="sm" c="dimmed" className="number">
            {relative(last, now, i18n.language)}
          </Text>
        )}
      </Group>
      {health.state === 'watching' && <Text size="sm">{health.mechanism}</Text>}
      {health.state === 'unavailable' && (
        <Text size="sm">
          {health.reason}. <Hint text={sentence(health.cure)} />
        </Text>
      )}
      {beside.map((one) => (
        <Text size="sm" c="dimmed" key={one.mechanism}>
          {t('about.beside')}: {one.mechanism}
          {one.state === 'unavailable' ? ` (${one.reason})` : ''}
        </Text>
      ))}
      {passedOver.length > 0 && (
        <details>
          <Text component="summary" size="xs" c="dimmed" style={{ cursor: 'pointer' }}>
            {t('about.passed_over', { count: passedOver.length })}
          </Text>
          {passedOver.map((one) => (
            <Text size="xs" key={one.mechanism}>
              {one.mechanism}: {one.reason}. <Hint text={sentence(one.cure)} />
            </Text>
          ))}
        </details>
      )}
    </Stack>
  );
}

/** A cure is written to stand behind a colon; here it stands behind a full stop. */
function sentence(cure: string): string {
  return cure.charAt(0).toUpperCase() + cure.slice(1);
}

/** Asked for by hand: it reads the account. */
function Doctor(): ReactNode {
  const { t } = useTranslation();
  const doctor = useRead('doctor', {}, { refreshMs: false, enabled: false });
  const checks = doctor.data?.checks;
  return (
    <section aria-labelledby="doctor">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4" id="doctor">
          {t('about.doctor')}
        </Title>
        <Button size="xs" variant="default" loading={doctor.isFetching} onClick={() => void doctor.refetch()}>
          {t('about.examine')}
        </Button>
      </Group>
      {doctor.isError && <Trouble error={doctor.error} />}
      {!checks && !doctor.isError && <Text c="dimmed">{t('about.doctor_body')}</Text>}
      <Stack gap="xs">
        {checks?.map((check) => (
          <CheckLine key={`${check.area} ${check.name}`} check={check} />
        ))}
      </Stack>
    </section>
  );
}

function CheckLine(props: { check: WireCheck }): ReactNode {
  const { t } = useTranslation();
  const { area, name, result, detail, cure } = props.check;
  return (
    <Alert color={CHECK_COLOR[result]} variant="light" p="sm">
      <Text size="sm">
        <b>
          {t(`about.${result}`)}: {area} {name}
        </b>{' '}
        {detail}
      </Text>
      {cure && (
        <Text size="sm">
          <Hint text={cure} />
        </Text>
      )}
    </Alert>
  );
}
