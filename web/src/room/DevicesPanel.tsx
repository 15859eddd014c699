import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { LanguageSwitch } from '../ui/LanguageSwitch';
import { useCall, usePresent } from './call-context';
import { DeviceSelects } from './DeviceSelects';
import style from './DevicesPanel.module.css';
import { MicLevel } from './MicLevel';
import { ProblemHelp } from './ProblemHelp';
import { SpeakerTest } from './SpeakerTest';

/** DevicesPanel is where one changes devices, language and one's mind about the recording during the call. */
export function DevicesPanel() {
  return (
    <div className={style.panel}>
      <ProblemHelp />
      <DeviceSelects />
      <MicLevel />
      <SpeakerTest />
      <Consent />
      <LanguageSwitch />
    </div>
  );
}

function Consent() {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { recording } = useCall();
  if (recording.policy === 'off') return null;
  const given = recording.consent === 'given';
  return (
    <section className={style.consent}>
      <h3>{t('consent.title')}</h3>
      <p>{t(given ? 'consent.given' : 'consent.refused')}</p>
      {given && recording.policy === 'required' && <p>{t('consent.withdrawRequired')}</p>}
      <Button variant="default" size="md" onClick={() => call.setConsent(!given)} data-testid="consent-change">
        {t(given ? 'consent.withdraw' : 'consent.give')}
      </Button>
    </section>
  );
}
