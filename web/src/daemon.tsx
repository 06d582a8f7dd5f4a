/** What the page knows of the daemon: the operations, cached; refreshed by what happens, and now and then. */
import {
  QueryClient,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';

import {
  type Api,
  createApi,
  type Name,
  Refusal,
  type Request,
  type Response,
  type WireEvent,
} from './api.js';
import { follow } from './live.js';

/** Read when somebody asks for them: each reads the whole account. */
const ASKS_AWS: ReadonlySet<unknown> = new Set<Name>(['list', 'doctor', 'permissions', 'signInState']);

/** Idle time and leases move on without an event. */
const REFRESH_MS = 5_000;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What the daemon refuses it refuses again; what does not answer is tried until it does.
        retry: (count, error) => !(error instanceof Refusal) && count < 2,
        staleTime: 1_000,
      },
    },
  });
}

interface Daemon {
  readonly api: Api;
  readonly isConnected: boolean;
  /** Hears of everything that happens. Returns what ends it. */
  listen(listener: (event: WireEvent) => void): () => void;
}

const DaemonContext = createContext<Daemon | undefined>(undefined);

/** Gives the daemon to what is inside, and keeps what is read of it fresh. */
export function DaemonProvider(props: { bearer: string; onOut: () => void; children: ReactNode }): ReactNode {
  const { bearer, onOut, children } = props;
  const queries = useQueryClient();
  const [isConnected, setConnected] = useState(true);
  const api = useMemo(() => createApi(bearer, onOut), [bearer, onOut]);
  const listeners = useMemo(() => new Set<(event: WireEvent) => void>(), []);
  useEffect(() => {
    const leaving = new AbortController();
    const readAnew = () =>
      void queries.invalidateQueries({ predicate: ({ queryKey }) => !ASKS_AWS.has(queryKey[0]) });
    const listener = {
      happened: (event: WireEvent) => {
        for (const hear of listeners) hear(event);
        readAnew();
      },
      missed: readAnew,
      connected: (now: boolean) => {
        setConnected(now);
        if (now) readAnew();
      },
    };
    void follow(api, listener, leaving.signal);
    return () => leaving.abort();
  }, [api, queries, listeners]);
  const daemon = useMemo(
    () => ({
      api,
      isConnected,
      listen: (listener: (event: WireEvent) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }),
    [api, isConnected, listeners],
  );
  return <DaemonContext value={daemon}>{children}</DaemonContext>;
}

export function useDaemon(): Daemon {
  const daemon = use(DaemonContext);
  if (!daemon) throw new Error('outside of a DaemonProvider');
  return daemon;
}

/** Reads one operation and keeps it fresh while it is shown. */
export function useRead<Asked extends Name>(
  name: Asked,
  request: Request<Asked>,
  options: { refreshMs?: number | false; enabled?: boolean } = {},
): UseQueryResult<Response<Asked>> {
  const { api } = useDaemon();
  return useQuery({
    queryKey: [name, request],
    queryFn: () => api.call(name, request),
    refetchInterval: options.refreshMs ?? REFRESH_MS,
    enabled: options.enabled ?? true,
  });
}

/** Asks for a change; afterwards everything shown is read anew. */
export function useChange<Asked extends Name>(name: Asked) {
  const { api } = useDaemon();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: Request<Asked>) => api.call(name, request),
    onSettled: () => queries.invalidateQueries(),
  });
}
