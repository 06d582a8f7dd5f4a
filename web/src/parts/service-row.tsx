/** One service of the account: how it stands, whether it may nap, and what can be done with it. */
import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useChange } from '../daemon.js';
import { registrationOf } from '../registration.js';
import { idOf, nameOf, type Shown } from '../services-filter.js';
import { Dialog } from './dialog.js';
import { useSay } from './said.js';
import { COLOR, phaseOf } from './state.js';
import { TargetMenu } from './target-menu.js';
import { Hint, Trouble } from './trouble.js';

export function ServiceRow(props: { service: Shown; among: readonly Shown[] }): ReactNode {
  const { t } = useTranslation();
  const { service } = props;
  const phase = phaseOf({ ...service, phase: service.phase ?? null });
  const counts =
    service.desired === undefined
      ? ''
      : ` · ${t('services.counts', { running: service.running ?? '?', desired: service.desired })}`;
  return (
    <li className="row">
      <Group gap="sm" wrap="nowrap" miw={0} className="row-name">
        <span className="dot" style={{ '--dot': `var(--mantine-color-${COLOR[phase]}-6)` } as object} />
        <Stack gap={0} miw={0}>
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {nameOf(service)}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {service.name ? `${idOf(service)} · ` : ''}
            {service.instance_type ? `${service.instance_type} · ` : ''}
            {t(`phase.${phase}`)}
            {counts}
          </Text>
        </Stack>
      </Group>
      <MayNap {...props} />
      <TargetMenu service={service} />
      {service.refusal && (
        <Text size="xs" c="dimmed" className="row-note">
          {t('services.never')}: {service.refusal.reason}.{' '}
          {service.refusal.hint && <Hint text={service.refusal.hint} />}
        </Text>
      )}
    </li>
  );
}

/** Registers, and unregisters after a question: what its entry says by hand goes with it, and what naps starts. */
function MayNap(props: { service: Shown; among: readonly Shown[] }): ReactNode {
  const { t } = useTranslation();
  const { service } = props;
  const say = useSay();
  const register = useChange('register');
  const unregister = useChange('unregister');
  const [isAsking, question] = useDisclosure();
  const name = nameOf(service);
  const naps = service.phase === 'napped' || service.phase === 'napping';
  const letNap = () =>
    register.mutate(registrationOf(service, props.among), {
      onSuccess: () => say({ text: t('said.registered', { what: name }) }),
    });
  const leaveOut = () =>
    unregister.mutate(
      { target: service.target },
      {
        onSuccess: () => {
          question.close();
          say({ text: t('said.unregistered', { what: name }) });
        },
      },
    );
  return (
    <div className="row-state">
      <Switch
        label={t('services.registered')}
        aria-label={t('services.let_nap_named', { name })}
        labelPosition="left"
        checked={service.registered}
        disabled={register.isPending || unregister.isPending}
        onChange={(event) => {
          if (event.currentTarget.checked) letNap();
          else question.open();
        }}
      />
      {register.isError && <Trouble error={register.error} title={t('failed_change')} />}
      <Dialog isOpen={isAsking} onClose={question.close} title={t('services.leave_out_ask', { name })}>
        <Stack>
          <Text size="sm">{t(naps ? 'services.leave_out_naps' : 'services.leave_out_body')}</Text>
          {unregister.isError && <Trouble error={unregister.error} title={t('failed_change')} />}
          <Group justify="flex-end">
            <Button variant="subtle" onClick={question.close}>
              {t('services.cancel')}
            </Button>
            <Button loading={unregister.isPending} onClick={leaveOut} data-autofocus>
              {t('services.leave_out')}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </div>
  );
}
