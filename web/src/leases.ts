/** Keeping awake, letting go and napping, said with a way back. */
import { useTranslation } from 'react-i18next';
import type { WireRegistered } from '../../src/control/wire.js';
import { useChange } from './daemon.js';
import { useSay } from './parts/said.js';
import { nameOf } from './services-filter.js';
import { clockTime } from './times.js';

/** What a click on "keep running" comes to, and a nap that is taken back. */
export const KEEP_MINUTES = 30;

type One = Pick<WireRegistered, 'target'> & Parameters<typeof nameOf>[0];

/** A person's word on leases. Without a service everything is meant. */
export function useLeases() {
  const { t, i18n } = useTranslation();
  const say = useSay();
  const hold = useChange('hold');
  const release = useChange('release');
  const nap = useChange('nap');
  const what = (of: One | undefined) => (of === undefined ? t('said.everything') : nameOf(of));
  return {
    isBusy: hold.isPending || release.isPending || nap.isPending,
    error: [hold, release, nap].find((change) => change.isError)?.error ?? undefined,
    keep: (minutes: number, of?: One) => {
      const until = new Date(Date.now() + minutes * 60_000).toISOString();
      const request = { minutes, target: of?.target };
      hold.mutate(request, {
        onSuccess: ({ hold: id }) =>
          say({
            text: t('said.kept', { what: what(of), when: clockTime(until, Date.now(), i18n.language) }),
            undo: () => release.mutateAsync({ hold: id }),
          }),
      });
    },
    napNow: (of?: One) =>
      nap.mutate(
        { target: of?.target },
        {
          onSuccess: ({ napping, spared }) =>
            say({
              text: [
                of && napping.length > 0
                  ? t('said.naps', { what: nameOf(of) })
                  : t('said.nap', { count: napping.length }),
                ...(spared.length > 0 ? [t('said.spared', { count: spared.length })] : []),
              ].join(' '),
              undo:
                napping.length === 0
                  ? undefined
                  : () => hold.mutateAsync({ minutes: KEEP_MINUTES, target: of?.target }),
            }),
        },
      ),
    end: (id: number) => release.mutate({ hold: id }, { onSuccess: () => say({ text: t('said.released') }) }),
  };
}
