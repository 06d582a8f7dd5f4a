/** Shown while nobody answers: since when, what that means for what is seen, and what can be done. */
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useDaemon } from '../daemon.js';
import { momentText } from '../times.js';

export function Offline(): ReactNode {
  const { t, i18n } = useTranslation();
  const { lostAt, retry } = useDaemon();
  return (
    <div role="status">
      {lostAt !== undefined && (
        <Alert color="yellow" mb="md">
          <Group justify="space-between" gap="sm">
            <Stack gap={2} flex="1 1 280px">
              <Text fw={600}>{t('offline.title')}</Text>
              <Text size="sm" className="number">
                {t('offline.body', {
                  when: momentText(new Date(lostAt).toISOString(), lostAt, i18n.language),
                })}{' '}
                {t('offline.start')} <Code>cloudnap start</Code>
              </Text>
            </Stack>
            <Button size="sm" variant="default" onClick={retry}>
              {t('retry')}
            </Button>
          </Group>
        </Alert>
      )}
    </div>
  );
}
