/** Shown to a tab that was not let in. */
import { Center, Code, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Choices } from '../parts/choices.js';

export function Out(props: { wasLate: boolean }): ReactNode {
  const { t } = useTranslation();
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" maw={480}>
        <Stack>
          <img src="/assets/moon.svg" alt="" width={40} height={40} />
          <Title order={1} size="h3">
            {t('out.title')}
          </Title>
          <Text>{t(props.wasLate ? 'out.late' : 'out.body')}</Text>
          <Code block>cloudnap open</Code>
          <Choices />
        </Stack>
      </Paper>
    </Center>
  );
}
