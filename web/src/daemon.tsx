/** What the page knows of the daemon: the operations, cached; refreshed by what happens, and now and then. */
import {
  onlineManager,
  QueryClient,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from 'react';

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
const ASKS_AWS: ReadonlySet<unknown> = new Set<Name>([
  'list',
  'doctor',
  'permissions',
  'signInState',
  'deadMan',
]);

/** Idle time and leases move on without an event. */
const REFRESH_MS = 5_000;

export function createQueries(): QueryClient {
  // Whether this computer has a network says nothing about its own loopback: the live stream tells.
  onlineManager.setEventListener(() => () => {});
  return new QueryClient({
    defaultOptions: {
      // What was asked for while nobody answered must not happen by itself later.
      mutations: { networkMode: 'always' },
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
  /** While it is not: since when, in wall milliseconds. */
  readonly lostAt: number | undefined;
  /** Looks for it now, and not after the wait. */
  retry(): void;
  /** Hears of everything that happens. Returns what ends it. */
  listen(listener: (event: WireEvent) => void): () => void;
}

const DaemonContext = createContext<Daemon | undefined>(undefined);

/** Gives the daemon to what is inside, and keeps what is read of it fresh. */
export function DaemonProvider(props: { bearer: string; onOut: () => void; children: ReactNode }): ReactNode {
  const { bearer, onOut, children } = props;
  const queries = useQueryClient();
  const [lostAt, setLostAt] = useState<number>();
  const cut = useRef<() => void>(() => {});
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
        setLostAt((before) => (now ? undefined : (before ?? Date.now())));
        // What was read stays as it is until somebody answers again.
        onlineManager.setOnline(now);
        if (now) readAnew();
      },
      waits: (sooner: () => void) => {
        cut.current = sooner;
      },
    };
    void follow(api, listener, leaving.signal);
    return () => {
      leaving.abort();
      onlineManager.setOnline(true);
    };
  }, [api, queries, listeners]);
  const daemon = useMemo(
    () => ({
      api,
      isConnected: lostAt === undefined,
      lostAt,
      retry: () => cut.current(),
      listen: (listener: (event: WireEvent) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }),
    [api, lostAt, listeners],
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
  options: {
    /** By what was read last, where that says how soon it will have changed. */
    refreshMs?: number | false | ((data: Response<Asked> | undefined) => number | false);
    enabled?: boolean;
  } = {},
): UseQueryResult<Response<Asked>> {
  const { api } = useDaemon();
  const { refreshMs = REFRESH_MS } = options;
  return useQuery({
    queryKey: [name, request],
    queryFn: () => api.call(name, request),
    refetchInterval: typeof refreshMs === 'function' ? (query) => refreshMs(query.state.data) : refreshMs,
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
