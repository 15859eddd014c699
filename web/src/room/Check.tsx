import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { Appointment } from './Appointment';
import style from './Check.module.css';
import { ConsentQuestion } from './ConsentQuestion';
import { useCall, useDevices, usePresent } from './call-context';
import { DeviceSelects } from './DeviceSelects';
import { MicLevel } from './MicLevel';
import { Preview } from './Preview';
import { ProblemHelp } from './ProblemHelp';
import { SpeakerTest } from './SpeakerTest';

/** Check is the page before the room: is one seen and heard, may it be recorded, and one big button. */
export function Check({ joining = false }: { joining?: boolean }) {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  const { recording, link } = useCall();
  const devices = useDevices();
  const [consent, setConsent] = useState<boolean | null>(
    recording.consent === 'unasked' ? null : recording.consent === 'given',
  );
  const [asked, setAsked] = useState(false);

  useEffect(() => {
    if (call.devices.state.status === 'idle') void call.devices.start();
  }, [call]);

  const asks = recording.policy !== 'off';
  const missing = asks && (consent === null || (recording.policy === 'required' && !consent));

  const join = () => {
    if (missing) {
      setAsked(true);
      document.getElementById('consent')?.scrollIntoView({ behavior: 'smooth', block: 'center' });
      return;
    }
    const answer = consent ?? undefined;
    call.join(
      asks && answer !== (recording.consent === 'given') ? { consent: answer } : asks ? { consent: answer } : {},
    );
  };

  return (
    <Page title={t('check.title')} brand={entered.brand.name}>
      <div className={style.check}>
        <section className={style.look} aria-label={t('check.preview')}>
          <Preview />
          <MicLevel />
        </section>
        <div className={style.side}>
          <ProblemHelp />
          <Appointment />
          {asks && (
            <ConsentQuestion
              policy={recording.policy}
              value={consent}
              onChange={setConsent}
              missing={asked && missing}
            />
          )}
          <div className={style.enter}>
            <Button
              fullWidth
              size="xl"
              loading={joining}
              onClick={join}
              data-testid="join-button"
              className={style.enterButton}
            >
              {t(enterWords(devices.camera !== null, devices.mic !== null, devices.status))}
            </Button>
            {joining && (
              <p className={style.joining} role="status">
                {t(link.attempt > 1 ? 'banner.offline' : 'check.entering')}
              </p>
            )}
          </div>
          <SpeakerTest />
          <details className={style.details}>
            <summary>{t('check.devices')}</summary>
            <DeviceSelects />
          </details>
        </div>
      </div>
    </Page>
  );
}

function enterWords(camera: boolean, mic: boolean, status: string): string {
  if (camera || status !== 'ready') return 'check.enter';
  return mic ? 'check.enterPlain' : 'check.enterSilent';
}
