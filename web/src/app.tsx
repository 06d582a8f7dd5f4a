/** Whether this tab is let in, and the page for its address. */
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useState } from 'react';
import { Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { DaemonProvider } from './daemon.js';
import { About } from './pages/about.js';
import { FirstRun } from './pages/first-run.js';
import { Log } from './pages/log.js';
import { Out } from './pages/out.js';
import { Overview } from './pages/overview.js';
import { Savings } from './pages/savings.js';
import { Services } from './pages/services.js';
import { Settings } from './pages/settings.js';
import { SignIn } from './pages/sign-in.js';
import { Timeline } from './pages/timeline.js';
import { Shell } from './parts/shell.js';
import { type Admission, forgetBearer } from './session.js';

export function App(props: { admission: Admission }): ReactNode {
  const queries = useQueryClient();
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
        </Shell>
      </Router>
    </DaemonProvider>
  );
}
