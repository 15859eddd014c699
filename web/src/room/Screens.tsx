import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Check } from './Check';
import { useCall, usePresent } from './call-context';
import { Early } from './Early';
import { useNow } from './hooks';
import { Ended, Failure, Left, Replaced, Returning } from './notices';
import { Room } from './Room';
import { Waiting } from './Waiting';

/** Screens shows the screen of the call's phase. */
export function Screens() {
  const { t } = useTranslation();
  const { entered, pass } = usePresent();
  const { phase, ended, endedAt, endedByMe, failure, returning, session } = useCall();
  const { brand } = entered;

  useEffect(() => {
    document.title = `${t('check.title')} · ${brand.name || 'ТМК'}`;
  }, [t, brand.name]);

  // Each screen begins at its top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new phase is the reason
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [phase]);

  switch (phase) {
    case 'check':
      return <BeforeOrCheck />;
    case 'joining':
      return returning ? <Returning /> : <Check joining />;
    case 'waiting':
      return <Waiting />;
    case 'joined':
      return <Room />;
    case 'left':
      return <Left />;
    case 'replaced':
      return <Replaced />;
    case 'ended':
      return (
        <Ended
          status={ended?.status ?? 'finished'}
          reason={ended?.reason}
          session={{ startedAt: session.startedAt, finishedAt: endedAt ? new Date(endedAt).toISOString() : undefined }}
          role={entered.seat.role}
          byMe={endedByMe}
          brand={brand.name}
          rateWith={ended?.status === 'finished' && entered.seat.role === 'patient' ? pass : undefined}
        />
      );
    case 'failed':
      return failure?.code === 'consent_required' || failure?.code === 'too_early' ? (
        <BeforeOrCheck />
      ) : (
        <Failure
          code={failure?.code ?? 'defect'}
          at={failure?.ref}
          brand={brand.name}
          retry={() => location.reload()}
        />
      );
  }
}

/** Before the join window the page tells when to come back; it opens by itself. */
function BeforeOrCheck() {
  const { call, entered } = usePresent();
  useNow();
  return call.serverNow() < Date.parse(entered.opensAt) ? <Early /> : <Check />;
}
