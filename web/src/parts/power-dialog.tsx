/** Start, stop and scale, each after a question: they cost money or somebody's work. */
import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChange } from '../daemon.js';
import { nameOf, type Shown } from '../services-filter.js';
import { Dialog } from './dialog.js';
import { useSay } from './said.js';
import { Trouble } from './trouble.js';

export type Change = 'start' | 'stop' | 'scale';

export function PowerDialog(props: {
  service: Shown;
  change: Change;
  isOpen: boolean;
  onClose: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const { service, change, isOpen, onClose } = props;
  const say = useSay();
  const start = useChange('start');
  const stop = useChange('stop');
  const scale = useChange('scale');
  const asked = { start, stop, scale }[change];
  const [size, setSize] = useState<number | string>(service.desired ?? 1);
  const name = nameOf(service);
  const reset = asked.reset;
  // Asked anew, it knows nothing of what was typed or went wrong before. The size it has now must not overwrite
  // what is being typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when it is opened
  useEffect(() => {
    if (!isOpen) return;
    reset();
    setSize(service.desired ?? 1);
  }, [isOpen, reset]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { target } = service;
    const onSuccess = () => {
      onClose();
      say({ text: t(`said.${change}`, { what: name, size }) });
    };
    if (change === 'scale') scale.mutate({ target, size: Number(size) }, { onSuccess });
    else if (change === 'start') start.mutate({ target }, { onSuccess });
    else stop.mutate({ target }, { onSuccess });
  };
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t(`services.${change}_ask`, { name })}>
      <Stack component="form" onSubmit={submit}>
        <Text size="sm">{t(`services.${change}_body`)}</Text>
        {change === 'scale' && (
          <NumberInput
            data-autofocus
            label={t('services.size')}
            description={sizeHint(service, t('services.size_now', { count: service.desired ?? 0 }))}
            min={0}
            max={MOST}
            allowDecimal={false}
            required
            value={size}
            onChange={setSize}
          />
        )}
        {change === 'scale' && Number(size) === 0 && <Text size="sm">{t('services.stop_body')}</Text>}
        {asked.isError && <Trouble error={asked.error} title={t('failed_change')} />}
        <Group justify="flex-end">
          <Button variant="subtle" onClick={onClose}>
            {t('services.cancel')}
          </Button>
          <Button
            type="submit"
            color={change === 'stop' ? 'red' : 'indigo'}
            loading={asked.isPending}
            disabled={change === 'scale' && (size === '' || size === service.desired)}
            data-autofocus={change === 'scale' ? undefined : true}
          >
            {t(`services.${change}`)}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

/** As many as the daemon takes. */
const MOST = 100_000;

function sizeHint({ min, max }: Shown, now: string): string {
  return min === undefined || max === undefined ? now : `${now} (${min} – ${max})`;
}
