import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Check } from './Check';
import { useCall, usePresent } from './call-context';
import { Early } from './Early';
import { useNow } from './hooks';
import { Ended, Failure, Left, Replaced } from './notices';
import { Room } from './Room';
import { Waiting } from './Waiting';

/** Screens shows the screen of the call's phase. */
export function Screens() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  const { phase, ended, failure } = useCall();
  const { brand } = entered;

  useEffect(() => {
    document.title = `${t('check.title')} · ${brand.name || 'ТМК'}`;
  }, [t, brand.name]);

  switch (phase) {
    case 'check':
      return <BeforeOrCheck />;
    case 'joining':
      return call.state.people.length > 0 ? <Room /> : <Check joining />;
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
          session={entered.session}
          brand={brand.name}
        />
      );
    case 'failed':
      return failure?.code === 'consent_required' || failure?.code === 'too_early' ? (
        <BeforeOrCheck />
      ) : (
        <Failure code={failure?.code ?? 'defect'} brand={brand.name} retry={() => location.reload()} />
      );
  }
}

/** Before the join window the page tells when to come back; it opens by itself. */
function BeforeOrCheck() {
  const { call, entered } = usePresent();
  useNow();
  return call.serverNow() < Date.parse(entered.opensAt) ? <Early /> : <Check />;
}
