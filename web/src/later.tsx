/** Pages that are fetched after the first one is shown: what is opened most is there soonest. */
import { type ComponentType, lazy, useEffect } from 'react';
import { Trouble } from './parts/trouble.js';

/** Time for the first page to be read. */
const AFTER_MS = 2_000;

const fetches: (() => Promise<unknown>)[] = [];

/** A page that is fetched when it is opened, or soon after the first: see {@link usePagesFetched}. */
export function later(fetch: () => Promise<ComponentType>): ComponentType {
  fetches.push(fetch);
  return lazy(async (): Promise<{ default: ComponentType }> => {
    try {
      return { default: await fetch() };
    } catch (thrown) {
      // React keeps what a fetch came to; the page read anew tries again.
      return { default: () => <Trouble error={thrown} onRetry={() => window.location.reload()} /> };
    }
  });
}

/** Has something else fetched with the pages. */
export function alsoLater(fetch: () => Promise<unknown>): void {
  fetches.push(fetch);
}

/** Fetches them all once the first page is shown, so that they are there also after the daemon has gone. */
export function usePagesFetched(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const fetch of fetches) fetch().catch(() => {});
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
}
