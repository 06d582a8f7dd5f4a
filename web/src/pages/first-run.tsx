/** The first run, step by step: sign in, pick services, see the plan, done. It can be left, and gone on with later. */
import { Anchor, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useRead } from '../daemon.js';
import { firstRun } from '../first-run.js';
import { AllSet } from '../parts/first-run/all-set.js';
import { PickServices } from '../parts/first-run/pick-services.js';
import { SeePlan } from '../parts/first-run/see-plan.js';
import { SignInStep } from '../parts/first-run/sign-in-step.js';
import { STEPS, type Step, Steps } from '../parts/first-run/steps.js';

export function FirstRun(): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const account = useRead('account', {});
  const registered = useRead('registered', {});
  const [chosen, setChosen] = useState<Step>();
  const heading = useRef<HTMLHeadingElement>(null);
  const isKnown = account.data !== undefined && registered.data !== undefined;
  // Where it was left: nobody has to go again through what is done.
  const reached = !account.data?.identity
    ? 'sign_in'
    : registered.data?.services.length === 0
      ? 'pick'
      : 'plan';
  const step = chosen ?? reached;
  useEffect(() => {
    if (chosen !== undefined) heading.current?.focus();
  }, [chosen]);
  const leave = () => {
    firstRun.leave();
    go('/');
  };
  const next = () => {
    const following = STEPS[STEPS.indexOf(step) + 1];
    if (following === 'done') firstRun.leave();
    if (following) setChosen(following);
  };
  return (
    <Stack gap="lg" maw={720} mx="auto">
      <Group justify="space-between">
        <Text fw={600}>{t('first_run.title')}</Text>
        {step !== 'done' && (
          <Anchor component="button" type="button" size="sm" onClick={leave}>
            {t('first_run.leave')}
          </Anchor>
        )}
      </Group>
      <Steps at={step} reached={reached} onStep={setChosen} />
      <Paper withBorder p={{ base: 'md', sm: 'xl' }} component="section" aria-labelledby="step">
        <Title order={1} size="h2" id="step" ref={heading} tabIndex={-1} className="quiet-focus">
          {t(`first_run.${step}_title`)}
        </Title>
        <Text c="dimmed" mt={4} mb="lg">
          {t(`first_run.${step}_body`)}
        </Text>
        {!isKnown && <Skeleton height={200} aria-label={t('loading')} />}
        {isKnown && step === 'sign_in' && <SignInStep onDone={next} />}
        {isKnown && step === 'pick' && <PickServices onDone={next} />}
        {isKnown && step === 'plan' && <SeePlan onDone={next} onBack={() => setChosen('pick')} />}
        {step === 'done' && <AllSet onDone={() => go('/')} />}
      </Paper>
    </Stack>
  );
}
