/** Language and appearance. */
import { Group, NativeSelect, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, LANGUAGES, type Language } from '../text/index.js';

const SCHEMES = ['auto', 'light', 'dark'] as const;

export function Choices(): ReactNode {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Group gap="xs" wrap="nowrap">
      <NativeSelect
        size="xs"
        aria-label={t('nav.language')}
        value={i18n.language}
        data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
        // Where nobody answers it stays as it is, and the page says already that nobody does.
        onChange={(event) => void chooseLanguage(event.currentTarget.value as Language).catch(() => {})}
      />
      <NativeSelect
        size="xs"
        aria-label={t('nav.theme')}
        value={colorScheme}
        data={SCHEMES.map((scheme) => ({ value: scheme, label: t(`nav.theme_${scheme}`) }))}
        onChange={(event) => setColorScheme(event.currentTarget.value as (typeof SCHEMES)[number])}
      />
    </Group>
  );
}
