/** One service of the account: how it stands, and what can be done with it. */
import { Badge, Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RegisterRequest, WireRegistered, WireService } from '../../../src/control/wire.js';
import { useChange } from '../daemon.js';
import { COLOR, phaseOf } from './state.js';
import { Hint, Trouble } from './trouble.js';
import { Why } from './why.js';

type Shown = WireService & Partial<Pick<WireRegistered, 'phase'>>;

export function ServiceRow(props: { service: Shown; isFirst: boolean }): ReactNode {
  const { t } = useTranslation();
  const { service, isFirst } = props;
  const register = useChange('register');
  const unregister = useChange('unregister');
  const [asksWhy, why] = useDisclosure();
  const phase = phaseOf({ ...service, phase: service.phase ?? null });
  const failed = [register, unregister].find((change) => change.isError);
  const counts =
    service.desired === undefined
      ? ''
      : ` · ${t('services.counts', { running: service.running ?? '?', desired: service.desired })}`;
  return (
    <Stack
      component="li"
      gap="xs"
      p="md"
      style={isFirst ? {} : { borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <Group justify="space-between" gap="sm">
        <Group gap="sm" wrap="nowrap" miw={0} flex="1 1 240px">
          <span className="dot" style={{ '--dot': `var(--mantine-color-${COLOR[phase]}-6)` } as object} />
          <Stack gap={0} miw={0}>
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {service.name ?? idOf(service)}
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {service.service_type} · {idOf(service)}
              {service.instance_type ? ` · ${service.instance_type}` : ''} · {t(`phase.${phase}`)}
              {counts}
            </Text>
          </Stack>
        </Group>
        <Group gap="xs">
          {service.registered && (
            <Badge variant="light" tt="none">
              {t('services.registered')}
            </Badge>
          )}
          <Power service={service} />
          {service.registered && (
            <Button size="xs" variant="default" onClick={why.open}>
              {t('target.why')}
            </Button>
          )}
          <Button
            size="xs"
            variant={service.registered ? 'default' : 'light'}
            loading={register.isPending || unregister.isPending}
            aria-label={t(service.registered ? 'services.leave_out_named' : 'services.let_nap_named', {
              name: service.name ?? idOf(service),
            })}
            onClick={() =>
              service.registered
                ? unregister.mutate({ target: service.target })
                : register.mutate(registrationOf(service))
            }
          >
            {t(service.registered ? 'services.leave_out' : 'services.let_nap')}
          </Button>
        </Group>
      </Group>
      {service.refusal && (
        <Text size="sm" c="dimmed">
          {t('services.never')}: {service.refusal.reason}
          {service.refusal.hint && (
            <>
              {'. '}
              <Hint text={service.refusal.hint} />
            </>
          )}
        </Text>
      )}
      {failed && <Trouble error={failed.error} />}
      <Why target={service.target} isOpen={asksWhy} onClose={why.close} />
    </Stack>
  );
}

/** Start, stop and scale, each after a question: they cost money or somebody's work. */
function Power(props: { service: Shown }): ReactNode {
  const { t } = useTranslation();
  const { service } = props;
  const isUp = service.power === 'on' || service.power === 'starting';
  const isScaled = service.service_type !== 'EC2';
  const [isAsking, question] = useDisclosure();
  const [size, setSize] = useState(service.desired ?? 1);
  const start = useChange('start');
  const stop = useChange('stop');
  const scale = useChange('scale');
  const changes = [start, stop, scale];
  const failed = changes.find((change) => change.isError);
  const name = service.name ?? idOf(service);
  const verb = isUp ? 'stop' : 'start';
  const done = { onSuccess: question.close };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={t(`services.${verb}_named`, { name })}
        onClick={() => {
          for (const change of changes) change.reset();
          setSize(service.desired ?? 1);
          question.open();
        }}
      >
        {t(`services.${verb}`)}
      </Button>
      <Modal opened={isAsking} onClose={question.close} title={t(`services.${verb}_ask`, { name })} centered>
        <Stack>
          <Text size="sm">{t(`services.${verb}_body`)}</Text>
          {isScaled && isUp && (
            <Group align="flex-end">
              <NumberInput
                label={t('services.size')}
                min={0}
                value={size}
                onChange={(value) => setSize(Number(value))}
                flex={1}
              />
              <Button
                variant="default"
                loading={scale.isPending}
                onClick={() => scale.mutate({ target: service.target, size }, done)}
              >
                {t('services.scale')}
              </Button>
            </Group>
          )}
          {failed && <Trouble error={failed.error} />}
          <Group justify="flex-end">
            <Button variant="subtle" onClick={question.close}>
              {t('services.cancel')}
            </Button>
            <Button
              color={isUp ? 'red' : 'indigo'}
              loading={start.isPending || stop.isPending}
              onClick={() => (isUp ? stop : start).mutate({ target: service.target }, done)}
            >
              {t(`services.${verb}`)}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function idOf(service: WireService): string {
  const { instance_id: instance, cluster_name: cluster, service_name: name, nodegroup_name: group } = service;
  return instance ?? `${cluster}/${name ?? group}`;
}

/** The fields that name it; the registry adds the rest. */
function registrationOf(service: WireService): RegisterRequest {
  const { service_type, region, instance_id, cluster_name, service_name, nodegroup_name } = service;
  return { service_type, region, instance_id, cluster_name, service_name, nodegroup_name };
}
