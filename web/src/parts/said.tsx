/** What was just done, said once at the foot of the page, with a way to take it back. */
import { Button, CloseButton, Group, Paper, Text } from '@mantine/core';
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface Said {
  readonly text: string;
  /** Takes it back; resolves once that is so. */
  readonly undo?: (() => Promise<unknown>) | undefined;
}

const SayContext = createContext<(said: Said) => void>(() => {});

/** Long enough to read, think, and reach for Undo; it waits while a pointer or the focus is on it. */
const SHOWN_MS = 15_000;

export function SaidProvider(props: { children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const [said, setSaid] = useState<Said>();
  const [isTouched, setTouched] = useState(false);
  const [isUndoing, setUndoing] = useState(false);
  const number = useRef(0);
  const say = useCallback((next: Said) => {
    number.current += 1;
    setSaid(next);
  }, []);
  useEffect(() => {
    if (!said || isTouched || isUndoing) return;
    const timer = setTimeout(() => setSaid(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said, isTouched, isUndoing]);
  const undo = async (take: () => Promise<unknown>) => {
    setUndoing(true);
    try {
      await take();
      say({ text: t('said.taken_back') });
    } catch (thrown) {
      say({ text: thrown instanceof Error ? thrown.message : String(thrown) });
    } finally {
      setUndoing(false);
    }
  };
  const value = useMemo(() => say, [say]);
  const take = said?.undo;
  return (
    <SayContext value={value}>
      {props.children}
      <section
        className="said"
        aria-label={t('said.title')}
        onPointerEnter={() => setTouched(true)}
        onPointerLeave={() => setTouched(false)}
        onFocus={() => setTouched(true)}
        onBlur={() => setTouched(false)}
      >
        <div role="status">
          {said && (
            <Paper key={number.current} className="said-box" shadow="lg" withBorder py={8} pl="md" pr={8}>
              <Group gap="sm" wrap="nowrap" justify="space-between">
                <Text size="sm">{said.text}</Text>
                <Group gap={4} wrap="nowrap">
                  {take && (
                    <Button size="xs" variant="light" loading={isUndoing} onClick={() => void undo(take)}>
                      {t('said.undo')}
                    </Button>
                  )}
                  <CloseButton aria-label={t('said.close')} onClick={() => setSaid(undefined)} />
                </Group>
              </Group>
            </Paper>
          )}
        </div>
      </section>
    </SayContext>
  );
}

/** Says what was just done, in the place of what was said before. */
export function useSay(): (said: Said) => void {
  return use(SayContext);
}
