/** The present moment, for countdowns: moves on each second while the page is seen, and stands while nobody answers. */
import { useEffect, useState } from 'react';
import { useDaemon } from './daemon.js';

export function useNow(): number {
  const { lostAt } = useDaemon();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
  return lostAt ?? now;
}
