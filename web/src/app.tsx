/** Whether this tab is let in, and the page for its address. */
import { Skeleton } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, Suspense, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { DaemonProvider } from './daemon.js';
import { later, usePagesFetched } from './later.js';
import { Out } from './pages/out.js';
import { Overview } from './pages/overview.js';
import { Services } from './pages/services.js';
import { Shell } from './parts/shell.js';
import { type Admission, forgetBearer } from './session.js';

const FirstRun = later(async () => (await import('./pages/first-run.js')).FirstRun);
const Timeline = later(async () => (await import('./pages/timeline.js')).Timeline);
const Savings = later(async () => (await import('./pages/savings.js')).Savings);
const SignIn = later(async () => (await import('./pages/sign-in.js')).SignIn);
const Settings = later(async () => (await import('./pages/settings.js')).Settings);
const Log = later(async () => (await import('./pages/log.js')).Log);
const About = later(async () => (await import('./pages/about.js')).About);

export function App(props: { admission: Admission }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  usePagesFetched();
  const [bearer, setBearer] = useState(props.admission.bearer);
  const leave = useCallback(() => {
    forgetBearer();
    setBearer(undefined);
    queries.clear();
  }, [queries]);
  if (bearer === undefined) return <Out wasLate={props.admission.wasLate} />;
  return (
    <DaemonProvider bearer={bearer} onOut={leave}>
      <Router hook={useHashLocation}>
        <Shell>
          <Suspense fallback={<Skeleton height={400} maw={960} aria-label={t('loading')} />}>
            <Switch>
              <Route path="/first-run" component={FirstRun} />
              <Route path="/services" component={Services} />
              <Route path="/timeline" component={Timeline} />
              <Route path="/savings" component={Savings} />
              <Route path="/sign-in" component={SignIn} />
              <Route path="/settings" component={Settings} />
              <Route path="/log" component={Log} />
              <Route path="/about" component={About} />
              <Route component={Overview} />
            </Switch>
          </Suspense>
        </Shell>
      </Router>
    </DaemonProvider>
  );
}
