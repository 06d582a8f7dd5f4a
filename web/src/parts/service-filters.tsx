/** What is shown of the account: words, kind, region, what may nap, and state. */
import { Group, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { REGISTERED, STATES, type Wish } from '../services-filter.js';

const KINDS = ['all', 'EC2', 'ECS', 'EKS'] as const;

export function ServiceFilters(props: {
  wish: Wish;
  onWish: (wish: Wish) => void;
  regions: readonly string[];
}): ReactNode {
  const { t } = useTranslation();
  const { wish, onWish, regions } = props;
  return (
    <Group gap="sm" role="search">
      <TextInput
        flex="1 1 240px"
        type="search"
        aria-label={t('services.search')}
        placeholder={t('services.search')}
        value={wish.words}
        onChange={(event) => onWish({ ...wish, words: event.currentTarget.value })}
      />
      <SegmentedControl
        aria-label={t('services.kind')}
        value={wish.kind}
        data={KINDS.map((value) => ({ value, label: value === 'all' ? t('services.all') : value }))}
        onChange={(value) => onWish({ ...wish, kind: value as Wish['kind'] })}
      />
      <Group gap="xs" className="selects">
        {regions.length > 1 && (
          <NativeSelect
            aria-label={t('services.region')}
            value={wish.region}
            data={[
              { value: 'all', label: t('services.all_regions') },
              ...regions.map((value) => ({ value, label: value })),
            ]}
            onChange={(event) => onWish({ ...wish, region: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          aria-label={t('services.may_nap')}
          value={wish.registered}
          data={REGISTERED.map((value) => ({ value, label: t(`services.registered_${value}`) }))}
          onChange={(event) =>
            onWish({ ...wish, registered: event.currentTarget.value as Wish['registered'] })
          }
        />
        <NativeSelect
          aria-label={t('services.state')}
          value={wish.state}
          data={STATES.map((value) => ({ value, label: t(`services.state_${value}`) }))}
          onChange={(event) => onWish({ ...wish, state: event.currentTarget.value as Wish['state'] })}
        />
      </Group>
    </Group>
  );
}
