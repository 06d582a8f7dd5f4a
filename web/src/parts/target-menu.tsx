/** Everything that can be done with one service, behind one button. */
import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLeases } from '../leases.js';
import { nameOf, type Shown } from '../services-filter.js';
import { KeepItems } from './keep-awake.js';
import { type Change, PowerDialog } from './power-dialog.js';
import { Trouble } from './trouble.js';
import { Why } from './why.js';

export function TargetMenu(props: { service: Shown }): ReactNode {
  const { t } = useTranslation();
  const { service } = props;
  const leases = useLeases();
  const [asksWhy, why] = useDisclosure();
  const [change, setChange] = useState<Change>();
  const [isAsking, question] = useDisclosure();
  const ask = (what: Change) => {
    setChange(what);
    question.open();
  };
  const isUp = service.power === 'on' || service.power === 'starting';
  const mayNap = service.registered && service.enabled !== false;
  return (
    <>
      {leases.error && <Trouble error={leases.error} title={t('failed_change')} />}
      <Menu
        position="bottom-end"
        width={220}
        shadow="md"
        returnFocus
        // Within its landmark, and without a focusable piece that is no line of the menu.
        withinPortal={false}
        withInitialFocusPlaceholder={false}
      >
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('more', { name: nameOf(service) })}
          >
            <Dots />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={why.open}>{t('target.why')}</Menu.Item>
          {mayNap && (
            <>
              <Menu.Divider />
              <KeepItems onKeep={(minutes) => leases.keep(minutes, service)} />
              <Menu.Divider />
              {isUp && <Menu.Item onClick={() => leases.napNow(service)}>{t('nap.now')}</Menu.Item>}
            </>
          )}
          {!mayNap && <Menu.Divider />}
          {!isUp && <Menu.Item onClick={() => ask('start')}>{t('services.start')}…</Menu.Item>}
          {service.service_type !== 'EC2' && (
            <Menu.Item onClick={() => ask('scale')}>{t('services.scale')}…</Menu.Item>
          )}
          {isUp && <Menu.Item onClick={() => ask('stop')}>{t('services.stop')}…</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {change && <PowerDialog service={service} change={change} isOpen={isAsking} onClose={question.close} />}
      <Why target={service.target} isOpen={asksWhy} onClose={why.close} />
    </>
  );
}

function Dots(): ReactNode {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" fill="currentColor" aria-hidden="true">
      <circle cx="3.5" cy="9" r="1.6" />
      <circle cx="9" cy="9" r="1.6" />
      <circle cx="14.5" cy="9" r="1.6" />
    </svg>
  );
}
